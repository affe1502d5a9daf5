"""The values that pass out of this room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from index.types import Article, Hit, Stats

Reason = Literal["low_confidence", "no_relevant_passage", "filters_match_nothing", "empty_index"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one piece of text, in code points, with its score (span minus null logit; larger is better)."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an answer stands: `article.text[start:end] == exact`.

    `prefix + exact + suffix` is a slice of `article.text` that holds whole sentences (W3C TextQuoteSelector).
    """

    article: Article
    start: int
    end: int
    exact: str
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Exact words that answer, their calibrated confidence in 0..1, and the places cited for them.

    `features` are the named numbers that the confidence was judged by.
    """

    text: str
    confidence: float
    citations: tuple[Citation, ...]
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Considered:
    """One passage the reader saw, for the trace: its best span (article offsets, ranking score) and its null logit."""

    hit: Hit
    span: Span | None
    null: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one question.

    status "answered": `best` is set, `alternatives` are further different answers. status "no_answer": `best` is
    None, `reason` says why and `see_also` cites the nearest passages' sentences. `best_confidence` is the strongest
    candidate's, answered or not. `corrected_question` is what was answered where a word of the question was misspelt.
    """

    status: Literal["answered", "no_answer"]
    best: Quote | None
    alternatives: tuple[Quote, ...]
    reason: Reason | None
    best_confidence: float
    see_also: tuple[Citation, ...]
    threshold: float
    stats: Stats
    timings_ms: Mapping[str, float]
    trace: Sequence[Considered] = field(default_factory=tuple)
    corrected_question: str | None = None
