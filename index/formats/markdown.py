"""Markdown (CommonMark with tables), rendered by markdown-it-py and read as HTML."""

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
    return html.read(_PARSER.renderer.render(tokens, _PARSER.options, {}))


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
