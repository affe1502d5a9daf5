"""POST /v1/articles: one, many as JSON Lines, files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.lanes import BusyError, Lane
from api.service import Service
from tests.api_client import ask, assert_problem, put, serving


class Refusing(Lane):
    """A lane that is full after some pieces of work."""

    def __init__(self, left: int) -> None:
        super().__init__("write", 1, 60)
        self._left = left

    async def run(self, work: Any, gone: Any = None) -> Any:
        if not self._left:
            raise BusyError(1)
        self._left -= 1
        return await super().run(work, gone)


TEXT = "The old ferry sank near Morlo on a cold day."
LINES = {"content-type": "application/x-ndjson"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


def bulk(client: TestClient, *lines: object) -> list[dict[str, Any]]:
    content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    response = client.post("/v1/articles", content=content, headers=LINES)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


def upload(name: bytes) -> bytes:
    """One file of that name in multipart, its boundary x."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name
    return head + b"The ferry sank.\r\n--x--\r\n"


def test_one_article_says_where_it_is(client: TestClient) -> None:
    for status in (201, 200):
        response = client.post("/v1/articles", json={"id": "a/b", "text": TEXT})
        assert (response.status_code, response.headers["location"]) == (status, "/v1/articles/a%2Fb")
    assert response.json()["status"] == "unchanged"
    assert client.get("/v1/articles/a%2Fb").json()["text"] == TEXT


def test_each_line_has_its_outcome_in_order(client: TestClient) -> None:
    put(client, "b", TEXT)
    outcomes = bulk(
        client,
        {"id": "a", "text": TEXT},
        {"id": "b", "text": TEXT},
        b"",
        {"id": "b", "text": TEXT + " It rained."},
        b"{",
        {"id": "c", "text": " "},
        {"id": "d", "text": TEXT, "sesame": 1},
        b'{"id": "e", "text": "x", "text": "y"}',
        b"[" * 100_000,
        b'{"id": "f", "text": "\\ud800"}',
        b"\xff",
        {"text": TEXT},
        {"id": "g", "text": TEXT},
    )
    assert [outcome["status"] for outcome in outcomes] == [
        *("added", "unchanged", "changed"),
        *["refused"] * 8,
        "added",
    ]
    refused = [outcome for outcome in outcomes if outcome["status"] == "refused"]
    assert [outcome["id"] for outcome in refused] == [f"line {n}" for n in range(5, 13)]
    assert all(outcome["reason"] and "sesame" not in outcome["reason"] for outcome in refused)
    assert [a["id"] for a in client.get("/v1/articles").json()["articles"]] == ["a", "b", "g"]


def test_more_lines_than_a_batch_all_arrive(client: TestClient) -> None:
    outcomes = bulk(client, *({"id": f"a{n:03}", "text": f"{TEXT} {n}."} for n in range(100)))
    assert {outcome["status"] for outcome in outcomes} == {"added"}
    assert client.get("/v1/info").json()["index"]["articles"] == 100


