"""What an HTML element says of itself."""

import re

from lxml import etree

_HIDING_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))(?![\w-])", re.I)
_NUMBER = re.compile(r"[0-9]{1,9}")

words_of = etree.XPath("string()")


def has_headers(table: etree._Element) -> bool:
    """Whether a row of the table, not of those in it, has a header cell."""
    return any(
        next(row.iterchildren("th"), None) is not None for path in ("tr", "*/tr") for row in table.iterfind(path)
    )


def numbering(element: etree._Element) -> tuple[int, int]:
    """The first number of an <ol> and the step to the next."""
    if "reversed" in element.attrib:
        return number(element, "start", len(element.findall("li"))), -1
    return number(element, "start", 1), 1


def number(element: etree._Element, attribute: str, default: int) -> int:
    """What the attribute says, if that is a number of nine digits at most."""
    value = str(element.get(attribute, ""))
    return int(value) if _NUMBER.fullmatch(value) else default


def is_hidden(element: etree._Element) -> bool:
    """Whether the element's own attributes keep it from being seen."""
    attributes = element.attrib
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or _HIDING_STYLE.search(str(attributes.get("style", ""))) is not None
        or (element.tag == "dialog" and "open" not in attributes)
    )
