"""What stands before a route: nothing of a request's body is read until it has passed."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.body import BodyRequest

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def guarded(*, body: int = 0) -> type[APIRoute]:
    """A route class for routers: the request's body has at most `body` bytes; 0 where none is read."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def passed(request: Request) -> Response:
                return await handle(BodyRequest(request, body) if body else request)

            return passed

    return Guarded
