"""The service does what its OpenAPI document says, under everything Schemathesis thinks of."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, reject, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from api import keys, openapi
from api.app import create_app
from api.settings import Settings
from tests.api_client import serving

EXAMPLES = 300  # an operation
# Rules that JSON Schema cannot tell: a question has a letter, an article's cleaned body too, a day exists, a cursor and
# an answer id come from here; and If-Match holds.
WELL_MEANT = ["2xx", "3xx", "400", "404", "412", "413", "422"]
REFUSED = ["400", "401", "403", "404", "405", "406", "412", "413", "414", "415", "422", "428", "431"]


contract = schemathesis.openapi.from_dict(
    openapi.document(create_app(Settings(Path()))),
    config=SchemathesisConfig.from_dict(
        {
            "checks": {
                "positive_data_acceptance": {"expected-statuses": WELL_MEANT},
                "negative_data_rejection": {"expected-statuses": REFUSED},
            }
        }
    ),
)
served: list[ASGIApp] = []
answered: defaultdict[str, set[int]] = defaultdict(set)


async def service(scope: Scope, receive: Receive, send: Send) -> None:
    """The service of the fixture: operations are made of the contract before it is there. It outlives each call."""
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
    else:
        await served[-1](scope, receive, send)


contract.app = service


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """JSON Lines are described as one string; what is none cannot be sent."""
    if not isinstance(value, str):
        reject()
    return value.encode("utf-8", "replace")


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> str:
    return keys.add(tmp_path_factory.getbasetemp() / "contract-keys.json", "all", keys.Scope.ADMIN)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, secret: str) -> Iterator[TestClient]:
    with serving(
        tmp_path_factory.mktemp("contract"), keys=tmp_path_factory.getbasetemp() / "contract-keys.json"
    ) as client:
        served.append(client.app)
        for id in ("kept", "gone"):
            client.put(f"/v1/articles/{id}", json={"text": "It sank."}, headers={"Authorization": f"Bearer {secret}"})
        yield client


@pytest.fixture(scope="module")
def answer_id(client: TestClient, secret: str) -> str:
    """Of an answer that can be rated."""
    headers = {"Authorization": f"Bearer {secret}"}
    return str(client.post("/v1/ask", json={"question": "Who?"}, headers=headers).json()["id"])


@pytest.mark.timeout(900)
@contract.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_contract(case: Any, client: TestClient, secret: str, answer_id: str) -> None:
    if case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:  # half of these speak of what there is
        if case.operation.label == "POST /v1/feedback" and len(case.body.get("comment") or "") % 2 == 0:
            case.body["answer_id"] = answer_id
        if len((case.path_parameters or {}).get("id", " ")) % 2 == 0:
            case.path_parameters["id"] = "gone" if case.method == "DELETE" else "kept"
    headers = case.meta.components.get(ParameterLocation.HEADER)
    spoilt = headers is not None and headers.mode is schemathesis.GenerationMode.NEGATIVE  # ours take their place
    response = case.call_and_validate(
        headers={"Authorization": f"Bearer {secret}"}, excluded_checks=[negative_data_rejection] if spoilt else []
    )
    answered[case.operation.label].add(response.status_code)


def test_every_operation_did_what_it_is_for() -> None:
    if answered:  # all of them, or those that were chosen to run
        idle = [operation for operation, statuses in answered.items() if not statuses & {200, 201, 204}]
        assert idle == []
