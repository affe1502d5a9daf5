"""Every error is a problem, and none of them repeats the input."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.errors import CorruptLibraryError
from index.library import Library
from tests.api_client import assert_problem, put, serving

JSON = {"content-type": "application/json"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/ask/", "/docs", "/static/none.js", "/static/../app.py", "/static/%00"]
)
def test_an_unknown_address_is_a_404_problem(client: TestClient, path: str) -> None:
    assert_problem(client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/ask", "GET, HEAD, POST"),
        ("POST", "/v1/articles/a", "GET, HEAD, PUT, DELETE"),
        ("PUT", "/v1/articles", "GET, HEAD, POST"),
        ("POST", "/livez", "GET, HEAD"),
        ("HEAD", "/v1/search", "POST"),
        ("POST", "/static/ask.js", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_a_405_problem_that_names_the_right_ones(
    client: TestClient, method: str, path: str, allow: str
) -> None:
    response = client.request(method, path)
    if method == "HEAD":
        assert (response.status_code, response.content) == (405, b"")
    else:
        assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == allow


@pytest.mark.parametrize("content", [b"{", b"nonsense", b'{"question": "why?",}', b'{"a": "\n"}', b"\xef\xbb\xbf{"])
def test_bad_json_is_a_400(client: TestClient, content: bytes) -> None:
    assert_problem(client.post("/v1/ask", content=content, headers=JSON), 400, "invalid_json")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[" * 60_000, b'{"top_k": ' + b"9" * 5000 + b"}", b"\x80"])
def test_json_that_cannot_be_read_is_a_400(client: TestClient, content: bytes) -> None:
    response = client.post("/v1/ask", content=content, headers=JSON)
    assert response.json()["code"] in {"bad_request", "invalid_json"}
    assert_problem(response, 400, response.json()["code"])


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "nonsense"])
def test_a_body_that_is_not_said_to_be_json_is_a_415(client: TestClient, content_type: str) -> None:
    response = client.post("/v1/ask", content=b'{"question": "why?"}', headers={"content-type": content_type})
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("content", [b"", b"null", b"7", b"[]"])
def test_a_body_that_is_no_object_is_a_422(client: TestClient, content: bytes) -> None:
    (error,) = assert_problem(client.post("/v1/ask", content=content, headers=JSON), 422, "invalid_request")["errors"]
    assert error["pointer"] == "#"


@pytest.mark.parametrize(
    "body",
    [
        {"question": ["sesame"]},
        {"question": "why?", "sesame": 1},
        {"question": "why?", "top_k": "sesame"},
        {"question": "why?", "filters": {"published": {"gte": "sesame"}}},
        {"question": "why?", "filters": {"sesame": []}},
        {"question": "sesame" * 200},
    ],
)
def test_a_problem_never_repeats_the_input(client: TestClient, body: object) -> None:
    response = client.post("/v1/ask", json=body)
    assert_problem(response, 422, "invalid_request")
    assert "sesame" not in response.text


@pytest.mark.parametrize("path", ["/v1/articles/sesame", "/articles/sesame", "/sesame", "/v1/articles?sesame=sesame"])
def test_a_problem_never_repeats_the_address(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code in (404, 422)
    assert "sesame" not in response.text


def test_an_unexpected_exception_is_a_500_without_its_particulars(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret at /srv/library")

    monkeypatch.setattr(Library, "get", broken)
    with caplog.at_level(logging.ERROR):
        response = client.get("/v1/articles/a")
    body = assert_problem(response, 500, "internal_error")
    assert "secret" not in response.text
    assert body["request_id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_trouble_of_the_library_is_told_without_its_particulars(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise CorruptLibraryError("/srv/library is damaged")

    monkeypatch.setattr(Library, "get", broken)
    response = client.get("/v1/articles/a")
    assert_problem(response, 503, "library_corrupt")
    assert response.headers["retry-after"] == "2"
    assert "/srv" not in response.text
    assert "/srv/library is damaged" in caplog.text


def test_every_response_has_its_own_request_id(client: TestClient) -> None:
    put(client, "a", "The old ferry sank near Morlo.")
    responses = [client.get("/livez"), client.get("/v1/articles/a"), client.get("/"), client.get("/none")]
    assert len({response.headers["x-request-id"] for response in responses}) == 4
    assert {response.headers["x-content-type-options"] for response in responses} == {"nosniff"}
