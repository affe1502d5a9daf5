"""POST and GET /v1/ask."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import schemas
from api.examples import ANSWERS
from api.guard import guarded
from api.keys import Scope
from api.openapi import problems
from api.render import ask_out
from api.responses import AskOut
from api.schemas import AskIn, AskQuery
from api.service import Ready
from index.types import Filters

router = APIRouter(prefix="/v1", tags=["ask"], route_class=guarded(Scope.PUBLIC, body=schemas.ASK_BYTES))
routers = [router]
_ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {"description": "Answered, or plainly not.", "content": {"application/json": {"examples": ANSWERS}}}
}


@router.post(
    "/ask",
    operation_id="ask",
    response_model_exclude_unset=True,
    responses={**_ANSWERED, **problems(400, 408, 413, 415, 422, 503)},
)
async def ask(body: AskIn, service: Ready) -> AskOut:
    """Answer a question in the articles' exact words.

    Not knowing is an answer too: status `no_answer`, with its reason and the nearest passages.
    """
    filters = body.filters.domain() if body.filters else Filters()
    answer = await service.ask(body.question, body.top_k, filters, body.min_confidence)
    return ask_out(service.answerer(), body.question, answer, explain=body.explain)


@router.get(
    "/ask",
    operation_id="ask_by_link",
    response_model_exclude_unset=True,
    responses={**_ANSWERED, **problems(422, 503)},
)
async def ask_by_link(query: Annotated[AskQuery, Query()], service: Ready) -> AskOut:
    """Answer a question by a link that can be shared; the same body as POST."""
    return await ask(AskIn(question=query.q, top_k=query.top_k), service)
