"""An HTML element tree -> readable lines of its visible words, and what was hidden among them."""

import re
from collections.abc import Callable
from itertools import pairwise

from lxml import etree

from index.formats.elements import has_headers, is_hidden, number, numbering, words_of

_BLOCKS = frozenset(
    "address article aside blockquote body center details dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header "
    "hgroup hr main menu nav ol p pre section table ul".split()
)
_LINES = frozenset("br caption dd div dt figcaption legend li option summary tbody tfoot thead tr".split())
_CELLS = frozenset(("td", "th"))
_PARTS = frozenset(("br", "div", "p"))  # of a cell: one alone begins no line
_COLUMNS = 3  # from so many cells in a row, a line break within a header cell is a space
_LISTS = frozenset(("menu", "ol", "ul"))
_DOCUMENT = frozenset("base body head html link meta title".split())
_SILENT = frozenset("base link meta title".split())
_UNSEEN = frozenset(
    "applet audio button canvas datalist embed iframe input map noembed noframes noscript object script select style "
    "svg template textarea video".split()
)
_WHITE = re.compile(r"[ \t\n\f]+")
_POWER = re.compile(r"[-+−]?\d")  # after a digit, "10" and "9" above it are no 109
_EDITS = frozenset(("del", "ins"))
_PIECES, _PIECE = 50, 1_000


class Rendering:
    """The visible words of an element, rendered at construction.

    `text` has a blank line between blocks, "- " or a number before a list item and " | " between table cells: where a
    table has headers, also beside empty ones of a row, so that each cell stands in its column. `tags` are the elements
    whose marks it dropped, in the order they first appeared. `hidden` and `omitted` (navigation, and what `omit` chose)
    hold the words left out: of at most 50 elements each, the first 1,000 characters. The element `apart` is left out
    without a record.
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
        self._edges: list[int] = []  # where cells begin among the line's pieces
        self._tables: list[bool] = []  # around, whether with headers
        self._in_row = False  # whether the line is a row of such a table, and nothing else
        self._columns = 0  # of that row
        self._in_cell = False  # whether the last cell has words
        self._pause: bool | None = None  # after them, if any: whether words to come are another paragraph
        self._is_heading = False  # whether that cell names a column among several
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
        if tag == "table":
            self._tables.append(has_headers(element))
        if self._in_row and tag in _PARTS:
            self._part(tag)
        elif tag in _BLOCKS:
            self._end_line(blank=not self._lists)
        elif tag in _LINES:
            self._end_line(blank=tag == "br" and not self._has_words)
            self._in_row = tag == "tr" and self._tables[-1:] == [True]
            self._columns = len(element) if self._in_row else 0
        elif tag in _CELLS:
            self._edges.append(len(self._current))
            self._in_cell, self._pause = False, None
            self._is_heading = tag == "th" and self._columns >= _COLUMNS
        elif tag == "img" and element.get("alt"):
            _note(self.hidden, str(element.get("alt")))
        if tag in _LISTS:
            self._lists.append(numbering(element) if tag == "ol" else None)
        elif tag == "li":
            self._prefix = "- "
            if self._lists and (counted := self._lists[-1]) is not None:
                value, step = number(element, "value", counted[0]), counted[1]
                self._prefix = f"{value}. "
                self._lists[-1] = value + step, step
        elif tag == "sup" and _POWER.match(element.text or "") and self._follows_digit():
            self._current.append("^")
        elif tag in _EDITS and (before := element.getprevious()) is not None and before.tag in _EDITS:
            self._current.append("" if before.tail else " ")
        self._preformatted += tag == "pre"
        self._text(element.text)

    def _end(self, tag: str) -> None:
        if tag in _LISTS:
            self._lists.pop()
        elif tag == "table":
            self._tables.pop()
        if self._in_row and tag in _PARTS:
            self._part(tag)
        elif tag in _BLOCKS:
            self._end_line(blank=not self._lists)
        elif tag in _LINES:
            self._end_line()
        if tag == "li":
            self._prefix = ""
        self._preformatted -= tag == "pre"

    def _part(self, tag: str) -> None:
        """The edge of a paragraph or line of a cell: it ends the row only if there are words on both sides."""
        if self._in_cell and not (tag == "br" and self._is_heading):
            self._pause = tag == "p" or bool(self._pause)
        self._current.append(" ")

    def _follows_digit(self) -> bool:
        begins_cell = self._edges[-1:] == [len(self._current)]
        return not begins_cell and "".join(self._current[-1:])[-1:].isdigit()

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if not self._preformatted:
            self._inline(text)
            return
        for place, line in enumerate(text.split("\n")):
            if place:
                self._end_line(blank=not self._has_words)
            self._inline(line)

    def _inline(self, text: str) -> None:
        if not text.isspace() and text:
            if self._pause is not None:
                self._end_line(blank=self._pause)
            self._has_words = self._in_cell = True
        self._current.append(text)

    def _end_line(self, *, blank: bool = False) -> None:
        if self._has_words:
            self._lines.append(self._prefix + self._line())
            self._prefix = ""
        self._current.clear()
        self._edges.clear()
        self._has_words = self._in_row = self._in_cell = False
        self._pause = None
        if blank and self._lines and self._lines[-1]:
            self._lines.append("")

    def _line(self) -> str:
        parts = pairwise((0, *self._edges, len(self._current)))
        cells = ["".join(self._current[start:end]) for start, end in parts]
        full = [cell for cell in cells if cell.strip()]
        if self._in_row and len(full) > 1:
            full = cells if cells[0].strip() else cells[1:]  # what stands before the first cell is none
        return _WHITE.sub(" ", " | ".join(full)).strip()


def _note(record: list[str], text: str) -> None:
    if len(record) < _PIECES and (words := text.strip()):
        record.append(" ".join(words[: 4 * _PIECE].split())[:_PIECE])
