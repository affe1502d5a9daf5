"""What every request must fit in, what every response carries, and the last resort: an exception nobody expected
becomes a problem, not a page."""

import logging
import uuid

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import SENTENCES, problem

logger = logging.getLogger(__name__)

ADDRESS_LIMIT = 16 * 1024  # bytes of path and query: a question of 1,000 emoji takes 12,000
HEADERS_LIMIT = 100
HEADERS_SIZE = 32 * 1024  # bytes of all of them


class RequestContext:
    """Names each request (`request.state.request_id`, header X-Request-Id), refuses heads out of all proportion, and
    answers for unexpected exceptions."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def named(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        try:
            if (status := _too_large(scope)) is not None:
                await problem(Request(scope), status, *SENTENCES[status])(scope, receive, named)
                return
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"range"]  # nothing is sent in parts
            await self.app(scope, receive, named)
        except Exception:
            logger.exception("request %s failed", request_id)
            if started:
                raise
            response = problem(Request(scope), 500, "internal_error", "Something went wrong here; it has been logged.")
            await response(scope, receive, named)


def _too_large(scope: Scope) -> int | None:
    """The status that refuses the request's address or headers, if one does."""
    if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > ADDRESS_LIMIT:
        return 414
    headers = scope["headers"]
    if len(headers) > HEADERS_LIMIT or sum(len(name) + len(value) for name, value in headers) > HEADERS_SIZE:
        return 431
    return None
