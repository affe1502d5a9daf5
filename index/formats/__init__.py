"""One module a format; the table here picks by content, and the file's ending only breaks ties."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from index.errors import RefusedError
from index.formats import frontmatter, html, markdown, text
from index.formats.characters import readable
from index.formats.draft import Draft, Metadata
from index.types import Removed

READERS: Mapping[str, Callable[[str], Draft]] = MappingProxyType(
    {"text": text.read, "html": html.read, "markdown": markdown.read}
)

_HTML_ENDINGS = frozenset((".htm", ".html", ".xhtml"))
_MARKDOWN_ENDINGS = frozenset((".markdown", ".md", ".mdown"))
_SNIFFED = 100_000
_ELEMENTS = (
    "a|article|aside|b|blockquote|body|br|center|div|em|figure|font|footer|h[1-6]|head|header|hr|html|i|img|link|main|meta|"
    "nav|ol|p|picture|pre|script|section|span|strong|style|table|tbody|td|title|tr|u|ul"
)
_BEFORE = r"\s*+(?><!--.*?-->\s*+)*+"
_PAGE_START = re.compile(rf"\s*+(?:<\?xml[^>]{{0,200}}>)?{_BEFORE}<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_XML_START = re.compile(r"\s*+<(?:\?xml|rss|feed)\b", re.I)
_FRAGMENT_START = re.compile(rf"{_BEFORE}<(?:{_ELEMENTS})(?:\s[^<>]*)?/?>", re.I | re.S)
_BLOCK_END = re.compile(r"</(?:article|blockquote|div|h[1-6]|li|p|section|table|ul)\s*>", re.I)
_MARKDOWN_MARKS = re.compile(r"^#{1,6} \S|^(?:```|~~~)|\]\((?:https?:|/|#|\.)", re.M)


def read(source: str, ending: str) -> Draft:
    """A document's words and metadata: its front matter, if any, and then its body as `recognise` finds it."""
    return with_front_matter(source, lambda body: READERS[recognise(body, ending)](body))


def with_front_matter(source: str, reader: Callable[[str], Draft]) -> Draft:
    """Reads the front matter and leaves the rest to `reader`; what the front matter says wins."""
    source = readable(source)
    found = frontmatter.split(source)
    if found is None:
        return reader(source)
    values, as_written, body = found
    draft = reader(body).under(Metadata.named(values))
    return replace(draft, removed=(Removed("front matter", as_written), *draft.removed))


def recognise(body: str, ending: str) -> str:
    """ "html", "markdown" or "text"; RefusedError for other XML.

    Plain text that only quotes a tag stays text: HTML starts with an element or closes at least two blocks. Markdown
    without its ending starts with a heading or has two headings, fences or links.
    """
    head = body[:_SNIFFED]
    if _PAGE_START.match(head):
        return "html"
    if _XML_START.match(head):
        raise RefusedError(
            "the file seems to be XML, such as a feed; give its articles as HTML, Markdown, text or JSON Lines"
        )
    marks = len(_MARKDOWN_MARKS.findall(head))
    if ending in _HTML_ENDINGS or (_FRAGMENT_START.match(head) and not marks):
        return "html"
    if ending in _MARKDOWN_ENDINGS:
        return "markdown"
    if len(_BLOCK_END.findall(head)) >= 2 and "`" not in head:
        return "html"
    return "markdown" if marks >= 2 or head.lstrip().startswith("# ") else "text"
