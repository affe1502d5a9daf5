"""POST /v1/search."""

from functools import partial
from typing import cast

from fastapi import APIRouter, Request

from api import schemas
from api.body import BodyRequest
from api.guard import guarded
from api.keys import Scope
from api.openapi import problems
from api.responses import SearchOut
from api.schemas import SearchIn
from api.service import Ready
from index.types import Filters

router = APIRouter(prefix="/v1", tags=["ask"], route_class=guarded(Scope.ASK, body=schemas.ASK_BYTES))
routers = [router]


@router.post("/search", operation_id="search", responses=problems(422, 503, 504))
async def search(body: SearchIn, request: Request, service: Ready) -> SearchOut:
    """Find passages, best first, without reading them for an answer."""
    filters = body.filters.domain() if body.filters else Filters()
    look = partial(service.library.search, body.query, body.top_k, filters)
    return service.render.search_out(await service.reading.run(look, cast(BodyRequest, request).gone))
