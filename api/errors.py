"""Every error as RFC 9457 problem+json. Nothing of the input, no path and no stack ever stands in one."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from index.errors import QuotelineError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "2"  # of a 503 that knows no better
_MOST = 20  # fields listed in one problem
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENTENCES = {
    400: ("bad_request", "The request cannot be read; send JSON in UTF-8."),
    401: ("key_needed", "This address needs a key that is valid here; send it as Authorization: Bearer."),
    403: ("key_scope", "This key may not do that; use one of scope ingest."),
    404: ("not_found", "There is nothing at this address; /openapi.json lists what there is."),
    405: ("method_not_allowed", "This address does not take that method; the Allow header lists those it takes."),
    408: ("request_timeout", "The request came too slowly; send it again in one go."),
    412: (
        "precondition_failed",
        "The article is not the one that If-Match or If-None-Match speaks of; read it again.",
    ),
    413: ("body_too_large", "The body is larger than this address takes; /v1/info lists the limits."),
    414: ("uri_too_long", "The address is longer than this service takes; send long questions with POST."),
    415: ("unsupported_media_type", "Send the body as application/json, not compressed."),
    429: ("too_many_requests", "Too many requests in a short time; wait as long as Retry-After says."),
    431: ("headers_too_large", "The request has more headers than this service takes; send fewer."),
    500: ("internal_error", "Something went wrong here; it has been logged."),
    504: ("deadline", "This took longer than the service allows; try again later."),
    507: ("disk_full", "The disk is full; send this again when there is room."),
}
STOPPING = ("stopping", "The service was told to stop before this was done; send it again later.")
_UNAVAILABLE = {
    "library_in_use": "Another process owns the library.",
    "library_closing": STOPPING[1],
    "library_corrupt": "The library's database is damaged.",
    "disk_full": SENTENCES[507][1],
    "feedback_full": "No more feedback can be kept.",
    "model_mismatch": "The models do not fit the library.",
}


class FieldProblem(BaseModel):
    """One field of the request that cannot be used."""

    pointer: str = Field(description="`#/…` is an RFC 6901 pointer into the body; a parameter is named as `query:…`")
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `detail` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    request_id: str = Field(description="also in the X-Request-Id header and in the log")
    errors: list[FieldProblem] = Field(max_length=_MOST)


class ServiceError(QuotelineError):
    """An error of this room, whose sentence is for the caller whatever its status; `headers` go with the answer."""

    headers: Mapping[str, str] = {}


class NotReadyError(ServiceError):
    """The models are still loading, or could not be loaded."""

    status = 503
    code = "not_ready"


class NotFoundError(ServiceError):
    """No article has that id."""

    status = 404
    code = "article_not_found"

    def __init__(self) -> None:
        super().__init__("There is no article of that id; GET /v1/articles lists those there are.")


class DuplicateFieldError(HTTPException):
    """A JSON object gives a name twice. (FastAPI lets only an HTTPException out of its reading of a body.)"""

    def __init__(self) -> None:
        super().__init__(422)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The one shape of every error response; a 503 says when to come back."""
    body = document(status, code, detail, request.state.request_id, errors)
    retry = {"Retry-After": RETRY_SECONDS} if status == 503 else {}
    return Response(body, status, {**retry, **(headers or {})}, MEDIA_TYPE)


def document(status: int, code: str, detail: str, request_id: str, errors: Sequence[FieldProblem] = ()) -> str:
    """The JSON of a problem."""
    title = HTTPStatus(status).phrase
    body = Problem(title=title, status=status, detail=detail, code=code, request_id=request_id, errors=list(errors))
    return body.model_dump_json()


def install(app: FastAPI) -> None:
    """Makes `app` answer with problems alone."""
    app.add_exception_handler(QuotelineError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DuplicateFieldError, _duplicate)
    app.add_exception_handler(RequestValidationError, _invalid)


def public_sentence(error: QuotelineError) -> str:
    """The error's own sentence where it is the caller's to mend; a server's trouble is told without its particulars."""
    if error.status < 500 or isinstance(error, ServiceError):
        sentence = str(error)
        return f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."
    return _UNAVAILABLE.get(error.code, "Something went wrong here; it has been logged.")


async def _known(request: Request, exception: Exception) -> Response:
    error = cast(QuotelineError, exception)
    if isinstance(error, ServiceError):
        return problem(request, error.status, error.code, public_sentence(error), headers=error.headers)
    if error.status >= 500:
        logger.error("request %s: %s", request.state.request_id, error)
    return problem(request, error.status, error.code, public_sentence(error))


async def _duplicate(request: Request, _: Exception) -> Response:
    field = FieldProblem(pointer="#", code="duplicate_field", detail="An object gives a field twice; give it once.")
    return _fields(request, [field])


async def _http(request: Request, exception: Exception) -> Response:
    error = cast(HTTPException, exception)
    phrase = HTTPStatus(error.status_code).phrase
    code, detail = SENTENCES.get(error.status_code, (phrase.lower().replace(" ", "_"), f"{phrase}."))
    headers = dict(error.headers or {})
    if error.status_code == 405 and (methods := _allowed(request)):
        headers["Allow"] = ", ".join(methods)
    return problem(request, error.status_code, code, detail, headers=headers)


async def _invalid(request: Request, exception: Exception) -> Response:
    error = cast(RequestValidationError, exception)
    found = error.errors()
    if found[0]["type"] == "json_invalid":
        return problem(request, 400, "invalid_json", f"The body is not JSON from character {found[0]['loc'][-1]} on.")
    if isinstance(error.body, bytes):
        return problem(request, 415, *SENTENCES[415])
    return _fields(request, [_field(item["type"], item["loc"], item["msg"]) for item in found[:_MOST]])


def _fields(request: Request, fields: Sequence[FieldProblem]) -> Response:
    return problem(request, 422, "invalid_request", "The request has fields that cannot be used; see errors.", fields)


def _field(code: str, location: Sequence[str | int], message: str) -> FieldProblem:
    where, *names = location
    if code == "extra_forbidden":  # its last name is the caller's own word
        names, message = names[:-1], "There is a field here that is not in the contract; leave it out"
    if where == "body":
        pointer = "#" + "".join(f"/{name}" for name in names)
    else:
        pointer = ":".join(str(name) for name in (where, *names))
    return FieldProblem(pointer=pointer, code=code, detail=f"{message}.")


def _allowed(request: Request) -> list[str]:
    """The methods that some route takes at this address: Starlette names only those of the first route."""

    def taken(method: str) -> bool:
        scope = {**request.scope, "method": "GET" if method == "HEAD" else method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in _METHODS if taken(method)]