def test_no_lines_have_no_outcomes(client: TestClient) -> None:
    assert bulk(client) == []


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "undefined", "utf-16", "nonsense"])
def test_another_charset_than_utf_8_is_a_415(client: TestClient, charset: str) -> None:
    for media in ("multipart/form-data; boundary=x", "application/json", "application/x-ndjson"):
        headers = {"content-type": f"{media}; charset={charset}"}
        response = client.post("/v1/articles", content=upload(rb"a\ud800+2AA-.txt"), headers=headers)
        assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "name", [b"a\xff.txt", b"a\xed\xa0\x80.txt", b"a\x00.txt", b"\x7f" * 300, b"../../a.txt", b" "]
)
def test_a_file_of_any_name_is_taken_or_refused(client: TestClient, name: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = client.post("/v1/articles", content=upload(name), headers=headers)
    assert response.status_code in (200, 400, 422)


def test_lines_that_cannot_be_written_at_all_are_a_503(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    service: Service = client.app.state.service  # type: ignore[attr-defined]
    monkeypatch.setattr(service, "writing", Refusing(0))
    response = client.post("/v1/articles", content=b'{"id": "a", "text": "It sank."}', headers=LINES)
    assert_problem(response, 503, "busy")
    assert int(response.headers["retry-after"]) >= 1


def test_lines_that_can_no_longer_be_written_end_with_a_word_about_the_rest(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    service: Service = client.app.state.service  # type: ignore[attr-defined]
    monkeypatch.setattr(service, "writing", Refusing(1))
    outcomes = bulk(client, *({"id": f"a{n:03}", "text": f"{TEXT} {n}."} for n in range(100)))
    assert [outcome["status"] for outcome in outcomes] == ["added"] * 32 + ["refused"]
    assert outcomes[-1]["id"] == "the rest"
    assert "Too many requests" in outcomes[-1]["reason"]
    assert client.get("/v1/info").json()["index"]["articles"] == 32


def test_files_of_any_format_are_taken(client: TestClient) -> None:
    files = [
        ("file", ("loss.txt", TEXT.encode())),
        ("file", ("page.html", f"<html><body><h1>A loss</h1><p>{TEXT}</p></body></html>".encode())),
        ("file", ("front.md", f"---\nid: own\ntitle: A loss\n---\n{TEXT}".encode())),
        ("file", ("two.jsonl", b'{"id": "x", "text": "It rained."}\n{"id": "y", "text": "It snowed."}\n')),
        ("file", ("noise.bin", b"\x00\x01\xff" * 200)),
    ]
    outcomes = client.post("/v1/articles", files=files).json()["outcomes"]
    assert [(outcome["id"], outcome["status"]) for outcome in outcomes] == [
        *[(id, "added") for id in ("loss", "page", "own", "x", "y")],
        ("noise.bin", "refused"),
    ]
    assert ask(client, "Where did the old ferry sink on that cold day?")["answer"]["text"] == "Morlo"


def test_lines_of_a_file_may_be_more_than_one_article_may(client: TestClient) -> None:
    noise = [b"x" * (1024 * 1024)] * 11
    lines = [b'{"id": "first", "text": "It rained."}', *noise, b'{"id": "last", "text": "It snowed."}']
    outcomes = client.post("/v1/articles", files=[("file", ("many.jsonl", b"\n".join(lines)))]).json()["outcomes"]
    assert [outcome["status"] for outcome in outcomes] == ["added", *["refused"] * 11, "added"]


def test_a_single_article_of_a_file_may_not_be_larger(client: TestClient) -> None:
    files = [("file", ("large.txt", b"It rained. " * 1_000_000))]
    (outcome,) = client.post("/v1/articles", files=files).json()["outcomes"]
    assert (outcome["id"], outcome["status"]) == ("large.txt", "refused")
    assert "more than 10 MiB" in outcome["reason"]


def test_a_form_without_files_is_a_422(client: TestClient) -> None:
    files = [("other", ("a.txt", b"x"))]
    assert_problem(client.post("/v1/articles", files=files), 422, "invalid_request")


def test_a_form_of_too_many_files_is_told_so(client: TestClient) -> None:
    response = client.post("/v1/articles", files=[("file", (f"{n}.txt", b"x")) for n in range(1001)])
    assert_problem(response, 400, "bad_request")
    assert "Maximum number of files is 1000" in response.json()["detail"]
    assert client.get("/v1/info").json()["index"]["articles"] == 0


def test_a_form_that_is_none_is_a_400(client: TestClient) -> None:
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        response = client.post("/v1/articles", content=b"nonsense", headers={"content-type": content_type})
        assert response.status_code in (400, 422)
        assert_problem(response, response.status_code, response.json()["code"])


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "bad_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (b"{}", 422, "invalid_request"),
        (b"7", 422, "invalid_request"),
        (b'{"id": "a", "id": "b", "text": "x"}', 422, "invalid_request"),
        (b'{"id": "..", "text": "x"}', 422, "invalid_request"),
        (b'{"id": "a", "text": " "}', 422, "refused"),
        (b" " * (10 * 1024 * 1024 + 1), 413, "body_too_large"),
    ],
)
def test_one_article_that_cannot_be_taken_is_refused(
    client: TestClient, content: bytes, status: int, code: str
) -> None:
    response = client.post("/v1/articles", content=content, headers={"content-type": "application/json"})
    assert_problem(response, status, code)


@pytest.mark.parametrize("content_type", ["text/plain", "", "nonsense", "application/xml"])
def test_another_type_is_a_415(client: TestClient, content_type: str) -> None:
    response = client.post("/v1/articles", content=b"x", headers={"content-type": content_type})
    assert_problem(response, 415, "unsupported_media_type")
