"""An HTML element tree -> readable lines of its visible words, and what was hidden among them."""

import re
from collections.abc import Callable

from lxml import etree

_BLOCKS = frozenset(
    "address article aside blockquote body center details dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header "
    "hgroup hr main menu nav ol p pre section table ul".split()
)
_LINES = frozenset("br caption dd div dt figcaption legend li option summary tbody tfoot thead tr".split())
_CELLS = frozenset(("td", "th"))
_LISTS = frozenset(("menu", "ol", "ul"))
_DOCUMENT = frozenset("base body head html link meta title".split())
_SILENT = frozenset("base link meta title".split())
_UNSEEN = frozenset(
    "applet audio button canvas datalist embed iframe input map noembed noframes noscript object script select style "
    "svg template textarea video".split()
)
_HIDING_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))(?![\w-])", re.I)
_WHITE = re.compile(r"[ \t\n\f]+")
_NUMBER = re.compile(r"[0-9]{1,9}")
_POWER = re.compile(r"[-+−]?\d")  # after a digit, "10" and "9" above it are no 109
_EDITS = frozenset(("del", "ins"))
_PIECES, _PIECE = 50, 1_000

words_of = etree.XPath("string()")


class Rendering:
    """The visible words of an element, rendered at construction.

    `text` has a blank line between blocks, "- " or a number before a list item and " | " between table cells. `tags`
    are the elements whose marks it dropped, in the order they first appeared. `hidden` and `omitted` (navigation, and
    what `omit` chose) hold the words left out: of at most 50 elements each, the first 1,000 characters. The element
    `apart` is left out without a record.
    """

    def __init__(
        self,
        root: etree._Element,
        omit: Callable[[etree._Element], bool] = lambda _: False,
        apart: etree._Element | None = None,
    ) -> None:
        self.tags: dict[str, None] = {}
        self.hidden: list[str] = []
        self.omitted: list[str] = []
        self._lines: list[str] = []
        self._current: list[str] = []
        self._has_words = False
        self._prefix = ""
        self._new_cell = False
        self._preformatted = 0
        self._lists: list[tuple[int, int] | None] = []  # of an ordered one, its next number and its step
        self._walk(root, omit, apart)
        self._end_line()
        self.text = "\n".join(self._lines).strip("\n")

    def _walk(self, root: etree._Element, omit: Callable[[etree._Element], bool], apart: etree._Element | None) -> None:
        skipped: etree._Element | None = None
        walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walker:
            if event == "start":
                if element is apart or element.tag in _SILENT:
                    skipped = element
                    walker.skip_subtree()
                elif (record := self._left_out(element, omit)) is not None:
                    _note(record, str(words_of(element)))
                    skipped = element
                    walker.skip_subtree()
                else:
                    self._start(element)
            elif event == "end":
                if element is not skipped:
                    self._end(str(element.tag))
                if element is not root:
                    self._text(element.tail)
            else:
                _note(self.hidden, element.text or "")
                self._text(element.tail)

    def _left_out(self, element: etree._Element, omit: Callable[[etree._Element], bool]) -> list[str] | None:
        if element.tag in _UNSEEN or is_hidden(element):
            return self.hidden
        if element.tag == "nav" or element.get("role") == "navigation" or omit(element):
            return self.omitted
        return None

    def _start(self, element: etree._Element) -> None:
        tag = str(element.tag)
        if tag not in _DOCUMENT:
            self.tags[tag] = None
        if tag in _BLOCKS:
            self._end_line(blank=not self._lists)
        elif tag in _LINES:
            self._end_line(blank=tag == "br" and not self._has_words)
        elif tag in _CELLS:
            self._new_cell = self._has_words
        elif tag == "img" and element.get("alt"):
            _note(self.hidden, str(element.get("alt")))
        if tag in _LISTS:
            self._lists.append(_numbering(element) if tag == "ol" else None)
        elif tag == "li":
            self._prefix = "- "
            if self._lists and (numbering := self._lists[-1]) is not None:
                number, step = _number(element, "value", numbering[0]), numbering[1]
                self._prefix = f"{number}. "
                self._lists[-1] = number + step, step
        elif tag == "sup" and _POWER.match(element.text or "") and "".join(self._current[-1:])[-1:].isdigit():
            self._current.append("^")
        elif tag in _EDITS and (before := element.getprevious()) is not None and before.tag in _EDITS:
            self._current.append("" if before.tail else " ")
        self._preformatted += tag == "pre"
        self._text(element.text)

    def _end(self, tag: str) -> None:
        if tag in _LISTS:
            self._lists.pop()
        if tag in _BLOCKS:
            self._end_line(blank=not self._lists)
        elif tag in _LINES:
            self._end_line()
        if tag == "li":
            self._prefix = ""
        self._preformatted -= tag == "pre"

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if not self._preformatted:
            self._inline(text)
            return
        for number, line in enumerate(text.split("\n")):
            if number:
                self._end_line(blank=not self._has_words)
            self._inline(line)

    def _inline(self, text: str) -> None:
        if not text.isspace() and text:
            if self._new_cell:
                self._current.append(" | ")
                self._new_cell = False
            self._has_words = True
        self._current.append(text)

    def _end_line(self, *, blank: bool = False) -> None:
        if self._has_words:
            self._lines.append(self._prefix + _WHITE.sub(" ", "".join(self._current)).strip())
            self._prefix = ""
        self._current.clear()
        self._has_words = self._new_cell = False
        if blank and self._lines and self._lines[-1]:
            self._lines.append("")


def _numbering(element: etree._Element) -> tuple[int, int]:
    """The first number of an <ol> and the step to the next."""
    if "reversed" in element.attrib:
        return _number(element, "start", len(element.findall("li"))), -1
    return _number(element, "start", 1), 1


def _number(element: etree._Element, attribute: str, default: int) -> int:
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


def _note(record: list[str], text: str) -> None:
    if len(record) < _PIECES and (words := text.strip()):
        record.append(" ".join(words[: 4 * _PIECE].split())[:_PIECE])
