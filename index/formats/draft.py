"""What a format finds in a document, before cleaning."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Self

from index import dates, language
from index.formats.characters import readable
from index.types import Removed

_NAMES = {
    "id": ("id",),
    "title": ("title", "headline", "og:title", "twitter:title"),
    "published": (
        *("published", "date", "pubdate", "publish_date", "publishdate", "publication_date", "date_published"),
        *("datepublished", "published_at", "article:published_time", "dc.date.issued", "dc.date", "dcterms.issued"),
    ),
    "url": ("url", "link", "canonical", "canonical_url", "og:url", "mainentityofpage"),
    "source": ("source", "site", "publisher", "site_name", "og:site_name"),
    "language": ("language", "lang", "inlanguage", "og:locale", "locale"),
    "description": ("description", "og:description", "twitter:description", "excerpt"),
}
_URL = re.compile(r"https?://[^\s<>\"\x00-\x20]{1,2000}", re.I)
_SOURCE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says about itself; None where it says nothing usable."""

    id: str | None = None
    title: str | None = None
    published: date | None = None
    url: str | None = None
    source: str | None = None
    language: str | None = None
    description: str | None = None

    @classmethod
    def named(cls, values: Mapping[str, object]) -> Self:
        """Pick the fields from a mapping under any of their usual names; the first usable value of each wins."""
        lower = {str(key).strip().lower().replace("-", "_"): value for key, value in values.items()}
        found: dict[str, object] = {}
        for field, names in _NAMES.items():
            candidates = (_usable(field, lower[name]) for name in names if name in lower)
            found[field] = next((value for value in candidates if value is not None), None)
        return cls(**found)  # type: ignore[arg-type]

    def or_else(self, other: "Metadata") -> "Metadata":
        """These fields, and the other's where one is None."""
        missing = {f.name: getattr(other, f.name) for f in fields(self) if getattr(self, f.name) is None}
        return replace(self, **missing)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document's words and metadata.

    `headline_first`: its first line may turn out to be its headline. `headed`: the body with the heading that was taken
    out of it because it is the title.
    """

    body: str
    metadata: Metadata = Metadata()
    headline_first: bool = False
    headed: str | None = None
    removed: tuple[Removed, ...] = ()

    def under(self, outer: Metadata) -> "Draft":
        """The same with `outer` winning over its own metadata; a heading that is no title now is back in its place."""
        metadata = outer.or_else(self.metadata)
        if self.headed is None or outer.title is None:
            return replace(self, metadata=metadata)
        return replace(self, metadata=metadata, body=self.headed, headed=None)


def http_url(text: str) -> str | None:
    """The web address, or None when it is not one (a relative path, javascript:, more than 2,000 characters)."""
    found = _URL.fullmatch(readable(text).strip())
    return found[0] if found else None


def single_line(text: str) -> str:
    """Readable, with all white space as single spaces."""
    return " ".join(readable(text).split())


def _usable(field: str, value: object) -> date | str | None:
    if field == "published":
        return dates.from_value(value)
    if isinstance(value, Mapping) and field in ("source", "url"):
        value = value.get("name" if field == "source" else "@id")
    if not isinstance(value, str) or not value.strip():
        return None
    if field == "id":
        return value
    if field == "url":
        return http_url(value)
    if field == "language":
        return language.normalise(value)
    if field == "source":
        return single_line(value)[:_SOURCE_CHARACTERS]
    return single_line(value) or None
