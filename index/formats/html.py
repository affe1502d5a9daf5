"""HTML, a page or a fragment, parsed by lxml: its visible words, its metadata, and what was left out."""

import re
from dataclasses import replace
from itertools import islice

from lxml import etree

from index.errors import RefusedError
from index.formats import page
from index.formats.draft import Draft, Metadata, single_line
from index.formats.render import Rendering, is_hidden, words_of
from index.types import Removed

_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.I)
_HEADLINE_CHARACTERS = 300
_REST_CHARACTERS = 20_000
_FURNITURE = frozenset(("aside", "footer"))
_FURNITURE_ROLES = frozenset(("complementary", "contentinfo", "menu", "menubar", "search"))
_LINK_LIST = 3
_SMALL = 500


def read(text: str) -> Draft:
    """The article of a page (its <article> or <main>, else all but the page's furniture), or the whole of a fragment.

    Raises RefusedError for elements nested more than 2,047 deep, beyond which the parser drops words.
    """
    root = _parse(text)
    if root is None:
        return Draft("")
    if _PAGE.search(text, 0, 4096) is None:
        return _draft(Rendering(root), Metadata(), *_headline(root))
    metadata = page.metadata(root)
    part = _article(root)
    headline, element = _headline(part)
    if headline is None and part is not root:
        headline, element = _headline(root)
    headline = page.without_site(headline, metadata.source)
    metadata = metadata.or_else(Metadata(title=headline)).or_else(
        Metadata(title=page.without_site(page.window_title(root), metadata.source))
    )
