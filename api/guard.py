"""What stands before a route: its key, its origin, its rate. Nothing of a body is read until a request has passed."""

import ipaddress
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.body import BodyRequest
from api.errors import ServiceError
from api.keys import Keys, Scope
from api.limits import Buckets

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="quoteline"'}


class KeyNeededError(ServiceError):
    """No key, a wrong one, or a revoked one: which of them is not told."""

    status = 401
    code = "key_needed"
    headers = _CHALLENGE

    def __init__(self) -> None:
        super().__init__("This address needs a key that is valid here; send it as Authorization: Bearer.")


class ScopeError(ServiceError):
    """The key is valid, and not for this."""

    status = 403
    code = "key_scope"

    def __init__(self, needs: Scope) -> None:
        super().__init__(f"This key may not do that; use one of scope {needs.name.lower()}.")


class OriginError(ServiceError):
    """The page that asks is not one of those listed."""

    status = 403
    code = "origin_not_listed"

    def __init__(self) -> None:
        super().__init__("Pages of this origin may not do that here; whoever runs the service can list it.")


class RateError(ServiceError):
    """Too many requests of one client."""

    status = 429
    code = "too_many_requests"

    def __init__(self, wait: int) -> None:
        super().__init__("Too many requests in a short time; wait as long as Retry-After says.")
        self.headers = {"Retry-After": str(wait)}


class Gate:
    """Decides who passes. Without keys everyone does, but for pages of origins that are not listed.

    is_open: without keys, other machines may call, by any name. Else the service must be called by a name of this
    machine or of a listed origin: a page whose own name suddenly leads here (DNS rebinding) is none of ours.
    """

    def __init__(self, keys: Keys | None, origins: frozenset[str], rate: float, *, is_open: bool = False) -> None:
        self.keys = keys
        self._origins = origins
        self._names = None if is_open else {urlsplit(origin).hostname for origin in origins}
        self._buckets = Buckets(rate)

    def allows(self, origin: str) -> bool:
        """Whether pages of an origin may call at all; a public key may then be refused them still."""
        listed = self.keys.all() if self.keys is not None else ()
        return origin in self._origins or any(origin in key.origins for key in listed)

    def admit(self, request: Request, needs: Scope, *, linked: bool = False) -> None:
        """Raises what keeps a request from a route that needs this scope; names the key in `request.state.key`.

        On a `linked` route, the signature of a link stands for a key.
        """
        host = request.client.host if request.client else ""
        if self.keys is None:
            if not _is_loopback(host):
                self._take(host)
            if not self._is_named(request) or not (request.method in ("GET", "HEAD") or self._is_own(request)):
                raise OriginError
            return
        key = self.keys.find(_token(request))
        self._take(f"{key.name if key else ''} {host}")
        if key is None:
            if linked and self.keys.is_signed(request.path_params["id"], request.query_params.get("signature", "")):
                return
            raise KeyNeededError
        request.state.key = key.name
        if key.scope < needs:
            raise ScopeError(needs)
        if key.scope is Scope.PUBLIC and request.headers.get("origin") not in key.origins:
            raise OriginError

    def _take(self, client: str) -> None:
        if (wait := self._buckets.take(client)) is not None:
            raise RateError(wait)

    def _is_named(self, request: Request) -> bool:
        """Whether the service is called by a name that is its own; a browser always gives one."""
        host = request.headers.get("host")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        return self._names is None or host is None or name in self._names or name == "localhost" or _is_loopback(name)

    def _is_own(self, request: Request) -> bool:
        """A request of a program, of our own page, or of a listed origin: any other page might send a form here."""
        origin = request.headers.get("origin")
        return origin is None or origin in self._origins or origin.partition("://")[2] == request.headers.get("host")


def guarded(
    needs: Scope, *, body: int = 0, linked: bool = False, first: Callable[[Request], Awaitable[None]] | None = None
) -> type[APIRoute]:
    """A route class for routers: what a key must be good for, the bytes of the body at most (0: none is read), whether
    a signed link does instead of a key, and what else raises its refusal before the body is looked into."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def passed(request: Request) -> Response:
                gate: Gate = request.app.state.gate
                gate.admit(request, needs, linked=linked)
                request = BodyRequest(request, body) if body else request
                if first is not None:
                    await first(request)
                return await handle(request)

            return passed

    Guarded.needs, Guarded.body = needs, body  # type: ignore[attr-defined]
    return Guarded


def needed(route: object) -> Scope | None:
    """The scope a route needs; None for one that is open to all."""
    return getattr(route, "needs", None)


def body_limit(route: object) -> int:
    """The bytes a body may have at most; 0 where none is read."""
    return getattr(route, "body", 0)


def pattern(route: object) -> str:
    """The route's path as it is told, its parameters without converters; "none" of no route."""
    return str(getattr(route, "path", "none")).replace(":path", "")


def _token(request: Request) -> bytes:
    """The secret of the one Authorization header, as bytes; empty when there is none, or several."""
    given = [value for name, value in request.scope["headers"] if name == b"authorization"]
    scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    return bytes(token.strip()) if scheme.lower() == b"bearer" else b""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
