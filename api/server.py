"""The HTTP server: uvicorn, with an end to the patience it has without one.

A connection that sends no whole head, or goes on sending a body after its answer, is closed after HEAD_SECONDS; one
that does not read its answer after WRITE_SECONDS. (A body that is awaited has its own deadline, see api/body.py.)
"""

import asyncio
import logging
import socket
import sys
import uuid
from collections.abc import Callable

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.errors import MEDIA_TYPE, RETRY_SECONDS, SENTENCES, document
from api.loop import loop_factory

logger = logging.getLogger(__name__)

HEAD_SECONDS = 10.0
WRITE_SECONDS = 20.0
DRAIN_SECONDS = 7  # for answers in progress when told to stop
CONNECTIONS = 1000
REFUSED_AT_ONCE, REFUSED_SECONDS = 200, 1.0  # connections beyond, told so and closed soon; yet more are cut off
HEAD_BYTES = 64 * 1024


class Connection(H11Protocol):
    """One connection, with deadlines, and problems in place of plain text."""

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
        if not self._refused:  # or what is still coming would reset the connection before its problem is read
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

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Sends a problem in place of any answer, and reads no more."""
        request_id = uuid.uuid4().hex
        logger.info("refused before it was a request: %s", status, extra={"request_id": request_id, "status": status})
        body = document(status, code, detail, request_id).encode()
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("x-request-id", request_id),
            ("connection", "close"),
            *([("retry-after", RETRY_SECONDS)] if status == 503 else []),
        ]
        for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
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


def make_server(app: ASGIApp, pressed: Callable[[], bool], proxies: str = "") -> uvicorn.Server:
    """Uvicorn for `app`, not started; lets requests gather while `pressed()`, and believes X-Forwarded-For of
    `proxies`, addresses with commas between."""
    # Uvicorn's access log would hold the questions of GET /v1/ask.
    config = uvicorn.Config(
        app,
        loop=loop_factory(pressed),  # type: ignore[arg-type]
        http=Connection,
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
