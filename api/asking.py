"""A question on its way to a body: from the cache, or through the lane of inference."""

import hashlib
import json
import time
import unicodedata
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from api import __version__
from api.cache import AnswerCache
from api.lanes import Lane
from api.render import Renderer
from api.responses import AskOut, Timings
from index.types import Filters
from rag.answer import Answerer


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its parameters."""

    question: str
    top_k: int = 3
    filters: Filters = Filters()
    min_confidence: float | None = None
    explain: bool = False

    @property
    def normal(self) -> str:
        """The question in NFC, white space collapsed: what is asked in its place, and what the cache knows it by."""
        return " ".join(unicodedata.normalize("NFC", self.question).split())


@dataclass(frozen=True, slots=True)
class Given:
    """A body, and the generation it is the whole truth of; None when a write came in between."""

    body: AskOut
    generation: int | None


class Desk:
    """Answers questions for the routes."""

    def __init__(self, answerer: Answerer, lane: Lane, render: Renderer) -> None:
        self._answerer = answerer
        self._lane = lane
        self._render = render
        self.cache = AnswerCache()

    async def ask(self, asked: Asked, gone: Callable[[], Awaitable[None]]) -> Given:
        """See Answerer.ask and Lane.run; `gone` is done when the client has left."""
        started = time.perf_counter()
        generation = self._answerer.library.generation
        key = (asked.normal, asked.top_k, asked.filters, asked.min_confidence, self._render.sign(""))
        if not asked.explain and (known := self.cache.get(key, generation)) is not None:
            total = round(1000 * (time.perf_counter() - started), 2)
            timings = Timings(embed=0, search=0, read=0, total=total)
            meta = known.meta.model_copy(update={"cached": True, "timings_ms": timings})
            changes = {"id": new_id(), "question": asked.question, "meta": meta}
            return Given(known.model_copy(update=changes), generation)
        body = await self._lane.run(lambda: self._answer(asked), gone)
        if not generation == body.meta.index.generation == self._answerer.library.generation:
            return Given(body, None)
        if not asked.explain:
            self.cache.put(key, generation, body)
        return Given(body, generation)

    def tag(self, asked: Asked, generation: int) -> str:
        """The ETag of an answer: weak, for id and timings differ."""
        answerer = self._answerer
        parts = [
            __version__,
            answerer.library.identity,
            generation,
            self._render.sign(""),
            answerer.library.embedder.fingerprint,
            answerer.reader.name,
            answerer.confidence.threshold,
            asdict(asked),
        ]
        return f'W/"{hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]}"'

    def _answer(self, asked: Asked) -> AskOut:
        answer = self._answerer.ask(
            asked.normal, top_k=asked.top_k, filters=asked.filters, min_confidence=asked.min_confidence
        )
        return self._render.ask_out(self._answerer, new_id(), asked.question, answer, explain=asked.explain)


def new_id() -> str:
    """A name for an answer."""
    return f"ans_{uuid.uuid4().hex}"
