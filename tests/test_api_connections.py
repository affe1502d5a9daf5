"""Connections that are slow, silent, endless or broken."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

import api.body
import api.server
from tests.api_server import Address, listening, talk

HEAD = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    monkeypatch.setattr(api.server, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(api.server, "WRITE_SECONDS", 0.3)
    monkeypatch.setattr(api.body, "PATIENCE", 0.3)
    with listening(tmp_path, send_buffer=16 * 1024) as service:
        yield service.address


def problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return int(head.split()[1]), json.loads(body)["code"]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET /v1/ask?q=" + b"a" * 1_000_000, 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"x%d: 1\r\n" % n for n in range(10_000)), 431, "headers_too_large"),
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400, "bad_request"),
        (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\n",
            400,
            "bad_request",
        ),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "bad_request"),
        (HEAD + b"Content-Length: 10000000000\r\n\r\n{", 413, "body_too_large"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"2710\r\n" + b" " * 10_000 + b"\r\n", 408, "request_timeout"),
        (HEAD + b"Content-Length: 30\r\n\r\n{", 408, "request_timeout"),
    ],
)
def test_a_request_that_is_none_gets_a_problem_and_is_closed(
    address: Address, sent: bytes, status: int, code: str
) -> None:
    assert problem(talk(address, [sent])) == (status, code)


def test_a_chunked_body_without_end_is_cut_off(address: Address) -> None:
    chunk = b"2710\r\n" + b" " * 10_000 + b"\r\n"
    talk(address, [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 10_000])


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"])
def test_a_connection_without_a_whole_head_is_closed(address: Address, sent: bytes) -> None:
    assert talk(address, [sent]) == b""


def test_a_trickling_head_is_closed(address: Address) -> None:
    def trickle() -> Iterator[bytes]:
        for _ in range(1000):
            time.sleep(0.01)
            yield b"a"

    assert talk(address, trickle()) == b""


def test_connections_beyond_the_most_are_told_so_and_closed(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.server, "CONNECTIONS", 2)
    monkeypatch.setattr(api.server, "REFUSED_AT_ONCE", 2)
    monkeypatch.setattr(api.server, "HEAD_SECONDS", 30.0)  # those that are held stay
    with ExitStack() as held:

        def connect() -> socket.socket:
            return held.enter_context(socket.create_connection(address, timeout=30))

        connect(), connect()
        time.sleep(0.2)
        answer = talk(address, [LIVEZ])
        assert problem(answer) == (503, "busy")
        assert b"\r\nretry-after: 2\r\n" in answer
        time.sleep(0.2)
        beyond = [connect() for _ in range(3)]
        assert [connection.recv(1) for connection in beyond] == [b"H", b"H", b""]
    time.sleep(0.2)
    assert talk(address, [LIVEZ]).startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_read_is_cut_off(address: Address) -> None:
    url = "http://{}:{}/v1/articles/long".format(*address)
    text = "The old ferry sank near Morlo. " * 20_000
    assert httpx2.put(url, json={"text": text}, timeout=60).status_code == 201
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(address)
        connection.sendall(b"GET /v1/articles/long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(1)
        received = sum(map(len, iter(lambda: connection.recv(65536), b"")))
    assert received < len(text) / 2


def test_a_connection_is_kept_for_the_next_request(address: Address) -> None:
    with httpx2.Client(base_url="http://{}:{}".format(*address)) as client:
        for _ in range(4):
            assert client.get("/livez").status_code == 200
            time.sleep(0.2)


@pytest.mark.parametrize("path", ["/livez", "/", "/v1/articles", "/widget/quoteline.js", "/static/ask.js", "/nothing"])
def test_head_is_get_without_its_body(address: Address, path: str) -> None:
    def heard(method: str) -> tuple[bytes, dict[str, str]]:
        request = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        head, _, body = talk(address, [request.encode()]).partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines)
        return body, {"status": status, **{name: fields[name] for name in ("content-type", "content-length")}}

    (body, told), (none, same) = heard("GET"), heard("HEAD")
    assert int(told["content-length"]) == len(body) > 0
    assert (none, same) == (b"", told)


def test_no_part_of_an_answer_waits_for_an_acknowledgement(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    made = api.server.Connection.connection_made
    at_once: list[int] = []

    def watched(connection: api.server.Connection, transport: asyncio.Transport) -> None:
        made(connection, transport)
        at_once.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(api.server.Connection, "connection_made", watched)
    assert talk(address, [LIVEZ]).startswith(b"HTTP/1.1 200")
    assert at_once == [1]
