"""/v1/articles: list, read, add or replace, remove."""

import base64
from itertools import islice
from typing import Annotated
from urllib.parse import unquote_to_bytes, urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from api import schemas
from api.conditional import Preconditions, etag, names
from api.errors import NotFoundError
from api.guard import guarded
from api.keys import Scope
from api.openapi import problems
from api.render import upserted
from api.responses import ArticleOut, ArticlePage, Upserted
from api.schemas import ArticleIn, ListQuery
from api.service import Ready
from index.errors import RefusedError
from index.intake import from_fields
from index.library import Library
from index.types import Intake, Outcome

reading = APIRouter(prefix="/v1/articles", tags=["articles"], route_class=guarded(Scope.ASK))
writing = APIRouter(
    prefix="/v1/articles", tags=["articles"], route_class=guarded(Scope.INGEST, body=schemas.ARTICLE_BYTES)
)
routers = [reading, writing]


async def article_id(request: Request, decoded: Annotated[schemas.ArticleId, Path(alias="id")]) -> str:
    """The id in the path; bytes that are not UTF-8 are refused, for they would name another article."""
    try:
        unquote_to_bytes(request.scope.get("raw_path", b"")).decode()
    except UnicodeDecodeError:
        fault = {"type": "string_unicode", "loc": ("path", "id"), "msg": "An id is percent-encoded UTF-8"}
        raise RequestValidationError([fault]) from None
    return decoded


ArticleId = Annotated[str, Depends(article_id)]


@reading.get("", operation_id="list_articles", responses=problems(422, 503))
def list_articles(query: Annotated[ListQuery, Query()], service: Ready, response: Response) -> ArticlePage:
    """List articles by id, a page at a time; the Link header leads to the next."""
    after = None if query.cursor is None else _after(query.cursor)
    articles = islice(service.library.all_articles(query.domain(), after), query.limit + 1)
    items = [service.render.article_item(article) for article in articles]
    page = items[: query.limit]
    cursor = _cursor(page[-1].id) if len(items) > query.limit else None
    if cursor is not None:
        parameters = {**query.model_dump(mode="json", exclude_none=True), "cursor": cursor}
        response.headers["Link"] = f'</v1/articles?{urlencode(parameters, doseq=True)}>; rel="next"'
    return ArticlePage(articles=page, next=cursor)


@reading.get(
    "/{id:path}",
    operation_id="get_article",
    response_model=ArticleOut,
    responses={304: {"description": "It is still the one If-None-Match names."}, **problems(404, 422, 503)},
)
def get_article(id: ArticleId, request: Request, service: Ready, response: Response) -> ArticleOut | Response:
    """Read an article: its text, which every offset refers to, and what cleaning took out of it."""
    intake = find(service.library, id)
    tag = etag(intake.article.sha256)
    if names(request.headers.getlist("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return service.render.article_out(intake)


@writing.put(
    "/{id:path}",
    operation_id="put_article",
    responses={
        201: {"model": Upserted, "description": "It is new."},
        **problems(404, 412, 422, 503, 504, 507),
    },
)
async def put_article(id: ArticleId, body: ArticleIn, request: Request, service: Ready, response: Response) -> Upserted:
    """Add an article or replace it; it is found from the next question on. If-Match and If-None-Match are heeded."""
    conditions = Preconditions(request)
    intake, outcome = await service.write(lambda library: put(library, id, body, conditions))
    response.status_code = 201 if outcome.status == "added" else 200
    response.headers["ETag"] = etag(intake.article.sha256)
    return upserted(intake, outcome)


@writing.delete(
    "/{id:path}", operation_id="delete_article", status_code=204, responses=problems(404, 412, 422, 503, 504, 507)
)
async def delete_article(id: ArticleId, request: Request, service: Ready) -> None:
    """Remove an article; no answer cites it any more. If-Match is heeded."""
    conditions = Preconditions(request)

    def remove(library: Library) -> list[str]:
        conditions.check(_tag(library, id))
        return library.remove([id])

    if not await service.write(remove):
        raise NotFoundError


def find(library: Library, id: str) -> Intake:
    """The article, or NotFoundError."""
    intake = library.get(id)
    if intake is None:
        raise NotFoundError
    return intake


def put(library: Library, id: str, body: ArticleIn, conditions: Preconditions) -> tuple[Intake, Outcome]:
    """Adds or replaces one article; raises RefusedError and PreconditionError."""
    intake = from_fields(id, **body.model_dump(exclude={"id"}))
    conditions.check(_tag(library, id))
    outcome = next(library.add([intake]))
    if outcome.status == "refused":
        raise RefusedError(outcome.reason)
    return intake, outcome


def _tag(library: Library, id: str) -> str | None:
    intake = library.get(id)
    return None if intake is None else etag(intake.article.sha256)


def _cursor(id: str) -> str:
    return base64.urlsafe_b64encode(id.encode()).decode()


def _after(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except ValueError:
        fault = {"type": "cursor", "loc": ("query", "cursor"), "msg": "A cursor comes from `next` of the page before"}
        raise RequestValidationError([fault]) from None
