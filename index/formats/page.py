"""What a web page says about itself: meta elements, JSON-LD, the window title and the language attribute."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from lxml import etree

from index.formats.draft import Metadata, single_line

_KEYS = ("property", "name", "itemprop")
_NEWS_OBJECT = frozenset(("headline", "datePublished"))
_OF_OTHERS = frozenset("citation comment hasPart isPartOf itemListElement mentions review reviews".split())
_JSON_LD_CHARACTERS = 1_000_000
_JSON_LD_VALUES = 2_000
_SEPARATOR = re.compile(r"\s+[-|–—·•:»]\s+|\s*[|»]\s*")


def metadata(root: etree._Element) -> Metadata:
    """Of meta elements first, then JSON-LD, then the canonical link and the language attribute. The title is the
    declared one, without the site's name; a page has no id of its own."""
    found = Metadata.named(_meta(root))
    for value in _json_ld(root):
        found = found.or_else(Metadata.named(value))
    canonical = next((link.get("href") for link in root.iter("link") if link.get("rel") == "canonical"), None)
    found = found.or_else(Metadata.named({"url": canonical, "lang": root.get("lang")}))
    return replace(found, id=None, title=without_site(found.title, found.source))


def window_title(root: etree._Element) -> str | None:
    """The words of the first <title> that is no drawing's, None when there are none."""
    titles = (title for title in root.iter("title") if next(title.iterancestors("svg"), None) is None)
    return next((single_line(title.text) for title in titles if title.text and title.text.strip()), None)


def without_site(title: str | None, site: str | None) -> str | None:
    """`title` without " - Site" or "Site | " when the site's name is known."""
    if title is None or site is None:
        return title
    for separator in _SEPARATOR.finditer(title):
        before, after = title[: separator.start()], title[separator.end() :]
        if before and after.casefold() == site.casefold():
            return before
        if after and before.casefold() == site.casefold():
            return after
    return title


def _meta(root: etree._Element) -> dict[str, object]:
    found: dict[str, object] = {}
    for element in root.iter("meta", "time"):
        content = element.get("content") or element.get("datetime")
        if element.tag == "time" and "pubdate" in element.attrib:
            found.setdefault("pubdate", content)
        for key in _KEYS:
            if content and (name := element.get(key)):
                found.setdefault(str(name).lower(), content)
    return found


def _json_ld(root: etree._Element) -> Iterator[Mapping[str, object]]:
    for script in root.iter("script"):
        if script.get("type") != "application/ld+json" or len(script.text or "") > _JSON_LD_CHARACTERS:
            continue
        try:
            values: list[object] = [json.loads(script.text or "")]
        except (ValueError, RecursionError):
            continue
        for value in values:
            if isinstance(value, dict):
                if _NEWS_OBJECT & value.keys():
                    yield value
                values.extend(part for name, part in value.items() if name not in _OF_OTHERS)
            elif isinstance(value, list):
                values.extend(value)
            if len(values) > _JSON_LD_VALUES:
                break
