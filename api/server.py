"""The HTTP server: uvicorn, with an end to the patience it has without one.

A connection that sends no whole head, or goes on sending a body after its answer, is closed after HEAD_SECONDS; one
that does not read its answer after WRITE_SECONDS. (A body that is awaited has its own deadline, see api/body.py.)

While more is asked than can be read, a plain question that came in one piece is refused as it comes, for two thirds of
what it would cost to make a request of it: what refusals cost is lost to those who are answered.
"""

import asyncio
import logging
import re
import socket
import sys
import uuid
from functools import partial
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.errors import MEDIA_TYPE, RETRY_SECONDS, SENTENCES, document
from api.loop import loop_factory
from api.service import Service

logger = logging.getLogger(__name__)

HEAD_SECONDS = 10.0
WRITE_SECONDS = 20.0
DRAIN_SECONDS = 7  # for answers in progress when told to stop
CONNECTIONS = 1000
REFUSED_AT_ONCE, REFUSED_SECONDS = 200, 1.0  # connections beyond, told so and closed soon; yet more are cut off
HEAD_BYTES = 64 * 1024
_QUESTION = b"POST /v1/ask HTTP/1.1\r\n"
_LENGTH = re.compile(rb"\ncontent-length: *(\d+) *(?:\r|$)")
_NOT_PLAIN = re.compile(rb"\n(?:origin|authorization|transfer-encoding|expect):")  # these need a closer look


class Connection(H11Protocol):
    """One connection, with deadlines, and problems in place of plain text."""

    def __init__(self, service: Service, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._service = service

    _head: asyncio.TimerHandle | None = None
    _write: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS + REFUSED_AT_ONCE:
            transport.abort()
            return
        if len(self.connections) > CONNECTIONS:
            self._refuse(503, "busy", "Too many connections are open already; come back when Retry-After says.")
            self._head = self.loop.call_later(REFUSED_SECONDS, transport.abort)
            return
        # asyncio does so only for sockets made with proto=IPPROTO_TCP. Without it head and body of an answer leave
        # apart, and the second waits for the client's delayed acknowledgement, 40 ms.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head, self._write):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:  # or what is still coming would reset the connection before its problem is read
            return
        if self._service.reading.full() and self._refuses(data):
            return
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write is not None:
            self._write.cancel()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        hint = getattr(sys.exception(), "error_status_hint", 400)  # 431 for a head that does not end
        status = hint if hint in SENTENCES else 400
        self._refuse(status, *SENTENCES[status])
        if self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _refuses(self, data: bytes) -> bool:
        """Refuses a question that is the whole of these bytes, if it must be; says whether it did."""
        idle = self.conn.their_state is self.conn.our_state is h11.IDLE and not self.conn.trailing_data[0]
        if not idle or not data.startswith(_QUESTION):
            return False
        head, _, body = data.partition(b"\r\n\r\n")
        head = head.lower()
        if _LENGTH.findall(head) != [b"%d" % len(body)] or _NOT_PLAIN.search(head) or self._service.settings.keys:
            return False
        error = self._service.refusal(body)
        if error is None:
            return False
        self._refuse(error.status, error.code, str(error), error.headers["Retry-After"])
        self._service.metrics.served("POST", "/v1/ask", error.status, 0.0)
        self.transport.close()
        return True

    def _refuse(self, status: int, code: str, detail: str, retry: str = RETRY_SECONDS) -> None:
        """Sends a problem in place of any answer, and reads no more."""
        request_id = uuid.uuid4().hex
        logger.info("refused before it was a request: %s", status, extra={"request_id": request_id, "status": status})
        body = document(status, code, detail, request_id).encode()
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("x-request-id", request_id),
            ("connection", "close"),
            *([("retry-after", retry)] if status == 503 else []),
        ]
        answer = (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage())
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in answer))
        self.transport.write_eof()
        self._refused = True

    def _watch(self) -> None:
        """Counts the time while the client owes us bytes and no answer is in progress."""
        if self.cycle is not None and not self.cycle.response_complete:
            if self._head is not None:
                self._head.cancel()
                self._head = None
        elif self._head is None and not self.transport.is_closing():
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)


def make_server(app: ASGIApp, service: Service, proxies: str = "") -> uvicorn.Server:
    """Uvicorn for the `app` of a service, not started; believes X-Forwarded-For of `proxies`, addresses with commas
    between."""
    # Uvicorn's access log would hold the questions of GET /v1/ask.
    config = uvicorn.Config(
        app,
        loop=loop_factory(service.reading.pressed),  # type: ignore[arg-type]
        http=partial(Connection, service),  # type: ignore[arg-type]
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        backlog=1024,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return uvicorn.Server(config)
