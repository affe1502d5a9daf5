"""Logits -> spans, in numpy alone: the best spans of each passage, compared across passages.

A span's score is its start plus end logit minus its passage's null score: there is no softmax within a passage, so
scores compare across passages (Clark & Gardner 2018).
"""

from dataclasses import dataclass

import numpy as np
import regex

from index.graphemes import boundaries
from rag.reader import Reading
from rag.types import Span

MAX_TOKENS = 40
_OPENING = "([{“‘«"
_CLOSING = ")]}”’»"
_LOOSE = " \t\n,;:.!?…-–—/\"'“”‘’«»()[]{}"
_CURRENCY = "$€£¥₩₹"
_SCALE = regex.compile(r"%|[ \u00a0-](?:hundred|thousand|million|billion|trillion|percent|per cent|bn)\b")


@dataclass(frozen=True, slots=True)
class Pointed:
    """A span of the headline or of the passage's text, in code points of that piece."""

    span: Span
    in_headline: bool


def best_spans(reading: Reading, headline: str, text: str, count: int = 5) -> list[Pointed]:
    """The best `count` spans that do not overlap, best first: end >= start, at most MAX_TOKENS, within one piece."""
    n = len(reading.start)
    if n == 0:
        return []
    scores = reading.start[:, None] + reading.end[None, :] - np.float32(reading.null)
    distance = np.arange(n)[None, :] - np.arange(n)[:, None]
    same_piece = reading.in_headline[:, None] == reading.in_headline[None, :]
    scores = np.where((distance >= 0) & (distance < MAX_TOKENS) & same_piece, scores, -np.inf)
    found: list[Pointed] = []
    cuts = {True: boundaries(headline), False: boundaries(text)}
    order = np.argsort(-scores, axis=None, kind="stable")[: count * 40]
    for first, last in zip(*np.unravel_index(order, scores.shape), strict=True):
        if not np.isfinite(scores[first, last]) or len(found) == count:
            break
        piece = bool(reading.in_headline[first])
        start, end = int(reading.starts[first]), int(reading.ends[last])
        if any(p.in_headline == piece and p.span.start < end and start < p.span.end for p in found):
            continue
        start, end = tidy(headline if piece else text, start, end)
        while start not in cuts[piece]:
            start -= 1
        while end not in cuts[piece]:
            end += 1
        if start < end:
            found.append(Pointed(Span(start, end, round(float(scores[first, last]), 4)), piece))
    return found


def tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """[start, end) on whole words, with its currency sign, without stray quotes, brackets and stops.

    A number keeps its scale: "20" before " million" is another number.
    """
    while start > 0 and _joined(text[start - 1], text[start]):
        start -= 1
    while end < len(text) and _joined(text[end - 1], text[end]):
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
    if low > 0 and text[low - 1] in _CURRENCY and text[low].isdigit():
        low -= 1
    if text[high - 1].isdigit() and (scale := _SCALE.match(text, high)):
        high = scale.end()
    return low, high


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    return (left.isalnum() or left == "_") and (right.isalnum() or right == "_")


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
