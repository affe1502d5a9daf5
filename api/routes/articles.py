"""/v1/articles: list, read, add or replace, remove."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import unquote_to_bytes, urlencode

import anyio.to_thread
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from api import render
from api.errors import NotFoundError
from api.openapi import problems
from api.responses import ArticleOut, ArticlePage, Upserted
from api.schemas import ArticleIn, ListQuery, Name
from api.service import Ready
from index.errors import RefusedError
from index.intake import from_fields

router = APIRouter(prefix="/v1/articles", tags=["articles"])


def article_id(request: Request, decoded: Annotated[Name, Path(alias="id")]) -> str:
    """The id from the path; refuses bytes that are not UTF-8, which would otherwise name another article."""
    try:
        unquote_to_bytes(request.scope.get("raw_path", b"")).decode()
    except UnicodeDecodeError:
        detail = {"type": "string_unicode", "loc": ("path", "id"), "msg": "An article's id is UTF-8, percent-encoded"}
        raise RequestValidationError([detail]) from None
    return decoded


ArticleId = Annotated[str, Depends(article_id)]
_CONFLICT = "another request was faster"


@router.get("", operation_id="list_articles", responses=problems(422, 503))
def list_articles(query: Annotated[ListQuery, Query()], service: Ready, response: Response) -> ArticlePage:
    """List articles by id, a page at a time; the Link header leads to the next."""
    after = None if query.cursor is None else _after(query.cursor)
    articles = service.library.articles(query.domain(), after, query.limit + 1)
    page = articles[: query.limit]
    following = _cursor(page[-1].id) if len(articles) > query.limit else None
    if following is not None:
        response.headers["Link"] = f'<{_next_link(query, following)}>; rel="next"'
    return ArticlePage(articles=[render.article_item(article) for article in page], next=following)


@router.get(
    "/{id:path}",
    operation_id="get_article",
    response_model=ArticleOut,
    responses={304: {"description": "The article is still what If-None-Match names."}, **problems(404, 422, 503)},
)
def get_article(id: ArticleId, request: Request, service: Ready, response: Response) -> ArticleOut | Response:
    """Read an article: its text, which every offset refers to, and what cleaning took out of it."""
    intake = service.library.get(id)
    if intake is None:
        raise no_article()
    etag = f'"{intake.article.sha256}"'
    if _names(request.headers.getlist("if-none-match"), etag):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return render.article_out(intake)
