"""The fields of a gold line: what each may hold, and how its JSON becomes a value."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from index.types import Filters


@dataclass(frozen=True, slots=True)
class _Kind:
    """`says` names the type in an error; `fits` tells whether a JSON value has it; `read` makes the value."""

    says: str
    fits: Callable[[Any], bool]
    read: Callable[[Any], Any]


def read(line: str) -> dict[str, Any]:
    """The fields of one line as values by name; raises ValueError with a sentence that says what is wrong."""
    try:
        raw = json.loads(line, object_pairs_hook=_unique)
        json.dumps(raw, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(
            f"the line is not JSON ({error.msg} at column {error.colno}); write one object a line"
        ) from None
    except RecursionError:
        raise ValueError("the line is nested too deeply; write one flat object a line") from None
    except UnicodeEncodeError:
        raise ValueError("the line escapes half of a surrogate pair; write the character itself") from None
    if not isinstance(raw, dict):
        raise ValueError(f"the line is a JSON {type(raw).__name__}; write one object a line")
    return {name: _value(name, value) for name, value in raw.items()}


def _value(name: str, value: object) -> Any:
    if name not in _FIELDS:
        raise ValueError(f"unknown field {name!r}; the fields are {', '.join(_FIELDS)}")
    kind = _FIELDS[name]
    if not kind.fits(value):
        raise ValueError(f"field {name!r} is {json.dumps(value, ensure_ascii=False)}; write {kind.says}")
    return kind.read(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"field {name!r} is written twice; keep one")
        found[name] = value
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _one_of(*names: str) -> _Kind:
    return _Kind(" or ".join(f'"{name}"' for name in names), lambda v: isinstance(v, str) and v in names, str)


def _is_spans(value: object) -> bool:
    return isinstance(value, dict) and all(_is_texts(v) for v in value.values())


def _read_spans(value: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {id: tuple(spans) for id, spans in value.items()}


def _is_filters(value: object) -> bool:
    if not isinstance(value, dict) or not value.keys() <= {"published", "source", "article", "language"}:
        return False
    published = value.get("published", {})
    if not isinstance(published, dict) or not published.keys() <= {"gte", "lt"}:
        return False
    return all(_is_day(v) for v in published.values()) and all(
        _is_texts(v) for k, v in value.items() if k != "published"
    )


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def read_filters(value: Mapping[str, Any]) -> Filters:
    """Filters from the JSON that requests and gold lines hold."""
    days = {name: date.fromisoformat(day) for name, day in value.get("published", {}).items()}
    texts = {name: tuple(value.get(name, ())) for name in ("source", "article", "language")}
    return Filters(published_gte=days.get("gte"), published_lt=days.get("lt"), **texts)


def write_filters(filters: Filters) -> dict[str, Any]:
    """The JSON that `read_filters` reads, without the empty ones."""
    days = {"gte": filters.published_gte, "lt": filters.published_lt}
    published = {name: day.isoformat() for name, day in days.items() if day is not None}
    names = {"source": filters.source, "article": filters.article, "language": filters.language}
    return ({"published": published} if published else {}) | {name: list(ids) for name, ids in names.items() if ids}


_TEXT = _Kind("a text", _is_text, str)
_TEXTS = _Kind("a list of texts", _is_texts, tuple)
_FIELDS = {
    "id": _TEXT,
    "question": _TEXT,
    "expect": _one_of("answer", "no_answer", "conflict"),
    "answers": _TEXTS,
    "rejected_answers": _TEXTS,
    "articles": _TEXTS,
    "evidence": _TEXT,
    "by_article": _Kind('{"article-id": ["span"]}', _is_spans, _read_spans),
    "filters": _Kind(
        '{"published": {"gte": "2020-01-01", "lt": "2021-01-01"}, "source": […], "article": […], "language": […]}',
        _is_filters,
        read_filters,
    ),
    "tags": _TEXTS,
    "must_pass": _Kind("true or false", lambda v: isinstance(v, bool), bool),
    "status": _one_of("active", "candidate"),
    "note": _TEXT,
    "preferred": _TEXT,
    "as_of": _TEXT,
    "resolved": _TEXT,
}
