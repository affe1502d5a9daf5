"""Requests that are wrong in every way: each gets a problem, and none a 500."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

import api.body
from api.middleware import ADDRESS_LIMIT, HEADERS_LIMIT
from tests.api_client import assert_problem, put, serving

JSON = {"content-type": "application/json"}
TEXT = "The old ferry sank near Morlo on a cold day."


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "invalid_request"),
        (b"[" * 30_000, 400, "bad_request"),
        (b'{"question": "why?", "question": "who?"}', 422, "invalid_request"),
        (b'{"question": "why?", "filters": {"source": [], "source": []}}', 422, "invalid_request"),
        (b'{"question": "why?", "min_confidence": NaN}', 422, "invalid_request"),
        (b'{"question": "why?", "min_confidence": -Infinity}', 422, "invalid_request"),
        (b'{"question": "why?", "min_confidence": 1e999}', 422, "invalid_request"),
        (b'{"question": "why?", "top_k": -1}', 422, "invalid_request"),
        (b'{"question": "why?", "top_k": 9223372036854775808}', 422, "invalid_request"),
        (b'{"question": "why?", "top_k": true}', 422, "invalid_request"),
        (b'{"question": "why?", "unknown": 1}', 422, "invalid_request"),
        (b'{"question": "\\ud800"}', 422, "invalid_request"),
        (b'{"question": "\xed\xa0\x80"}', 422, "invalid_request"),
        (b'{"question": "a\\u0000"}', 422, "invalid_request"),
        (b'{"question": "a\x00"}', 400, "invalid_json"),
        (b" " * 70_000, 413, "body_too_large"),
    ],
)
def test_a_bad_question_is_refused(client: TestClient, content: bytes, status: int, code: str) -> None:
    assert_problem(client.post("/v1/ask", content=content, headers=JSON), status, code)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/articles/a"])
def test_a_hundred_thousand_unknown_fields_are_one_fault(client: TestClient, path: str) -> None:
    count = 5_000 if path == "/v1/ask" else 100_000
    fields = ", ".join(f'"f{n}": 1' for n in range(count))
    method = "POST" if path == "/v1/ask" else "PUT"
    for content in (f"{{{fields}}}", f'{{"question": "why?", "filters": {{{fields}}}}}'):
        body = assert_problem(client.request(method, path, content=content, headers=JSON), 422, "invalid_request")
        assert len(body["errors"]) <= 3


def test_no_problem_lists_more_than_twenty_fields(client: TestClient) -> None:
    filters = {name: [0] * 90 for name in ("source", "article", "language")}
    body = assert_problem(client.post("/v1/ask", json={"question": "why?", "filters": filters}), 422, "invalid_request")
    assert len(body["errors"]) == 20


@pytest.mark.parametrize("query", ["q=%FF", "q=a%ED%A0%80", "q=why&x=%C3"])
def test_an_address_that_is_not_utf_8_is_a_400(client: TestClient, query: str) -> None:
    for path in ("/v1/ask", "/v1/articles", "/livez"):
        assert_problem(client.get(f"{path}?{query}"), 400, "bad_request")


def test_a_parameter_given_twice_is_refused(client: TestClient) -> None:
    assert_problem(client.get("/v1/ask?q=why&q=who"), 422, "invalid_request")


@pytest.mark.parametrize("depth", [900, 100_000])
def test_an_article_nested_deeply_is_refused(client: TestClient, depth: int) -> None:
    content = b'{"text": ' + b"[" * depth + b"]" * depth + b"}"
    response = client.put("/v1/articles/a", content=content, headers=JSON)
    assert response.status_code in (400, 422)
    assert_problem(response, response.status_code, response.json()["code"])


def test_a_compressed_body_is_a_415(client: TestClient) -> None:
    response = client.post("/v1/ask", content=b"\x1f\x8b\x08", headers={**JSON, "content-encoding": "gzip"})
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("path", ["/v1/ask?q=", "/v1/articles/", "/nothing?"])
def test_an_endless_address_is_a_414(client: TestClient, path: str) -> None:
    assert_problem(client.get(path + "a" * ADDRESS_LIMIT), 414, "uri_too_long")


def test_the_longest_question_fits_in_an_address(client: TestClient) -> None:
    assert client.get("/v1/ask", params={"q": "𝔘" * 1000}).status_code == 200


@pytest.mark.parametrize(
    "headers", [[("x", "1")] * (HEADERS_LIMIT + 1), [("x", "1" * 40_000)], [(f"x{n}", "") for n in range(10_000)]]
)
def test_headers_without_end_are_a_431(client: TestClient, headers: list[tuple[str, str]]) -> None:
    assert_problem(client.get("/livez", headers=headers), 431, "headers_too_large")


@pytest.mark.parametrize("length", [str(10 * 2**30), "9" * 4000])
def test_a_body_declared_too_large_is_a_413_before_it_comes(client: TestClient, length: str) -> None:
    for method, path in (("POST", "/v1/ask"), ("PUT", "/v1/articles/a")):
        response = client.request(method, path, content=b"{}", headers={**JSON, "content-length": length})
        assert_problem(response, 413, "body_too_large")


@pytest.mark.parametrize(("path", "piece", "most"), [("/v1/ask", 10_000, 7), ("/v1/articles", 1_000_000, 11)])
def test_a_chunked_body_without_end_is_a_413_once_it_is_too_large(
    client: TestClient, path: str, piece: int, most: int
) -> None:
    async def endless() -> tuple[int, int]:
        sent = 0

        async def receive() -> dict[str, object]:
            nonlocal sent
            sent += 1
            return {"type": "http.request", "body": b" " * piece, "more_body": True}

        return await _status(client.app, receive, path), sent

    status, sent = anyio.run(endless)
    assert (status, sent) == (413, most)


def test_a_body_that_does_not_come_is_a_408(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.body, "PATIENCE", 0.05)
    assert anyio.run(_status, client.app, anyio.sleep_forever) == 408


def test_a_body_that_trickles_is_a_408(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.body, "PATIENCE", 0.05)

    async def trickle() -> dict[str, object]:
        await anyio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    assert anyio.run(_status, client.app, trickle) == 408


@pytest.mark.parametrize(
    "value", ["bytes=0-99999999999999999999", "bytes=" + "0-1," * 5000, "bytes=-" + "9" * 6000, "lines=1-2", "x"]
)
def test_any_range_gets_the_whole(client: TestClient, value: str) -> None:
    put(client, "a", TEXT)
    for path in ("/static/style.css", "/", "/v1/articles/a"):
        response = client.get(path, headers={"Range": value})
        assert (response.status_code, response.content) == (200, client.get(path).content)


async def _status(app: Any, receive: Callable[[], Awaitable[Any]], path: str = "/v1/ask") -> int:
    """The status of a POST whose body comes from `receive`."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    statuses = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    with anyio.fail_after(30):
        await app(scope, receive, send)
    return int(statuses[0])
