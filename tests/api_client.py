"""The service on predictable models, for the tests of api."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from tests.fakes import CapitalReader, WordEmbedder


@contextmanager
def serving(data: Path, **settings: Any) -> Iterator[TestClient]:
    """A client of the service over an empty library in `data`."""
    with Library.open(data, WordEmbedder()) as library:
        answerer = Answerer(library, CapitalReader(), Confidence.plain())
        with TestClient(
            create_app(Settings(data, **{"rate": 0, **settings}), answerer),
            "http://localhost",
            raise_server_exceptions=False,
        ) as client:
            yield client


def put(client: TestClient, id: str, text: str, **fields: Any) -> None:
    """Puts an article of plain text."""
    response = client.put(f"/v1/articles/{id}", json={"text": text, **fields})
    assert response.status_code in (200, 201), response.text


def ask(client: TestClient, question: str, **fields: Any) -> dict[str, Any]:
    """The body of an answered or declined question."""
    response = client.post("/v1/ask", json={"question": question, **fields})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The response is an RFC 9457 problem of that kind, named by its request id; returns its body."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    body: dict[str, Any] = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["detail"].endswith(".")
    return body
