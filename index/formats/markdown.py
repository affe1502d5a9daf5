"""Markdown (CommonMark with tables), rendered by markdown-it-py and read as HTML."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from index.errors import RefusedError
from index.formats import html
from index.formats.draft import Draft

_LEVELS = 60
_CONTAINERS = ("blockquote_open", "list_item_open")
_MARKS = "[<*_`~"
_MARKS_PER_BLOCK = 500
_CHARACTERS = 2_000_000


def read(text: str) -> Draft:
    """The words as lines: headings, list items, table rows and code each on their own; links keep their words.

    The title is the first `# heading`. Raises RefusedError for lists and quotes nested 60 levels deep.
    """
    if len(text) > _CHARACTERS:
        raise RefusedError(f"the Markdown has more than {_CHARACTERS:,} characters; split it, or give it as plain text")
    tokens = _PARSER.parse(text)
    if any(token.level >= _LEVELS - 1 and token.type in _CONTAINERS for token in tokens):
        raise RefusedError(f"the Markdown nests lists and quotes more than {_LEVELS} levels deep; give it fewer levels")
    _number(tokens)
    return html.read(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def _number(tokens: Sequence[Token]) -> None:
    """Gives the items of ordered lists the numbers that were written; CommonMark counts on from the first.

    A number that repeats the one before ("1. 1. 1.") is no number, but a wish to be counted.
    """
    counts: list[tuple[int, str]] = []  # of each open list the number that comes next, and the one written before
    for token in tokens:
        if token.type == "ordered_list_open":
            counts.append((int(token.attrGet("start") or 1), ""))
        elif token.type == "ordered_list_close":
            counts.pop()
        elif token.type == "list_item_open" and token.info:
            expected, before = counts[-1]
            if token.info != before and int(token.info) != expected:
                expected = int(token.info)
                token.attrSet("value", token.info)
            counts[-1] = expected + 1, token.info


def _parse_inline(state: StateCore) -> None:
    """Replaces the core rule: a block with very many marks stays as it is, since matching them takes quadratic time."""
    for token in state.tokens:
        if token.type != "inline" or token.children is None:
            continue
        if sum(map(token.content.count, _MARKS)) > _MARKS_PER_BLOCK:
            token.children = [Token("text", "", 0, content=token.content)]
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)


_PARSER = MarkdownIt("commonmark", {"html": True, "maxNesting": _LEVELS}).enable(["table", "strikethrough"])
_PARSER.core.ruler.at("inline", _parse_inline)
