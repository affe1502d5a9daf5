"""Is it alive, is it ready, what is it."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel

from api import __version__, schemas
from api.guard import guarded
from api.keys import Scope
from api.openapi import problems
from api.render import models
from api.responses import IndexState, Models
from api.service import Ready, Service

router = APIRouter(tags=["health"])
keyed = APIRouter(tags=["health"], route_class=guarded(Scope.ASK))
routers = [router, keyed]


class State(BaseModel):
    """All is well."""

    status: Literal["alive", "ready"]


class Limits(BaseModel):
    """The most a request may ask for; texts in code points, bodies in bytes."""

    question: int = schemas.QUESTION_LIMIT
    article: int = schemas.TEXT_LIMIT
    top_k: int = schemas.TOP_K_LIMIT
    page: int = schemas.PAGE_LIMIT
    ask_body: int = schemas.ASK_BYTES
    article_body: int = schemas.ARTICLE_BYTES
    bulk_body: int = schemas.BULK_BYTES


class Info(BaseModel):
    """What answers here."""

    name: str = "quoteline"
    version: str
    index: IndexState
    models: Models
    limits: Limits
    features: list[str]


@router.get("/livez", operation_id="livez")
async def livez() -> State:
    """The process answers."""
    return State(status="alive")


@router.get("/readyz", operation_id="readyz", responses=problems(503))
async def readyz(_: Ready) -> State:
    """Questions can be asked; 503 with the reason until then."""
    return State(status="ready")


@keyed.get(
    "/metrics",
    operation_id="metrics",
    response_class=PlainTextResponse,
    responses={200: {"description": "In the text format of Prometheus."}},
)
async def metrics(request: Request) -> Response:
    """Counts and times for Prometheus."""
    service: Service = request.app.state.service
    return Response(service.exposition(), media_type=CONTENT_TYPE_PLAIN_0_0_4)


@keyed.get("/v1/info", operation_id="info", responses=problems(503))
def info(service: Ready) -> Info:
    """Versions, limits and features."""
    stats = service.library.stats()
    return Info(
        version=__version__,
        index=IndexState(generation=stats.generation, articles=stats.articles, passages=stats.passages),
        models=models(service.answerer()),
        limits=Limits(),
        features=["filters", "min_confidence", "explain"],
    )
