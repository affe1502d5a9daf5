"""The chat widget's bundle, for any website to load: the same bytes until the next release."""

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from fastapi import APIRouter, Request, Response

_SCRIPT = Path(__file__).parents[1] / "static" / "quoteline.js"
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)  # not at a weight of 0
_HEADERS = {
    "Access-Control-Allow-Origin": "*",  # a script with `integrity` is fetched with CORS; it holds nothing private
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, no-cache",  # a page with the next release's `integrity` must not meet this one
    "Vary": "Accept-Encoding",
}

router = APIRouter(tags=["pages"])
routers = [router]


@dataclass(frozen=True, slots=True)
class Bundle:
    """The script, plain and gzipped, with its Subresource Integrity value (`sha384-…`)."""

    plain: bytes
    gzipped: bytes
    integrity: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """From the file that the build made."""
        plain = path.read_bytes()
        digest = base64.b64encode(hashlib.sha384(plain).digest()).decode()
        return cls(plain, gzip.compress(plain, mtime=0), f"sha384-{digest}")


@cache
def bundle() -> Bundle:
    """The bundle that is installed."""
    return Bundle.read(_SCRIPT)


@router.get(
    "/widget/quoteline.js",
    operation_id="widget_script",
    response_class=Response,
    responses={
        200: {"description": "The chat widget.", "content": {"text/javascript": {"schema": {"type": "string"}}}},
        304: {"description": "It is still the one If-None-Match names."},
    },
)
async def widget_script(request: Request) -> Response:
    """The chat widget, as one script tag loads it."""
    script = bundle()
    headers = {**_HEADERS, "ETag": f'"{script.integrity}"'}
    if script.integrity in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    if _GZIP.search(request.headers.get("Accept-Encoding", "")):
        return Response(script.gzipped, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
    return Response(script.plain, media_type="text/javascript", headers=headers)
