"""HTML, a page or a fragment, parsed by lxml: its visible words, its metadata, and what was left out."""

import re
from dataclasses import replace
from itertools import islice

from lxml import etree

from index.errors import RefusedError
from index.formats import page
from index.formats.draft import Draft, Metadata, single_line
from index.formats.elements import is_hidden, words_of
from index.formats.render import Rendering
from index.types import Removed

_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.I)
_HEADLINE_CHARACTERS = 300
_HEADLINES = 20
_REST_CHARACTERS = 20_000
_FURNITURE = frozenset(("aside", "footer"))
_FURNITURE_ROLES = frozenset(("complementary", "contentinfo", "menu", "menubar", "search"))
_LINK_LIST = 3
_SMALL = 100


def read(text: str) -> Draft:
    """The article of a page (its <article> or <main>, else all but the page's furniture), or the whole of a fragment.

    The title is the declared one, else the first <h1> (which then leaves the body), else the window's.
    Raises RefusedError for elements nested more than 2,047 deep, beyond which the parser drops words.
    """
    root = _parse(text)
    if root is None:
        return Draft("")
    is_page = _PAGE.search(text, 0, 4096) is not None
    declared = page.metadata(root) if is_page else Metadata()
    part = _article(root) if is_page else root
    element, heading = _heading(root, part)
    repeated = heading is not None and declared.title == heading
    title = declared.title or page.without_site(heading or page.window_title(root), declared.source)
    omit = _is_furniture if is_page and part is root else _is_nothing
    headed = None
    if element is not None and declared.title is None:
        headed = Rendering(part, omit).text
        if heading and heading not in single_line(headed):  # outside the part, or in its furniture
            headed = f"{heading}\n\n{headed}"
    if element is not None and (declared.title is None or repeated):
        _empty(element)
    body = Rendering(part, omit)
    if part is root:
        hidden, left = body.hidden, body.omitted
    else:
        rest = Rendering(root, apart=part)
        hidden, left = body.hidden + rest.hidden, [*body.omitted, *rest.omitted, rest.text[:_REST_CHARACTERS]]
    records = (
        ("repeated title", heading if repeated else None),
        ("hidden html", "\n".join(hidden)),
        ("navigation", "\n".join(filter(None, left))),
        ("markup", ", ".join(body.tags)),
    )
    removed = tuple(Removed(reason, found) for reason, found in records if found)
    return Draft(body.text, replace(declared, title=title), headed=headed, removed=removed)


def _parse(text: str) -> etree._Element | None:
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    root = etree.fromstring(text.encode(), parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise RefusedError("the HTML nests elements more than 2,047 deep; give a page or fragment with fewer levels")
    return root


def _article(root: etree._Element) -> etree._Element:
    """The outermost <article> that holds most of the articles' words, else <main>: with a third of the page's words."""
    articles = [element for element in root.iter("article") if next(element.iterancestors("article"), None) is None]
    lengths = [len(str(words_of(element))) for element in articles]
    candidates = [articles[lengths.index(max(lengths))]] if articles and max(lengths) > 0.6 * sum(lengths) else []
    candidates += islice((e for e in root.iter("main", "div") if e.tag == "main" or e.get("role") == "main"), 1)
    whole = len(Rendering(root, _is_furniture).text) if candidates else 0
    return next((element for element in candidates if 3 * len(Rendering(element).text) >= whole), root)


def _heading(root: etree._Element, part: etree._Element) -> tuple[etree._Element | None, str | None]:
    """The first visible <h1> of the part, else of the page, and its words."""
    for element in islice((h1 for scope in (part, root) for h1 in scope.iter("h1")), _HEADLINES):
        words = single_line(Rendering(element).text)
        if not words or len(words) > _HEADLINE_CHARACTERS or any(map(is_hidden, (element, *element.iterancestors()))):
            continue
        return element, words
    return None, None


def _empty(element: etree._Element) -> None:
    tail = element.tail
    element.clear()
    element.tail = tail


def _is_nothing(_: etree._Element) -> bool:
    return False


def _is_furniture(element: etree._Element) -> bool:
    """What surrounds an article on a page that does not mark it: footer, side matter, a header without a headline, a
    list of links alone."""
    tag, role = element.tag, element.get("role")
    if tag in _FURNITURE or role in _FURNITURE_ROLES:
        return True
    if tag == "header" or role == "banner":
        return element.find(".//h1") is None
    return tag in ("ul", "ol") and _is_link_list(element)


def _is_link_list(element: etree._Element) -> bool:
    if sum(1 for _ in islice(element.iter(), _SMALL)) == _SMALL:
        return False
    links = [str(words_of(link)) for link in element.iter("a")]
    return len(links) >= _LINK_LIST and len("".join(links).split()) == len(str(words_of(element)).split())
