"""A request's body: counted and timed as it comes in, and JSON without a name given twice."""

import json
import time
from typing import Any

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from api.errors import DuplicateFieldError

PATIENCE = 20.0  # seconds a body may take, and one more for each PACE bytes that came
PACE = 64 * 1024


class BodyRequest(Request):
    """A request whose body is at most `limit` bytes, and comes at a pace; raises 413, 415 and 408."""

    def __init__(self, request: Request, limit: int) -> None:
        self._client = request.receive
        super().__init__(request.scope, _Counted(request.receive, limit))
        if self.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise HTTPException(415)
        declared = self.headers.get("content-length", "0")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):
            raise HTTPException(413)

    async def gone(self) -> None:
        """Returns once the client has left."""
        while (await self._client())["type"] != "http.disconnect":
            pass

    async def json(self) -> Any:
        """The body as JSON; raises DuplicateFieldError where an object gives a name twice."""
        return strict_json(await self.body())


def strict_json(text: str | bytes) -> Any:
    """JSON; raises json.JSONDecodeError, and DuplicateFieldError where an object gives a name twice."""
    return json.loads(text, object_pairs_hook=_once)


class _Counted:
    """An ASGI receive with an end."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._received = 0
        self._started = time.monotonic()

    async def __call__(self) -> Message:
        left = self._started + PATIENCE + self._received / PACE - time.monotonic()
        with anyio.move_on_after(left) as deadline:
            message = await self._receive()
        if deadline.cancelled_caught:
            raise HTTPException(408)
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            raise HTTPException(413)
        return message


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DuplicateFieldError
    return found
