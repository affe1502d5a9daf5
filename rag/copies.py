"""Near-copies: a syndicated piece, an edited reprint. Copies of one text are one witness, not several."""

import re
from collections.abc import Sequence

from index.types import Hit

SHARED = 0.4  # of the shorter passage's word trigrams, from which two passages are near-copies
_WORD = re.compile(r"\w+")


def families(hits: Sequence[Hit]) -> list[int]:
    """For each hit the passage id of the oldest passage that it nearly copies, its own when there is none.

    The oldest is the one with the smallest id, so a copy that comes later changes nothing for its original. Passages
    of one article are never copies of each other.
    """
    founders: list[tuple[Hit, frozenset[tuple[str, ...]]]] = []
    family = {}
    for hit in sorted(hits, key=lambda hit: hit.passage.id):
        shingles = _trigrams(hit.passage.text)
        original = next(
            (f for f, theirs in founders if f.article.id != hit.article.id and _copies(shingles, theirs)), hit
        )
        if original is hit:
            founders.append((hit, shingles))
        family[hit.passage.id] = original.passage.id
    return [family[hit.passage.id] for hit in hits]


def _trigrams(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset([tuple(words)])


def _copies(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    return len(one & other) >= SHARED * min(len(one), len(other))
