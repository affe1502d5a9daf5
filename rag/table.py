"""Tables in an article's text, a row a line: which cell of a row its question asks for.

A reader finds the row of "herring price per kilo" by its name, but the name of the column stands rows above.
"""

from collections.abc import Callable, Set

import regex

_BETWEEN = regex.compile(r" \| |\t+|(?<=\S) {3,}(?=\S)")  # cells: as index.formats renders them, or as typed
_REACH = 20_000  # code points from a row up to its table's first one, at most
_ROW = 2_000  # code points of a line that are looked at
_DATA = regex.compile(r"(?!(?:1[5-9]|20)\d\d(?:\D(?:\d\d){1,2})?$)\P{L}*\d\P{L}*")  # no year, as a column's name may be


def asked_cell(text: str, start: int, end: int, asked: Set[str], stems: Callable[[str], set[str]]) -> tuple[int, int]:
    """[start, end) of an answer in a table's row, or of the cell beside it in the column that the question names.

    asked: the question's content words as `stems` gives words. A column is named when it alone has most of them, among
    them all that the answer's own column has. The first column names the rows.
    """
    cells = _cells(text, line := _line(text, start))
    own = next((number for number, (low, high) in enumerate(cells) if low <= start and end <= high), 0)
    names = _column_names(text, line) if own and len(cells) > 2 else []
    names = ["", *names] if len(names) == len(cells) - 1 else names  # no name above those of the rows
    if len(names) != len(cells):
        return start, end
    shared = [set(), *(asked & stems(name) for name in names[1:])]
    most = max(shared, key=len)
    low, high = cells[shared.index(most)]
    alone = sum(len(words) == len(most) for words in shared) == 1
    return (low, high) if alone and shared[own] < most and any(map(str.isalnum, text[low:high])) else (start, end)


def _column_names(text: str, line: int) -> list[str]:
    """The cells of the first row of the table, unless that is the line itself or has numbers of its own."""
    first = line
    while first > 0 and _BETWEEN.search(text, above := _line(text, first - 1), first):
        if line - above > _REACH:
            return []
        first = above
    names = [text[low:high] for low, high in _cells(text, first)]
    return [] if first == line or any(_DATA.fullmatch(name) for name in names[1:]) else names


def _line(text: str, at: int) -> int:
    """Where the line begins that the character `at` stands in, or ends."""
    return text.rfind("\n", 0, at) + 1


def _cells(text: str, line: int) -> list[tuple[int, int]]:
    """[start, end) of each cell of the row that begins there."""
    end = text.find("\n", line, line + _ROW)
    end = min(len(text), line + _ROW) if end < 0 else end
    between = [found.span() for found in _BETWEEN.finditer(text, line, end)]
    return list(zip([line, *(after for _, after in between)], [*(before for before, _ in between), end], strict=True))
