"""More is asked than can be read: who is refused, how, and that nothing but a plain question is refused unread."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from api.keys import Scope, add
from api.server import Connection
from tests.api_server import Listening, listening, talk

PAGE = "https://page.example"
KNOWN, NEW = ({"question": question} for question in ("Where did the old ferry sink?", "Who drowned?"))


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Listening]:
    """A service whose queue is full, and that has answered KNOWN before."""
    with listening(tmp_path / "data", origins=frozenset([PAGE])) as found:
        httpx2.put(f"{found.url}/v1/articles/a", json={"text": "The old ferry sank near Morlo."}).raise_for_status()
        httpx2.post(f"{found.url}/v1/ask", json=KNOWN).raise_for_status()
        found.service.reading._ahead, found.service.reading._mean = 100, 1.0
        yield found


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses of refusals for which no request was made."""
    seen: list[int] = []
    refuse = Connection._refuse

    def refused(connection: Connection, status: int, *told: str) -> None:
        seen.append(status)
        refuse(connection, status, *told)

    monkeypatch.setattr(Connection, "_refuse", refused)
    return seen


def plain(fields: dict[str, str], head: bytes = b"") -> bytes:
    """A question in one piece."""
    body = json.dumps(fields).encode()
    return b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)


def parts(answer: bytes) -> tuple[bytes, dict[str, str], dict[str, object]]:
    """An answer's status line, its headers in lower case, and its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().lower().split("\r\n")
    return first.encode(), dict(line.split(": ", 1) for line in lines), json.loads(body)


def test_a_plain_question_is_refused_as_it_comes_like_any_other(busy: Listening, unread: list[int]) -> None:
    at_once = parts(talk(busy.address, [plain(NEW)]))
    assert unread == [503]
    page = f"Origin: {PAGE}\r\nConnection: close\r\n".encode()
    from_a_page = parts(talk(busy.address, [plain(NEW, page)]))
    assert unread == [503]
    assert from_a_page[1]["access-control-allow-origin"] == PAGE
    for status, headers, body in (at_once, from_a_page):
        assert (status[:12], headers["retry-after"]) == (b"http/1.1 503", "100")
        assert headers["content-type"] == "application/problem+json"
        assert body.pop("request_id") == headers["x-request-id"]
    assert at_once[2] == from_a_page[2]
    counted = 'quoteline_http_requests_total{method="POST",route="/v1/ask",status="503"} 2.0'
    assert counted in httpx2.get(f"{busy.url}/metrics").text


def test_what_the_cache_knows_is_answered_all_the_same(busy: Listening, unread: list[int]) -> None:
    assert httpx2.post(f"{busy.url}/v1/ask", json=KNOWN).json()["meta"]["cached"]
    assert not unread


def test_a_connection_that_is_kept_gets_its_refusal_too(busy: Listening, unread: list[int]) -> None:
    with socket.create_connection(busy.address, timeout=30) as connection:
        answered = connection.makefile("rb")
        for sent, status in ((b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200"), (plain(NEW), b"503")):
            connection.sendall(sent)
            assert answered.readline().split()[1] == status
            length = next(line for line in answered if line.startswith(b"content-length"))
            next(line for line in answered if line == b"\r\n")
            assert json.loads(answered.read(int(length.split()[1])))
    assert unread == [503]


@pytest.mark.parametrize(
    ("head", "pieces", "status"),
    [
        (b"Content-Length: 4\r\n", [b"\r\nWho?"], 503),
        (b"Content-Length: 4\r\n\r\nWh", [b"o?"], 503),
        (b"Content-Length: 04\r\n\r\nWho?", [], 503),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [], 503),
        (b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nWho?", [], 400),
        (b"Content-Length: 4\r\n\r\nWho?GET / HTTP/1.1\r\n\r\n", [], 503),
    ],
)
def test_requests_of_odd_shapes_end_in_order(busy: Listening, head: bytes, pieces: list[bytes], status: int) -> None:
    start = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    assert talk(busy.address, [start + head, *pieces]).startswith(b"HTTP/1.1 %d " % status)


def test_with_keys_a_stranger_is_told_of_the_key_first(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    secret = add(keys, "one", Scope.ASK)
    with listening(tmp_path / "data", keys=keys) as found:
        found.service.reading._ahead, found.service.reading._mean = 100, 1.0
        url, header = f"{found.url}/v1/ask", {"Authorization": f"Bearer {secret}"}
        assert httpx2.post(url, json=NEW).status_code == 401
        assert httpx2.post(url, json=NEW, headers=header).status_code == 503
