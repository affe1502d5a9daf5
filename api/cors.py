"""Pages of other origins: an explicit list, never `*`, never cookies."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from api.guard import Gate


class Cors(CORSMiddleware):
    """Starlette's, asking the gate which origins are listed at this moment."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        super().__init__(
            app,
            allow_methods=("GET", "HEAD", "POST", "PUT", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "If-Match", "If-None-Match"),
            expose_headers=("ETag", "Link", "Location", "Retry-After", "X-Request-Id"),
        )
        self._gate = gate

    def is_allowed_origin(self, origin: str) -> bool:
        return self._gate.allows(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        """No content: the browser reads the headers, and refuses by what is missing."""
        found = super().preflight_response(request_headers)
        headers = {
            name: value for name, value in found.headers.items() if name not in ("content-length", "content-type")
        }
        if found.status_code != 200:
            headers = {"Vary": "Origin"}
        return Response(status_code=204, headers=headers)
