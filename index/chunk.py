"""Article -> passages: whole sentences packed to a token budget, with exact offsets.

Pieces follow each other without a gap, so offsets are sums of lengths. A passage begins with the sentence before it
when that is short: its subject is often there.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import regex

from index.graphemes import boundaries, trim
from index.sentences import sentences
from index.types import Article

_WORD = regex.compile(r"\S*\s+|\S+")
_PIECE = 64  # code points of one piece of an overlong word
_CHARACTERS_A_TOKEN = 8  # at least this many code points count as one token: caps passages in characters too


class Tokens(Protocol):
    """Counts tokens, as an Embedder does."""

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text."""
        ...


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """Sizes in the embedder's tokens."""

    budget: int = 96
    lead: int = 40  # the longest preceding sentence that is taken along


def passage_spans(
    text: str, title: str, language: str | None, tokens: Tokens, settings: ChunkSettings = ChunkSettings()
) -> list[tuple[int, int]]:
    """[start, end) of each passage in code points of `text`, in order; the headline is left out when there is more."""
    body = len(title) if text[len(title) :].strip() else 0
    cuts = boundaries(text)
    units = [(body + a, body + b) for a, b in sentences(text[body:], language)]
    units = _on(cuts, units)
    sizes = _sizes(text, units, tokens)
    pieces = list(_pieces(text, units, sizes, cuts, settings.budget))
    measured = dict(zip((text[a:b] for a, b in pieces), _sizes(text, pieces, tokens), strict=True))
    from index.packing import Packer  # a third of a second of imports, which only new articles need

    packed = Packer(settings.budget, measured).pack([text[a:b] for a, b in pieces])
    leads = {
        end: start
        for (start, end), size in zip(units, sizes, strict=True)
        if size <= min(settings.lead, settings.budget)
    }
    spans = []
    at = body
    for chunk in packed:
        end = at + len(chunk)
        start, stop = trim(text, leads.get(at, at), end, cuts)
        if any(c.isalnum() for c in text[start:stop]):
            spans.append((start, stop))
        at = end
    return spans


def _on(cuts: Container[int], spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same stretch of text, divided only where no grapheme is split."""
    if not spans:
        return []
    ends = [end for _, end in spans[:-1] if end in cuts] + [spans[-1][1]]
    return list(zip([spans[0][0], *ends], ends, strict=False))


def _sizes(text: str, spans: list[tuple[int, int]], tokens: Tokens) -> list[int]:
    counted = tokens.lengths([text[a : min(b, a + 5000)] for a, b in spans]) if spans else []
    return [max(n, -(-(b - a) // _CHARACTERS_A_TOKEN), 1) for n, (a, b) in zip(counted, spans, strict=True)]


def _pieces(
    text: str, units: list[tuple[int, int]], sizes: list[int], cuts: Container[int], budget: int
) -> Iterator[tuple[int, int]]:
    """Sentences, but words of an overlong sentence, and stretches of an overlong word."""
    for (start, end), size in zip(units, sizes, strict=True):
        if size <= budget:
            yield start, end
            continue
        ends = []
        for word in _WORD.finditer(text, start, end):
            at = word.start()
            ends += [i for i in range(at + _PIECE, word.end(), _PIECE) if i in cuts]
            ends.append(word.end())
        at = start
        for cut in ends:
            if cut == end or (cut in cuts and cut > at):
                yield at, cut
                at = cut


def in_context(article: Article, start: int, end: int) -> str:
    """What is embedded: the headline, then the passage."""
    headline = article.headline_before(start)
    passage = article.text[start:end]
    return f"{headline}\n{passage}" if headline else passage
