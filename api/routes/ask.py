"""POST and GET /v1/ask."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from api import schemas
from api.asking import Asked, Given
from api.body import BodyRequest
from api.conditional import names
from api.examples import ANSWERS
from api.guard import guarded
from api.keys import Scope
from api.openapi import problems
from api.responses import AskOut
from api.schemas import AskIn, AskQuery
from api.service import Ready, Service
from index.types import Filters


async def _unless_busy(request: Request) -> None:
    """Refuses at a third less of the cost what would be refused later, unless it may be answered from the cache."""
    service: Service = request.app.state.service
    if service.reading.full() and (refusal := service.refusal(await _raw(request))) is not None:
        raise refusal


router = APIRouter(
    prefix="/v1", tags=["ask"], route_class=guarded(Scope.PUBLIC, body=schemas.ASK_BYTES, first=_unless_busy)
)
routers = [router]
_ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {"description": "Answered, or plainly not.", "content": {"application/json": {"examples": ANSWERS}}}
}


@router.post(
    "/ask",
    operation_id="ask",
    response_model=AskOut,
    responses={**_ANSWERED, **problems(422, 503, 504)},
)
async def ask(body: AskIn, request: Request, service: Ready) -> Response:
    """Answer a question in the articles' exact words.

    Not knowing is an answer too: status `no_answer`, with its reason and, when it is too unsure, the nearest passages.
    """
    filters = body.filters.domain() if body.filters else Filters()
    asked = Asked(body.question, body.top_k, filters, body.min_confidence, body.explain)
    return _response(await _ask(service, asked, request))


@router.get(
    "/ask",
    operation_id="ask_by_link",
    response_model=AskOut,
    responses={
        **_ANSWERED,
        304: {"description": "The answer is still the one If-None-Match names."},
        **problems(422, 503, 504),
    },
)
async def ask_by_link(query: Annotated[AskQuery, Query()], request: Request, service: Ready) -> Response:
    """Answer a question by a link that can be shared; the same body as POST, with an ETag while nothing changes."""
    if len(request.query_params.multi_items()) > len(request.query_params):
        raise RequestValidationError([{"type": "twice", "loc": ("query",), "msg": "Give each parameter once"}])
    asked = Asked(query.q, query.top_k)
    desk = service.desk
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
    known = desk.tag(asked, service.library.generation)
    if names(request.headers.getlist("if-none-match"), known):
        return Response(status_code=304, headers={**headers, "ETag": known})
    given = await _ask(service, asked, request)
    if given.generation is not None:
        headers["ETag"] = desk.tag(asked, given.generation)
    return _response(given, headers)


async def _ask(service: Service, asked: Asked, request: Request) -> Given:
    if service.settings.log_questions:
        request.state.question = asked.question
    given = await service.ask(asked, cast(BodyRequest, request).gone)
    service.desk.cache.remember(await _raw(request))
    return given


async def _raw(request: Request) -> bytes:
    """What was asked, as it came."""
    return await request.body() if request.method == "POST" else bytes(request.scope["query_string"])


def _response(given: Given, headers: Mapping[str, str] | None = None) -> Response:
    return Response(given.body.model_dump_json(exclude_unset=True), 200, headers, "application/json")
