"""Links: an article's addresses here, and the source's page scrolled to the words (URL Fragment Text Directives)."""

import re
from urllib.parse import quote, urlencode

from index.types import Article

_REACH = 120  # code points looked at for the next word of context
_WORDS = 8  # of context on each side at most


def article_link(article_id: str) -> str:
    """The article as JSON."""
    return f"/v1/articles/{_segment(article_id)}"


def view_link(article_id: str, start: int | None = None, end: int | None = None, signature: str | None = None) -> str:
    """The article's page for people, with [start, end) marked when given; a signature opens it without a key."""
    given = {"start": start, "end": end, "signature": signature}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    return f"/articles/{_segment(article_id)}" + (f"?{query}" if query else "")


def source_link(article: Article, start: int, end: int) -> str | None:
    """The article's own URL with a text fragment of [start, end); None without an http(s) URL."""
    if article.url is None or not is_web(article.url):
        return None
    base, _, fragment = article.url.partition("#")  # not parsed: what is stored may be no address by the letter
    fragment = fragment.partition(":~:")[0]
    return f"{base}#{fragment}:~:text={_directive(article.text, start, end)}"


def is_web(url: str) -> bool:
    """Whether a URL may stand in a link."""
    return url.lower().startswith(("http://", "https://"))


def _segment(article_id: str) -> str:
    """One path segment, so that no `..` in an id is resolved away by a browser."""
    return quote(article_id, safe="")


def _directive(text: str, start: int, end: int) -> str:
    """`[prefix-,]exact[,-suffix]`, with words around it until it stands once in `text`.

    Browsers compare without case and with white space collapsed, and so does this.
    """
    whole = _plain(text)
    left, right = start, end
    for _ in range(_WORDS):
        if whole.count(_plain(text[left:right])) == 1:
            break
        left = _word_before(text, left)
        right = _word_after(text, right)
    prefix, suffix = text[left:start].strip(), text[end:right].strip()
    parts = [f"{_encode(prefix)}-"] if prefix else []
    parts.append(_encode(text[start:end]))
    parts += [f"-{_encode(suffix)}"] if suffix else []
    return ",".join(parts)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _word_before(text: str, at: int) -> int:
    found = re.search(r"\w+\W*\Z", text[max(0, at - _REACH) : at])
    return max(0, at - _REACH) + found.start() if found else at


def _word_after(text: str, at: int) -> int:
    found = re.match(r"\W*\w+", text[at : at + _REACH])
    return at + found.end() if found else at


def _encode(text: str) -> str:
    """`-`, `,` and `&` have a meaning in a text directive."""
    return quote(" ".join(text.split()), safe="").replace("-", "%2D")
