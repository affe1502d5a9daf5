"""Sentences of a text as offsets. sentencex (Wikimedia) decides, line by line; a line break always ends a sentence."""

from sentencex import get_sentence_boundaries

from index.graphemes import boundaries

MAX_LINE = 20_000  # code points that are looked at together; a sentence is no longer
_REACH = 5_000  # code points on either side of a place in such a line among which its sentence is looked for


def sentences(text: str, language: str | None = None) -> list[tuple[int, int]]:
    """[start, end) of each sentence in code points, trailing white space included: together they are the whole text."""
    spans: list[tuple[int, int]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        ends = [at + len(line)]
        if not line.strip() and spans:
            spans[-1] = (spans[-1][0], at := at + len(line))
        elif line.strip():
            ends = [at + end for end in _ends(line, language or "en")]
        for end in ends:
            if at < end:
                spans.append((at, end))
                at = end
    return spans


def _ends(line: str, language: str) -> list[int]:
    """Where the sentences of a line end; a long line is read on from its last whole sentence."""
    ends = [0]
    while ends[-1] < len(line):
        at = ends[-1]
        window = line[at : at + MAX_LINE]
        found = sorted({int(b["end_index"]) for b in get_sentence_boundaries(language, window)} | {len(window)})
        cut = at + len(window) < len(line) and len(found) > 1  # then the last sentence goes on
        ends += [at + end for end in (found[:-1] if cut else found)]
    return ends[1:]


def around(text: str, start: int, end: int, language: str | None = None) -> tuple[int, int]:
    """The whole sentences that [start, end) touches, without white space around; of a long line, _REACH at most."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last == -1 else last
    if last - first > MAX_LINE:
        low, high = max(first, start - _REACH), min(last, end + _REACH)
        origin = max(0, low - 1)  # with one character more on either side, which a mark may belong to
        cuts = boundaries(text[origin : high + 1])
        first = next(at for at in range(low, start + 1) if at == start or at - origin in cuts)
        last = next(at for at in range(high, end - 1, -1) if at == end or at - origin in cuts)
    low, high = start, end
    for left, right in sentences(text[first:last], language):
        if first + left < end and first + right > start:
            low, high = min(low, first + left), max(high, first + right)
    while low < start and text[low].isspace():
        low += 1
    while high > end and text[high - 1].isspace():
        high -= 1
    return low, high
