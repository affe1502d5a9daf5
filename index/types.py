"""The values that pass out of this room. Offsets are code points of `Article.text`."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]  # of passages, shape (n,)
Vectors = npt.NDArray[np.float32]  # a row each, shape (n, dimension)


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is stored, shown and cited.

    `text` is the canonical text every offset refers to. When there is a headline, `text` starts with it:
    `text[:len(title)] == title`; an article without one has `title == ""`. `sha256` is `content_hash` of the rest.
    """

    id: str
    title: str
    text: str
    url: str | None
    source: str | None
    published: date | None
    language: str | None
    sha256: str

    def headline_before(self, start: int) -> str:
        """The headline as context for a passage at `start`; "" when there is none or the passage holds it."""
        return self.title if start >= len(self.title) else ""


def content_hash(article: Article) -> str:
    """SHA-256, hexadecimal, of canonical JSON (sorted keys, no spaces, UTF-8) over all fields but `sha256`."""
    content = {field.name: getattr(article, field.name) for field in fields(article) if field.name != "sha256"}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=date.isoformat)
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Removed:
    """What cleaning took out of an article: shown on request, never indexed."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Intake:
    """An article as it comes out of its format and cleaning, ready for the library."""

    article: Article
    removed: tuple[Removed, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """`article.text[start:end] == text`. Ids grow and are never reused; the headline is not part of any passage
    (it is context for all of them), unless the article is nothing but its headline."""

    id: int
    article_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found, with its article as it stood at that moment.

    `score` is the fused one that ranks; `dense` is the cosine with the question, `lexical` the share of the question's
    words by rarity (BM25 over its highest value); None where that side was not asked, or found no word. `copy_of` is
    the older article whose words the passage has (see index.copies).
    """

    passage: Passage
    article: Article
    score: float
    dense: float | None
    lexical: float | None
    copy_of: Article | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may be searched; an empty field allows all. `published_lt` is exclusive.

    An article without a date never matches a date filter.
    """

    published_gte: date | None = None
    published_lt: date | None = None
    source: tuple[str, ...] = ()
    article: tuple[str, ...] = ()
    language: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stats:
    """The index at one moment; every write makes the next generation."""

    generation: int
    articles: int
    passages: int


@dataclass(frozen=True, slots=True)
class Found:
    """A search's hits, best first, all read from one moment of the index; `matching` articles passed the filters.

    `corrected_query` is what was searched for where a word of the query was misspelt.
    """

    stats: Stats
    matching: int
    hits: Sequence[Hit] = field(default_factory=tuple)
    corrected_query: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one article: added, changed, unchanged or refused (then `reason` is a sentence)."""

    id: str
    status: str
    reason: str | None = None
    passages: int = 0
