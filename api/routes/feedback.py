"""/v1/feedback: rate an answer; list the ratings."""

from itertools import islice
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query
from pydantic import ValidationError

from api import schemas
from api.guard import guarded
from api.keys import Scope
from api.openapi import problems
from api.responses import FeedbackOut, FeedbackPage
from api.schemas import FeedbackIn, FeedbackQuery
from api.service import Ready
from rag import feedback as kept

giving = APIRouter(prefix="/v1", tags=["feedback"], route_class=guarded(Scope.PUBLIC, body=schemas.ASK_BYTES))
listing = APIRouter(prefix="/v1", tags=["feedback"], route_class=guarded(Scope.ADMIN))
routers = [giving, listing]


@giving.post("/feedback", operation_id="give_feedback", status_code=204, responses=problems(404, 422, 503))
async def give_feedback(body: FeedbackIn, service: Ready) -> None:
    """Rate an answer of late; it is kept with its question, to test the quality of answers with."""
    record = service.recent.record(body, service.library)
    await anyio.to_thread.run_sync(kept.append, service.settings.data, record)


@listing.get("/feedback", operation_id="list_feedback", responses=problems(422, 503))
def list_feedback(query: Annotated[FeedbackQuery, Query()], service: Ready) -> FeedbackPage:
    """List feedback, oldest first; the cursor of the last page leads to what came since."""
    page = list(islice(kept.read(service.settings.data / kept.FILE, int(query.cursor)), query.limit))
    feedback = [out for _, record in page if (out := _out(record)) is not None]
    return FeedbackPage(feedback=feedback, next=str(page[-1][0]) if page else query.cursor)


def _out(record: dict[str, Any]) -> FeedbackOut | None:
    """None for a line that somebody else wrote."""
    try:
        return FeedbackOut.model_validate(record)
    except ValidationError:
        return None
