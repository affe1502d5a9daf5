"""Feedback: the answers of late, and what is kept when someone rates one."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi.exceptions import RequestValidationError

from api.asking import Asked
from api.errors import ServiceError
from api.responses import AskOut
from api.schemas import CorrectIn, FeedbackIn
from index.library import Library
from index.sentences import around
from index.types import Filters

_REMEMBERED = 2000


class AnswerNotFoundError(ServiceError):
    """No answer of late has that id."""

    status = 404
    code = "answer_not_found"

    def __init__(self) -> None:
        super().__init__("There is no answer of that id, or it was too long ago; ask again and rate the new one.")


@dataclass(frozen=True, slots=True)
class _Told:
    """What was asked and what was answered."""

    asked: Asked
    status: str
    answer: str | None
    citations: tuple[Mapping[str, Any], ...]
    generation: int


class Recent:
    """The last answers, by id: only those can be rated."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, _Told] = OrderedDict()

    def remember(self, asked: Asked, body: AskOut) -> None:
        """Keeps what a rating needs, and forgets the oldest."""
        cited = body.answer.citations if body.answer else []
        citations = tuple({"article": c.article.id, **_place(c.start, c.end, c.exact)} for c in cited)
        text = body.answer.text if body.answer else None
        self._told[body.id] = _Told(asked, body.status, text, citations, body.meta.index.generation)
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)

    def record(self, feedback: FeedbackIn, library: Library) -> dict[str, Any]:
        """The record to keep; raises AnswerNotFoundError, and RequestValidationError for words that are not there."""
        told = self._told.get(feedback.answer_id)
        if told is None:
            raise AnswerNotFoundError
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "answer_id": feedback.answer_id,
            "rating": feedback.rating,
            "reason": feedback.reason,
            "comment": feedback.comment,
            "question": told.asked.question,
            "filters": _filters(told.asked.filters),
            "status": told.status,
            "answer": told.answer,
            "citations": list(told.citations),
            "generation": told.generation,
            "correct": _correct(feedback.correct, library) if feedback.correct else None,
        }


def _correct(correct: CorrectIn, library: Library) -> dict[str, Any]:
    intake = library.get(correct.article)
    start, end = correct.start, correct.end
    if intake is None or not start < end <= len(intake.article.text):
        fault = {"type": "no_such_words", "loc": ("body", "correct"), "msg": "No article has such words"}
        raise RequestValidationError([fault])
    text = intake.article.text
    first, last = around(text, start, end, intake.article.language)
    return {"article": correct.article, **_place(start, end, text[start:end]), "evidence": text[first:last]}


def _place(start: int, end: int, exact: str) -> dict[str, Any]:
    return {"start": start, "end": end, "exact": exact}


def _filters(filters: Filters) -> dict[str, Any]:
    """As a request writes them, without the empty ones."""
    days = {"gte": filters.published_gte, "lt": filters.published_lt}
    published = {name: day.isoformat() for name, day in days.items() if day is not None}
    lists = {"source": filters.source, "article": filters.article, "language": filters.language}
    return {**({"published": published} if published else {}), **{n: list(v) for n, v in lists.items() if v}}
