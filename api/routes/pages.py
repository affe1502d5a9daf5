"""The pages for people: the front page with the widget, and an article with a span marked."""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import jinja2
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.errors import NotReadyError
from api.front import READ, Front, front
from api.guard import Gate, guarded
from api.keys import Scope
from api.links import article_link, is_web
from api.openapi import problems
from api.routes.articles import ArticleId, find
from api.routes.widget import bundle
from api.service import Ready, Service

_HERE = Path(__file__).parents[1]
STATIC = _HERE / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
)

router = APIRouter(tags=["pages"])
keyed = APIRouter(tags=["pages"], route_class=guarded(Scope.ASK, linked=True))
routers = [router, keyed]
Offset = Annotated[int | None, Query(ge=0, le=2**31)]


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it is shown; `first` is where the page scrolls to."""

    text: str
    marked: bool = False
    first: bool = False


@router.get("/", operation_id="front_page", response_class=HTMLResponse)
def front_page(request: Request) -> HTMLResponse:
    """The articles as a newspaper, with the widget to ask them; nothing of them where keys are needed."""
    service: Service = request.app.state.service
    gate: Gate = request.app.state.gate
    shown = Front("The Archive", [], [])
    if gate.keys is None:
        with contextlib.suppress(NotReadyError):
            shown = front(service.library.articles(limit=READ))
    page = _templates.get_template("front.html").render(
        front=shown,
        locked=gate.keys is not None,
        suggestions=json.dumps(shown.questions, ensure_ascii=False),
        integrity=bundle().integrity,
        origin=str(request.base_url).rstrip("/"),
    )
    return HTMLResponse(page, headers=_HEADERS)


@keyed.get(
    "/articles/{id:path}",
    operation_id="article_page",
    response_class=HTMLResponse,
    responses=problems(404, 422, 503),
)
def article_page(
    id: ArticleId,
    request: Request,
    service: Ready,
    start: Offset = None,
    end: Offset = None,
    _: Annotated[str | None, Query(alias="signature", max_length=64, description="stands for a key")] = None,
) -> HTMLResponse:
    """An article to read, with [start, end) of its text marked and scrolled to."""
    gate: Gate = request.app.state.gate
    article = find(service.library, id).article
    span = (start, end) if start is not None and end is not None and start < end <= len(article.text) else (0, 0)
    lines = list(_lines(article.text, *span))
    page = _templates.get_template("article.html").render(
        article=article,
        headline=lines.pop(0) if article.title else [],
        paragraphs=lines,
        source_url=article.url if article.url and is_web(article.url) else None,
        json_url=article_link(id) if gate.keys is None else None,
        missing=start is not None and span == (0, 0),
    )
    return HTMLResponse(page, headers=_HEADERS)


def _lines(text: str, start: int, end: int) -> Iterator[list[Piece]]:
    """The lines of `text` that are not blank, each in pieces, [start, end) marked."""
    first = True
    for line in re.finditer(r"[^\n]+", text):
        if line[0].isspace():
            continue
        low, high = (min(max(at, line.start()), line.end()) for at in (start, end))
        pieces = [Piece(text[line.start() : low]), Piece(text[low:high], True, first), Piece(text[high : line.end()])]
        first = first and low == high
        yield [piece for piece in pieces if piece.text]
