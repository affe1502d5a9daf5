"""What an HTML element says of itself."""

import re

from lxml import etree

_HIDING_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))(?![\w-])", re.I)
_NUMBER = re.compile(r"[0-9]{1,9}")

words_of = etree.XPath("string()")
has_headers = etree.XPath("boolean(tr/th | */tr/th)")  # of a table, not of those in it


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
