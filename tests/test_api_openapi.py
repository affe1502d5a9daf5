"""The committed OpenAPI document."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from api import __version__, openapi
from api.app import create_app
from api.errors import Problem
from api.examples import ANSWERS, PROBLEMS
from api.guard import needed
from api.responses import AskOut
from api.settings import Settings


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document(create_app(Settings(Path())))


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_the_committed_document_is_the_current_one() -> None:
    committed = openapi.PATH.read_text(encoding="utf-8")
    assert committed == openapi.render(create_app(Settings(Path()))), "run python -m api openapi"


def test_every_operation_has_a_name_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document)]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() and "__" not in name for name in names)
    assert all(operation["description"] for operation in operations(document))


def test_every_route_that_needs_a_key_says_so(document: dict[str, Any]) -> None:
    routes = iter_route_contexts(create_app(Settings(Path())).routes)
    needing = {
        (str(route.path).replace(":path", ""), method.lower())
        for route in routes
        for method in route.methods or ()
        if needed(route.original_route) is not None
    }
    secured = {
        (path, method)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if operation.get("security") == [{"key": []}] and {"401", "403", "429"} <= set(operation["responses"])
    }
    assert secured == needing
    assert ("/v1/articles/{id}", "delete") in secured


def test_every_error_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    found = 0
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                found += 1
                (media_type,) = response["content"]
                assert media_type == "application/problem+json"
                assert response["content"][media_type]["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert response["content"][media_type]["example"]["status"] == int(status)
    assert found > 20
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_the_examples_have_the_shape_they_show() -> None:
    for example in ANSWERS.values():
        assert AskOut.model_validate(example["value"]).model_dump(mode="json", exclude_unset=True) == example["value"]
    for problem in PROBLEMS.values():
        assert Problem.model_validate(problem).model_dump(mode="json") == problem


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == __version__
