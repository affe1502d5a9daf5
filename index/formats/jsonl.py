"""JSON Lines: one article an object; also one JSON object, or an array of them, as a whole file."""

import json
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NoReturn

from index.errors import RefusedError

_BODIES = ("text", "html", "markdown")
_STRINGS = (*_BODIES, "id", "title", "url", "source", "language", "description")
_PIECE = 1 << 20


def lines(stream: BinaryIO, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """(number from 1, line) for every line that is not blank; None in place of one longer than `limit` bytes.

    Holds one line at a time.
    """
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        if len(line) <= limit or line.endswith(b"\n"):
            if line.strip():
                yield number, line
            continue
        while (piece := stream.readline(_PIECE)) and not piece.endswith(b"\n"):
            pass
        yield number, None


def load(text: str | bytes) -> object:
    """A JSON value; RefusedError with a sentence for anything else, NaN, infinities and deep nesting included."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RefusedError(f"not valid JSON at {place} ({error.msg}); write one object per line") from None
    except UnicodeDecodeError as error:
        raise RefusedError(f"not valid UTF-8 at byte {error.start}; save it as UTF-8") from None
    except RecursionError:
        raise RefusedError("the JSON is nested too deeply; an article is one flat object") from None
    except ValueError:
        raise RefusedError("the JSON has a number of too many digits; an article needs none") from None


def fields(value: object) -> Mapping[str, object]:
    """The fields of one article, checked: an object with exactly one of text, html and markdown, and strings where
    strings belong; `published` may be a number. A null field is as if absent, other fields are passed over."""
    if not isinstance(value, dict):
        raise RefusedError(f'an article is a JSON object, not {_kind(value)}; write {{"text": …}}')
    given = {key: found for key, found in value.items() if found is not None}
    for key in _STRINGS:
        if key in given and not isinstance(given[key], str):
            raise RefusedError(f"{key} is {_kind(given[key])}; give a string")
    published = given.get("published", "")
    if isinstance(published, bool) or not isinstance(published, str | int | float):
        raise RefusedError(f"published is {_kind(published)}; give a date such as 2020-10-21")
    bodies = [key for key in _BODIES if key in given]
    if len(bodies) != 1:
        raise RefusedError(
            f"an article has {' and '.join(bodies) or 'no words'}; give exactly one of text, html and markdown"
        )
    return given


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _refuse_constant(name: str) -> NoReturn:
    raise RefusedError(f"the JSON has {name}, which JSON does not allow; leave the field out")
