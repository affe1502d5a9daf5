"""What is asked: the protocol that the local models and a running service both speak, and the local one."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, cast

import numpy as np

from eval.gold import Gold
from eval.outcome import holds_evidence
from index.chunk import ChunkSettings
from index.embed import Embedder
from index.library import Library
from index.types import Filters, Found, Hit
from rag.answer import Answerer
from rag.types import Answer

DEPTH = 50  # passages ranked for the retrieval measures; a search's candidate depth, so that ranks are those of asking
_TOP = 3

Timings = Mapping[str, float]


class Subject(Protocol):
    """Answers gold questions. A failure to answer raises; it is never an empty answer."""

    def ask(self, gold: Gold, min_confidence: float | None = None) -> tuple[Answer, Timings | None]:
        """The answer as a user gets it, and its milliseconds by stage, None when a cache answered."""
        ...

    def ranked(self, gold: Gold) -> Sequence[Hit]:
        """The passages found for the question, best first."""
        ...

    def oracle(self, gold: Gold) -> Answer | None:
        """The answer when only the passages that hold the evidence are read and nothing is declined."""
        ...

    def text(self, id: str) -> str | None:
        """An article's text, None when there is no such article."""
        ...

    def digests(self, ids: Iterable[str]) -> dict[str, str]:
        """The content hash of each of these articles that exists."""
        ...

    def facts(self) -> dict[str, str]:
        """What answered, by name: its models, settings and articles, each as a short text that changes with it."""
        ...


class Local:
    """Models and library in this process. `untimed` counts what made times meaningless, as a cache's answers do."""

    def __init__(self, answerer: Answerer, untimed: Callable[[], int] = lambda: 0) -> None:
        self.answerer = answerer
        self._untimed = untimed

    def ask(self, gold: Gold, min_confidence: float | None = None) -> tuple[Answer, Timings | None]:
        """See Subject."""
        before = self._untimed()
        answer = self.answerer.ask(
            gold.question, top_k=top_k(gold), filters=gold.filters, min_confidence=min_confidence
        )
        return answer, answer.timings_ms if self._untimed() == before else None

    def ranked(self, gold: Gold) -> Sequence[Hit]:
        """See Subject."""
        return self.answerer.library.search(gold.question, DEPTH, gold.filters).hits

    def oracle(self, gold: Gold) -> Answer | None:
        """See Subject; None for a question without evidence."""
        if gold.expect == "no_answer":
            return None
        view = cast(Library, _EvidenceOnly(self.answerer.library, gold))
        given = Answerer(view, self.answerer.reader, self.answerer.confidence, self.answerer.settings)
        return given.ask(gold.question, top_k=top_k(gold), filters=gold.filters, min_confidence=0.0)

    def text(self, id: str) -> str | None:
        """See Subject."""
        intake = self.answerer.library.get(id)
        return intake.article.text if intake else None

    def digests(self, ids: Iterable[str]) -> dict[str, str]:
        """See Subject."""
        found = ((id, self.answerer.library.get(id)) for id in ids)
        return {id: intake.article.sha256[:12] for id, intake in found if intake}

    def facts(self) -> dict[str, str]:
        """See Subject."""
        answerer, confidence = self.answerer, self.answerer.confidence
        stands = "".join(f"{article.id} {article.sha256}\n" for article in answerer.library.all_articles())
        return {
            "articles": _short(stands),
            "passages": repr(ChunkSettings()),
            "embedder": f"{answerer.library.embedder.name} {answerer.library.embedder.fingerprint[:12]}",
            "reader": answerer.reader.name,
            "confidence": _short(repr((confidence.bias, sorted(confidence.weights.items())))),
            "threshold": str(confidence.threshold),
            "answering": repr(answerer.settings),
            "ranked": str(DEPTH),
        }


class _EvidenceOnly:
    """A library in which a search finds nothing but the evidence; what an Answerer asks of a Library, no more."""

    def __init__(self, library: Library, gold: Gold) -> None:
        self.embedder: Embedder = library.embedder
        self.is_current, self.mentioned = library.is_current, library.mentioned
        self.corrected, self.stems, self.unknown = library.corrected, library.stems, library.unknown
        self._library = library
        self._gold = gold

    def search_vector(self, query: str, vector: np.ndarray, k: int, filters: Filters, reach: float) -> Found:
        """The passages that hold the evidence whole; where a cut goes through it, the articles' best passages."""
        found = self._library.search_vector(query, vector, DEPTH, replace(filters, article=self._gold.articles))
        held = tuple(hit for hit in found.hits if holds_evidence(self._gold, hit.passage, hit.article))
        near = tuple(hit for hit in found.hits if hit.score > found.hits[0].score - reach)
        return replace(found, hits=(held or near)[:k])


def top_k(gold: Gold) -> int:
    """How many different answers to ask for: enough that a conflict's articles can all have their say."""
    return max(_TOP, min(10, len(gold.by_article)))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
