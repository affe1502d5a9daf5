"""Tables in an article's text, a row a line: which cell of a row its question asks for.

A reader finds the row of "herring price per kilo" by its name, but the name of the column stands rows above.
"""

from collections.abc import Callable
from functools import cache

import regex

from index.graphemes import is_boundary
from index.search import content_words
from rag.answer_type import types_asked
from rag.decode import tidy

# between cells, or at a row's edge, as index.formats renders them or as typed
_BETWEEN = regex.compile(r"(?m)(?:^ *|(?<! ) ++|(?<=\| +))\|(?: ++|$)|\t|(?<=\S) {3,}(?=[^\s|])")
_REACH = 20_000  # code points from a row up to its table's first one, and down to its last, at most
_ROW = 2_000  # code points of a row, at most
_ANSWER = 200  # code points of a cell that may answer
_RANK = 2  # code points that are no name of a row: "5" in "after stage 5"
_DATA = regex.compile(r"(?!(?:1[5-9]|20)\d\d(?:\D(?:\d\d){1,2})?$)\P{L}*\d\P{L}*")  # no year, as a column's name may be

Place = tuple[int, int]
CellsOf = Callable[[str, int], list[Place]]


class AskedCell:
    """The row and the column that a question names."""

    def __init__(self, question: str, stems: Callable[[str], set[str]]) -> None:
        """stems: the words of a text, where the forms of a word are one."""
        self._words = set(content_words(question))
        self._asked = stems(" ".join(self._words))
        self._types = types_asked(question)
        self._stems = stems
        self._cells = cache(_cells)  # the spans of a passage stand in few tables

    def __call__(self, text: str, start: int, end: int) -> Place | None:
        """[start, end) of an answer in a table's row, or of the cell beside it in the column that the question names.

        A column is named when its name alone has most of the question's words, among them all that the name of the
        answer's own column has. None where nothing stands in that cell, for then the row does not answer, nor does it
        where the question names another row of the table, by its first cell. Nothing is moved where cells may be
        missing, for rows are not equally long; nor to what the question says itself, or cannot ask for.
        """
        names, cells, others = _row(text, _line(text, start), self._cells)
        own = next((number for number, (low, high) in enumerate(cells) if low <= start and end <= high), 0)
        told = {text[low:high] for low, high in cells[1:] if low < high}
        if own == 0 or len(names) < 3 or not all(names[1:]) or not told.isdisjoint(names):
            return start, end
        if self._asked.isdisjoint(self._stems(text[slice(*cells[0])])) and any(map(self._names, others)):
            return None
        shared = [set(), *(self._asked & self._stems(name) for name in names[1:])]
        most = max(shared, key=len)
        alone = sum(len(words) == len(most) for words in shared) == 1
        if not alone or not shared[own] < most:
            return start, end
        cell = cells[shared.index(most)]
        if not any(map(str.isalnum, text[slice(*cell)])):
            return None
        return tidy(text, *cell) if self._answers(text, cell) else (start, end)

    def _names(self, row: str) -> bool:
        """Whether the question has all words of a row's name, and that is no bare number of one or two digits."""
        words = set(content_words(row))
        return words <= self._words and max(map(len, words), default=0) > _RANK

    def _answers(self, text: str, cell: Place) -> bool:
        words = text[slice(*cell)]
        return (
            len(words) <= _ANSWER
            and all(is_boundary(text, at) for at in cell)
            and not self._stems(words) <= self._asked
            and all(fits(words) for fits in self._types)
        )


def _row(text: str, line: int, cells_of: CellsOf) -> tuple[list[str], list[Place], list[str]]:
    """Of a line in a table: the names of its columns, its cells, and the names of the table's other rows.

    The first row has the names of the columns, the first column those of the rows. All are empty where the line is that
    first row or no row, where that has numbers or is too far above, or where a row lacks a cell or has one more: the
    empty cells at its end aside, and those before the first where every row below has one.
    """
    rows = [cells_of(text, line)]
    if len(rows[0]) == 1:
        return [], [], []
    first = line
    while first > 0 and len(above := cells_of(text, start := _line(text, first - 1))) > 1:
        if line - start > _REACH:
            return [], [], []
        first = start
        rows.append(above)
    rows.reverse()
    own, below = len(rows) - 1, line
    while 0 < (below := text.find("\n", below, below + _ROW) + 1) <= line + _REACH:
        if len(cells := cells_of(text, below)) == 1:
            break
        rows.append(cells)
    if own == 0:
        return [], [], []
    if all(_is_empty(row[0]) for row in rows[1:]):
        rows = [row[_is_empty(row[0]) :] for row in rows]
    width = _full(rows[0])
    if any(not _full(row) <= width <= len(row) for row in rows):
        return [], [], []
    names = [text[slice(*cell)] for cell in rows[0][:width]]
    if any(_DATA.fullmatch(name) for name in names[1:]):
        return [], [], []
    others = [text[slice(*row[0])] for number, row in enumerate(rows) if number not in (0, own)]
    return names, rows[own][:width], others


def _is_empty(cell: Place) -> bool:
    return cell[0] >= cell[1]


def _full(row: list[Place]) -> int:
    """How many cells the row has without the empty ones at its end."""
    return max((number for number, cell in enumerate(row, 1) if not _is_empty(cell)), default=0)


def _line(text: str, at: int) -> int:
    """Where the line begins that the character `at` stands in, or ends."""
    return text.rfind("\n", 0, at) + 1


def _cells(text: str, line: int) -> list[Place]:
    """[start, end) of each cell of the row that begins there, empty ones too; of a line that is too long, it alone."""
    end = text.find("\n", line, line + _ROW)
    if end < 0:
        end = len(text)
    if end - line > _ROW:
        return [(line, end)]
    while end > line and text[end - 1] == " ":
        end -= 1
    between = [found.span() for found in _BETWEEN.finditer(text, line, end)]
    return list(zip([line, *(after for _, after in between)], [*(before for before, _ in between), end], strict=True))
