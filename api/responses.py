"""Response bodies of /v1. They may grow, never shrink."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from rag.types import Reason


class ArticleRef(BaseModel):
    """An article, named; `title` is "" when it has no headline."""

    id: str
    title: str
    url: str | None
    source: str | None
    published: date | None
    language: str | None


class ArticleLinks(BaseModel):
    """Where an article can be read."""

    article: str
    view: str


class ArticleItem(ArticleRef):
    """An article in a list."""

    links: ArticleLinks


class RemovedOut(BaseModel):
    """What cleaning took out of an article, and why."""

    reason: str
    text: str


class ArticleOut(ArticleItem):
    """A whole article; every offset refers to code points of `text`."""

    text: str
    sha256: str
    removed: list[RemovedOut]


class ArticlePage(BaseModel):
    """A page of articles by id; `next` is the cursor of the following page."""

    articles: list[ArticleItem]
    next: str | None


class Upserted(BaseModel):
    """What became of an article; `passages` counts those it was newly cut into, 0 when it was unchanged."""

    id: str
    status: Literal["added", "changed", "unchanged"]
    passages: int
    removed: list[RemovedOut]


class OutcomeOut(BaseModel):
    """What became of one of many articles; `reason` is a sentence when it was refused."""

    id: str
    status: Literal["added", "changed", "unchanged", "refused"]
    reason: str | None
    passages: int


class Outcomes(BaseModel):
    """What became of the articles of uploaded files, in their order."""

    outcomes: list[OutcomeOut]


class CitationLinks(BaseModel):
    """The article as JSON, its page with the span marked, and the source's own page at the span."""

    article: str
    view: str
    source: str | None


class CitationOut(BaseModel):
    """Where the words stand: `article.text[start:end] == exact`; `prefix + exact + suffix` is a slice of it too."""

    article: ArticleRef
    start: int
    end: int
    exact: str
    prefix: str
    suffix: str
    links: CitationLinks


class QuoteOut(BaseModel):
    """An answer in the articles' exact words, with its calibrated confidence."""

    text: str
    confidence: Annotated[float, Field(ge=0, le=1)]
    citations: list[CitationOut]


class NoAnswer(BaseModel):
    """Why there is no answer; when confidence was too low, the nearest passages too."""

    reason: Reason
    best_confidence: Annotated[float, Field(ge=0, le=1)]
    see_also: list[CitationOut]


class IndexState(BaseModel):
    """The index at the moment of the answer."""

    generation: int
    articles: int
    passages: int


class Models(BaseModel):
    """Which weights answered."""

    embedder: str
    reader: str


class Timings(BaseModel):
    """Milliseconds."""

    embed: float
    search: float
    read: float
    total: float


class Meta(BaseModel):
    """How the answer came about."""

    index: IndexState
    models: Models
    threshold: float
    cached: bool
    timings_ms: Timings


class SpanOut(BaseModel):
    """The best span of a passage, in the article's code points."""

    start: int
    end: int
    exact: str
    score: float


class Considered(BaseModel):
    """A passage the reader saw; `dense` is its cosine with the question, `lexical` the share of the question's
    words by rarity that it has (0 to 1), null where it has none."""

    article: str
    start: int
    end: int
    text: str
    score: float
    dense: float | None
    lexical: float | None
    null_score: float
    span: SpanOut | None


class AskOut(BaseModel):
    """Exact words with their citations, or a plain no."""

    id: str
    question: str
    corrected_question: str | None = Field(description="what was answered, where a word of the question was misspelt")
    status: Literal["answered", "no_answer"]
    answer: QuoteOut | None
    alternatives: list[QuoteOut]
    no_answer: NoAnswer | None
    meta: Meta
    trace: list[Considered] = Field(default=[], description="only with `explain`")


class PassageOut(BaseModel):
    """A passage found: `article.text[start:end] == text`; `dense` and `lexical` as in Considered, null where that side
    was not asked."""

    article: ArticleRef
    start: int
    end: int
    text: str
    score: float
    dense: float | None
    lexical: float | None
    links: ArticleLinks


class SearchOut(BaseModel):
    """The best passages first; `matching` articles passed the filters."""

    corrected_query: str | None = Field(description="what was searched for, where a word of the query was misspelt")
    passages: list[PassageOut]
    matching: int
    index: IndexState


class CorrectOut(BaseModel):
    """The words someone called right, in their sentence."""

    article: str
    start: int
    end: int
    exact: str
    evidence: str


class QuotedOut(BaseModel):
    """Where an answer stood."""

    article: str
    start: int
    end: int
    exact: str


class FeedbackOut(BaseModel):
    """What someone said about an answer, with the answer."""

    at: str
    answer_id: str
    rating: Literal["up", "down"]
    reason: str | None
    comment: str | None
    question: str
    filters: dict[str, list[str] | dict[str, str]]
    status: Literal["answered", "no_answer"]
    answer: str | None
    citations: list[QuotedOut]
    generation: int
    correct: CorrectOut | None


class FeedbackPage(BaseModel):
    """Feedback, oldest first; `next` is the cursor of what follows, also of what has yet to come."""

    feedback: list[FeedbackOut]
    next: str
