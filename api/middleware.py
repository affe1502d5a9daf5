"""What every response carries, and the last resort: an exception nobody expected becomes a problem, not a page."""

import logging
import uuid

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem

logger = logging.getLogger(__name__)


class RequestContext:
    """Names each request (`request.state.request_id`, header X-Request-Id) and answers for unexpected exceptions."""

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
            await self.app(scope, receive, named)
        except Exception:
            logger.exception("request %s failed", request_id)
            if started:
                raise
            response = problem(Request(scope), 500, "internal_error", "Something went wrong here; it has been logged.")
            await response(scope, receive, named)
