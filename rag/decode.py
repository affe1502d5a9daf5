"""Logits -> spans, in numpy alone: the best spans of each passage, compared across passages.

A span's score is its start plus end logit minus its passage's null score: there is no softmax within a passage, so
scores compare across passages (Clark & Gardner 2018). Among spans of nearly equal scores the shorter comes first: start
and end are chosen independently, so that two short answers in a row might pass for one long one.
"""

from dataclasses import dataclass

import numpy as np
import regex

from index.graphemes import is_boundary
from rag.reader import Floats, Ints, Reading
from rag.types import Span

MAX_TOKENS = 40
LENGTH = 0.01  # logits that each further token must be worth for a span to come before a shorter one
_OPENING = "([{“‘«"
_CLOSING = ")]}”’»"
_LOOSE = " \t\n,;:.!?…-–—/|\"'“”‘’«»()[]{}"
_WIDE = r"\S {3,}\S"  # what sets words of a line apart, in rows without any mark
_PARAGRAPH = regex.compile(
    r"\n\s*\n|\t|\n(?=\s*(?:[-*•]|\d{1,2}[.)])\s)"
    rf"|(?<={_WIDE}[^\n]*)\n(?=[^\n]*{_WIDE})|(?<=\t[^\n]*)\n(?=[^\n]*\t)"
)
_ROW_OR_CELL = regex.compile(r"[\n\t|]")
_SIGNED = regex.compile(r"(?:(?<![^\s(\[{])[-−])?[$€£¥₩₹]?(?:(?<![^\s(\[{$€£¥₩₹−-])\.)?\d")
_SIGNS = 3  # characters at most before a number's first digit: "-$.5"
_SCALE = regex.compile(
    r"[^\S\n\t]?%|(?:[^\S\n\t]|-)(?:hundred|thousand|million|billion|trillion|percent|per cent|bn)\b", regex.IGNORECASE
)
_FRACTION = {".": regex.compile(r"\d"), ",": regex.compile(r"\d{3}(?!\d)|\d\d,\d")}  # what goes on in a number
_DATE = regex.compile(r"(?<![\w-])\d{4}-[01]\d-[0-3]\d(?![\w-])")
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}_\u200c\u200d]")  # the last two join letters of Persian and Hindi


@dataclass(frozen=True, slots=True)
class Pointed:
    """A span of the headline or of the passage's text, in code points of that piece."""

    span: Span
    in_headline: bool


def best_spans(reading: Reading, headline: str, text: str, count: int = 5) -> list[Pointed]:
    """The best `count` spans that do not overlap, best first: end >= start, at most MAX_TOKENS.

    A span stays within one piece, and within one paragraph, list item or table cell of it.
    """
    found: list[Pointed] = []
    first, last, scores = _ranked(reading, text, count * 40)
    pieces, starts, ends = reading.in_headline[first], reading.starts[first], reading.ends[last]
    free = np.ones(len(first), dtype=np.bool_)
    while len(found) < count and free.any():
        at = int(free.argmax())
        free[at] = False
        piece = bool(pieces[at])
        words = headline if piece else text
        start, end = tidy(words, int(starts[at]), int(ends[at]))
        while not is_boundary(words, start):
            start -= 1
        while not is_boundary(words, end):
            end += 1
        if start < end:
            found.append(Pointed(Span(start, end, round(float(scores[at]), 4)), piece))
            free &= (pieces != piece) | (starts >= end) | (ends <= start)
    return found


def _ranked(reading: Reading, text: str, most: int) -> tuple[Ints, Ints, Floats]:
    """First token, last token and score of the best `most` spans, best first by LENGTH; ties in reading order."""
    n = len(reading.start)
    if n == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    first = np.arange(n)[:, None]
    last = first + np.arange(min(n, MAX_TOKENS))
    inside = last < n
    last = np.minimum(last, n - 1)
    block = np.where(reading.in_headline, -1, _blocks(text, reading.starts))
    scores = reading.start[first] + reading.end[last] - np.float32(reading.null)
    scores = np.where(inside & (block[first] == block[last]), scores, -np.inf).ravel()
    ranked = scores - np.float32(LENGTH) * (last - first).astype(np.float32).ravel()
    places = np.arange(scores.size)
    if most < scores.size:
        places = np.flatnonzero(ranked >= -np.partition(-ranked, most)[most])
    places = places[np.argsort(-ranked[places], kind="stable")][:most]
    places = places[np.isfinite(scores[places])]
    return places // last.shape[1], last.ravel()[places], scores[places]


def _blocks(text: str, starts: Ints) -> Ints:
    """The number of the paragraph, list item or table cell that each token starts in, shape (n,)."""
    breaks = _ROW_OR_CELL if "|" in text else _PARAGRAPH
    return np.searchsorted([found.start() for found in breaks.finditer(text)], starts)


def tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """[start, end) on whole words and numbers, without stray quotes, brackets and stops.

    A number keeps its sign, its currency and its scale: "20" before " million" is another number. A date such as
    2024-05-18 is one word.
    """
    for date in _DATE.finditer(text, max(0, start - 10), end + 10):
        if date.start() < end and start < date.end():
            start, end = min(start, date.start()), max(end, date.end())
    while start > 0 and _joined(text, start):
        start -= 1
    while end < len(text) and _joined(text, end):
        end += 1
    low, high = start, end
    while low < high and text[low] in _LOOSE and not _closes(text, low, high):
        low += 1
    while (
        high > low and text[high - 1] in _LOOSE and not _opens(text, low, high) and not _abbreviation(text, low, high)
    ):
        high -= 1
    if low == high:
        return start, end
    if text[low].isdigit():
        signed = (_SIGNED.match(text, at) for at in range(max(0, low - _SIGNS), low))
        low = next((found.start() for found in signed if found and found.end() == low + 1), low)
    if text[high - 1].isdigit() and (scale := _SCALE.match(text, high)):
        high = scale.end()
    return low, high


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after `at` belong to one word, or to one number such as 10,000."""
    left, right = text[at - 1], text[at]
    if left in ".,":
        return text[max(0, at - 2)].isdigit() and _FRACTION[left].match(text, at) is not None
    if right in ".,":
        return left.isdigit() and _FRACTION[right].match(text, at + 1) is not None
    return bool(_WORD.match(left) and _WORD.match(right))


def _closes(text: str, low: int, high: int) -> bool:
    """Whether the opening bracket or quote at `low` has its partner inside."""
    return text[low] in _OPENING and _CLOSING[_OPENING.index(text[low])] in text[low + 1 : high - 1]


def _opens(text: str, low: int, high: int) -> bool:
    """Whether the closing bracket or quote before `high` has its partner inside."""
    last = text[high - 1]
    return last in _CLOSING and _OPENING[_CLOSING.index(last)] in text[low : high - 1]


_INITIALS = regex.compile(r"(?:\b\p{L}\.){2,}$")


def _abbreviation(text: str, low: int, high: int) -> bool:
    """Whether the full stop before `high` belongs to initials such as U.S."""
    return text[high - 1] == "." and _INITIALS.search(text, low, high) is not None
