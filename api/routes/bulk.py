"""POST /v1/articles: one article, many as JSON Lines, or files."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from email.message import Message
from itertools import islice
from typing import BinaryIO, cast

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api import schemas
from api.body import strict_json
from api.conditional import Preconditions
from api.errors import DuplicateFieldError, ServiceError, public_sentence
from api.guard import guarded
from api.keys import Scope
from api.links import article_link
from api.openapi import problems
from api.render import outcome_out, upserted
from api.responses import OutcomeOut, Outcomes, Upserted
from api.routes.articles import put
from api.schemas import ArticleNew
from api.service import Ready, Service
from index.errors import QuotelineError, RefusedError
from index.formats import jsonl
from index.intake import from_fields, from_stream
from index.types import Intake, Outcome

_FILES = 1000  # in one upload
_BATCH = 32  # articles written together: other writes take their turn in between

router = APIRouter(prefix="/v1/articles", tags=["articles"], route_class=guarded(Scope.INGEST, body=schemas.BULK_BYTES))
routers = [router]
_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/ArticleNew"}},
        "application/x-ndjson": {
            "schema": {"type": "string", "description": "One ArticleNew a line."},
            "example": '{"id": "a", "text": "The ferry sank."}\n{"id": "b", "text": "It rained."}\n',
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "file": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "minItems": 1,
                        "maxItems": _FILES,
                    }
                },
                "required": ["file"],
            }
        },
    },
}


class FormError(ServiceError):
    """A multipart body that cannot be read, or of too many files."""

    status = 400
    code = "bad_request"


@router.post(
    "",
    operation_id="add_articles",
    response_model=None,
    responses={
        200: {
            "description": "Many: what became of each, a line each for JSON Lines. One: it was there already.",
            "content": {
                "application/json": {
                    "schema": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Upserted", "Outcomes")]}
                },
                "application/x-ndjson": {
                    "schema": {"type": "string"},
                    "example": '{"id":"a","status":"added","reason":null,"passages":1}\n',
                },
            },
        },
        201: {"model": Upserted, "description": "One, and it is new."},
        **problems(412, 422, 503, 504, 507),
    },
    openapi_extra={"requestBody": _BODY},
)
async def add_articles(request: Request, service: Ready) -> Response:
    """Add or replace articles: one as JSON, many as JSON Lines, or files of any format that is read from a folder.

    JSON Lines are answered line by line, each once it is committed; a bad one is refused and the rest go on.
    """
    media = Message()
    media["content-type"] = request.headers.get("content-type", "")
    if str(media.get_content_charset("utf-8")).lower() not in ("utf-8", "utf8", "us-ascii"):
        raise HTTPException(415)
    match media.get_content_type():
        case "application/json":
            return await _one(request, service)
        case "application/x-ndjson":
            return await _many(request, service)
        case "multipart/form-data":
            return await _files(request, service)
    raise HTTPException(415)


async def _one(request: Request, service: Service) -> Response:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > schemas.ARTICLE_BYTES:
            raise HTTPException(413)
    try:
        article = ArticleNew.model_validate(strict_json(bytes(content)))
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]) from None
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    conditions = Preconditions(request)
    intake, outcome = await service.write(lambda library: put(library, article.id, article, conditions))
    status = 201 if outcome.status == "added" else 200
    headers = {"Location": article_link(article.id)}
    return Response(upserted(intake, outcome).model_dump_json(), status, headers, "application/json")


async def _spooled(request: Request) -> BinaryIO:
    """The body in a temporary file: a client that is slow to send holds up no writing, and no memory."""
    spool = cast(BinaryIO, tempfile.SpooledTemporaryFile(1 << 20))  # noqa: SIM115 closed by _lines
    try:
        async for piece in request.stream():
            await anyio.to_thread.run_sync(spool.write, piece)
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool


async def _many(request: Request, service: Service) -> Response:
    spool = await _spooled(request)
    read = (_line(number, line) for number, line in jsonl.lines(spool, schemas.ARTICLE_BYTES))
    outcomes = _written(service, read)
    try:
        first = await anext(outcomes, None)  # what keeps anything from being written is still a problem
    except BaseException:
        spool.close()
        raise
    return StreamingResponse(_lines(spool, first, outcomes), media_type="application/x-ndjson")


async def _lines(spool: BinaryIO, first: OutcomeOut | None, rest: AsyncIterator[OutcomeOut]) -> AsyncIterator[str]:
    """A line each; when writing ends before its time, the last one says so."""
    with spool:
        try:
            if first is not None:
                yield _told(first)
            async for outcome in rest:
                yield _told(outcome)
        except QuotelineError as error:
            reason = f"{public_sentence(error)} Whether the rest was written is not certain; send it again"
            yield _told(outcome_out(Outcome("the rest", "refused", reason)))


def _told(outcome: OutcomeOut) -> str:
    return outcome.model_dump_json() + "\n"


async def _files(request: Request, service: Service) -> Response:
    form = await _form(request)
    try:
        files = [file for name, file in form.multi_items() if name == "file" and isinstance(file, UploadFile)]
        if not files or len(files) < len(form.multi_items()):
            fault = {"type": "missing", "loc": ("body", "file"), "msg": "Give one or more files, each named file"}
            raise RequestValidationError([fault])
        read = (item for file in files for item in _file(file))
        outcomes = [outcome async for outcome in _written(service, read)]
    finally:
        await form.close()
    return Response(Outcomes(outcomes=outcomes).model_dump_json(), media_type="application/json")


async def _form(request: Request) -> FormData:
    try:
        return await request.form(max_files=_FILES, max_fields=0)
    except HTTPException as error:
        raise FormError(error.detail) if error.status_code == 400 else error from None


async def _written(service: Service, items: Iterable[Intake | Outcome]) -> AsyncIterator[OutcomeOut]:
    """Reads and writes in batches in the lane of writes; each outcome comes once it is committed."""
    rest = iter(items)
    while batch := await service.write(lambda library: list(library.add(islice(rest, _BATCH)))):
        for outcome in batch:
            yield outcome_out(outcome)


def _line(number: int, line: bytes | None) -> Intake | Outcome:
    place = f"line {number}"
    if line is None:
        return Outcome(place, "refused", "the line has more than 10 MiB; split the article")
    try:
        article = ArticleNew.model_validate(strict_json(line))
        return from_fields(article.id, **article.model_dump(exclude={"id"}))
    except ValidationError as error:
        names = ".".join(str(name) for name in error.errors()[0]["loc"] if name in ArticleNew.model_fields)
        return Outcome(place, "refused", f"{names or 'the article'} cannot be used; see ArticleNew in /openapi.json")
    except RefusedError as error:
        return Outcome(place, "refused", str(error))
    except DuplicateFieldError:
        return Outcome(place, "refused", "the object gives a field twice; give it once")
    except (ValueError, RecursionError):
        return Outcome(place, "refused", "the line is not JSON in UTF-8; write one object a line")


def _file(file: UploadFile) -> Iterator[Intake | Outcome]:
    name = file.filename or "file"
    try:
        yield from from_stream(file.file, name)
    except RefusedError as error:
        yield Outcome(name, "refused", str(error))
