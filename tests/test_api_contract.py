"""The service does what its OpenAPI document says, under everything Schemathesis thinks of."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from starlette.testclient import TestClient

from api import keys
from api.keys import Scope
from tests.api_client import serving

EXAMPLES = 300  # an operation
# Rules that JSON Schema cannot tell: a question has a letter, an article's cleaned body too, a day exists, a cursor and
# an answer id come from here; and If-Match holds.
WELL_MEANT = ["2xx", "3xx", "400", "404", "412", "413", "422"]

contract = schemathesis.pytest.from_fixture("schema")


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> str:
    return keys.add(tmp_path_factory.getbasetemp() / "contract-keys.json", "all", Scope.ADMIN)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, secret: str) -> Iterator[TestClient]:
    with serving(
        tmp_path_factory.mktemp("contract"), keys=tmp_path_factory.getbasetemp() / "contract-keys.json"
    ) as client:
        yield client


@pytest.fixture
def schema(client: TestClient) -> Any:
    config = SchemathesisConfig.from_dict({"checks": {"positive_data_acceptance": {"expected-statuses": WELL_MEANT}}})
    return schemathesis.openapi.from_asgi("/openapi.json", client.app, config=config)


@contract.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_contract(case: Any, secret: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})
