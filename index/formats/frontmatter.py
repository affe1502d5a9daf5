"""Front matter: the YAML between two lines of --- at the top of a file."""

import re
from collections.abc import Mapping
from typing import cast

import yaml

from index.errors import RefusedError

_OPEN = re.compile(r"\s*---[^\S\n]*\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[^\S\n]*$", re.M)
_KEY = re.compile(r"(?:[^\S\n]*(?:#[^\n]*)?\n)*[\w\"'][\w .:\"'-]{0,60}?:(?:\s|$)")
_LINE = re.compile(r"[\w\"'-][\w .:\"'-]{0,60}?:(?:\s|$)|\s|#|-\s")
_CHARACTERS = 65_536
_DEPTH = 20
_REMEDY = "put key: value lines between two lines of ---"

_NULLS = ("~", "null", "Null", "NULL")


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Makes strings, lists and mappings only: no tag builds an object, and a title such as 1984 or No stays."""

    def construct_scalar(self, node: yaml.ScalarNode) -> str | None:
        """The string as it stands; None of a null without quotes."""
        value: str = super().construct_scalar(node)
        return None if value in _NULLS and not node.style else value


def split(text: str) -> tuple[Mapping[str, object], str, str] | None:
    """(metadata, the front matter as it stands, the rest), or None when the text starts with none.

    A line of dashes above prose is no front matter. Values are strings, lists and mappings. Raises RefusedError for
    what is plainly meant as front matter but is not closed, is not YAML, is nested deeply, is very long, or has anchors
    and aliases, by which a few lines grow to gigabytes.
    """
    opening = _OPEN.match(text)
    if opening is None or _KEY.match(text, opening.end()) is None:
        return None
    closing = _CLOSE.search(text, opening.end())
    if closing is None:
        first_paragraph = text[opening.end() :].partition("\n\n")[0][:_CHARACTERS]
        if not all(map(_LINE.match, first_paragraph.splitlines())):
            return None
        raise RefusedError(f"the front matter is not closed; {_REMEDY}")
    if closing.start() - opening.end() > _CHARACTERS:
        raise RefusedError(f"the front matter has more than {_CHARACTERS:,} characters; {_REMEDY}")
    metadata = _load(text[opening.end() : closing.start()])
    return metadata, text[: closing.end()].strip(), text[closing.end() :]


def _load(source: str) -> Mapping[str, object]:
    try:
        depth = 0
        for event in yaml.parse(source, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                raise RefusedError(f"the front matter has a YAML anchor or alias; {_REMEDY}")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH:
                raise RefusedError(f"the front matter is nested more than {_DEPTH} levels deep; {_REMEDY}")
        value = yaml.load(source, Loader=_Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise RefusedError(f"the front matter is not YAML near line {line} ({error.problem}); {_REMEDY}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise RefusedError(f"the front matter is not YAML; {_REMEDY}") from None
    if not isinstance(value, dict):
        raise RefusedError(f"the front matter is a {type(value).__name__}, not keys and values; {_REMEDY}")
    return cast(Mapping[str, object], value)
