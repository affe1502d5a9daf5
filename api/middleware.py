"""What every request must fit in, what every response carries, and the last resort: an exception nobody expected
becomes a problem, not a page."""

import asyncio
import logging
import time
import uuid
from urllib.parse import unquote_to_bytes

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import SENTENCES, STOPPING, problem
from api.guard import pattern
from api.metrics import Metrics

logger = logging.getLogger(__name__)

ADDRESS_LIMIT = 16 * 1024  # bytes of path and query: a question of 1,000 emoji takes 12,000
HEADERS_LIMIT = 100
HEADERS_SIZE = 32 * 1024  # bytes of all of them
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))
_QUIET = frozenset(("/livez", "/readyz", "/metrics"))  # asked every few seconds: counted, not logged


class RequestContext:
    """Names each request (`request.state.request_id`, header X-Request-Id), refuses heads out of all proportion,
    answers HEAD wherever GET is and for unexpected exceptions, counts and logs."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        method = scope["method"]
        if method == "HEAD":  # what a GET gets, without its body
            scope = {**scope, "method": "GET"}
        status = 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
            elif method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            if (refused := _unfit(scope)) is not None:
                await problem(Request(scope), refused, *SENTENCES[refused])(scope, receive, named)
                return
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"range"]  # nothing is sent in parts
            await self.app(scope, receive, named)
        except Exception:
            logger.exception("request %s failed", request_id)
            if status:
                raise
            await problem(Request(scope), 500, *SENTENCES[500])(scope, receive, named)
        except asyncio.CancelledError:  # told to stop, the server has waited long enough
            if status:
                raise
            await problem(Request(scope), 503, *STOPPING)(scope, receive, named)
        finally:
            self._tell(method, scope, status, time.perf_counter() - began)

    def _tell(self, method: str, scope: Scope, status: int, seconds: float) -> None:
        """Counts and logs a request, by the pattern of its route: an address may hold a question."""
        method = method if method in _METHODS else "other"
        route = pattern(scope.get("route"))
        self._metrics.served(method, route, status, seconds)
        if route not in _QUIET:
            state = scope["state"]
            told = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
            who = {name: state.get(name) for name in ("request_id", "key", "question")}
            logger.info("%s %s %s", method, route, status, extra={**told, **who})


def _unfit(scope: Scope) -> int | None:
    """The status that refuses the request's address or headers, if one does."""
    try:
        unquote_to_bytes(scope["query_string"]).decode()
    except UnicodeDecodeError:  # or another question would be answered than was asked
        return 400
    if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > ADDRESS_LIMIT:
        return 414
    headers = scope["headers"]
    if len(headers) > HEADERS_LIMIT or sum(len(name) + len(value) for name, value in headers) > HEADERS_SIZE:
        return 431
    return None
