"""Near-copies: a syndicated piece, an edited reprint. Copies of one text are one witness, not several."""

import re
from collections.abc import Sequence

from index.types import Hit

SHARED = 0.4  # of the shorter passage's word trigrams, from which two passages are near-copies
Trigrams = frozenset[tuple[str, ...]]
_WORD = re.compile(r"\w+")


def to_read(hits: Sequence[Hit], count: int) -> list[Hit]:
    """The `count` best hits, and the originals of the `count` best different texts, in order.

    A text's original is its oldest passage, the one with the smallest id, so that copies that come later change nothing
    for it. Twice as many different texts are looked at, for an original may be ranked below its copies.
    """
    texts: list[tuple[Hit, Trigrams]] = []  # the oldest hit so far of each, with the words of the first
    for hit in hits:
        if len(texts) == 2 * count:
            break
        shingles = trigrams(hit.passage.text)
        copied = (
            at for at, (one, theirs) in enumerate(texts) if not of_one_article(one, hit) and alike(shingles, theirs)
        )
        place = next(copied, None)
        if place is None:
            texts.append((hit, shingles))
        elif hit.passage.id < texts[place][0].passage.id:
            texts[place] = (hit, texts[place][1])
    originals = {hit.passage.id for hit, _ in texts[:count]}
    return [hit for place, hit in enumerate(hits) if place < count or hit.passage.id in originals]


def trigrams(text: str) -> Trigrams:
    """The text's word trigrams in lower case; a shorter text is one by itself."""
    words = _WORD.findall(text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset([tuple(words)])


def alike(one: Trigrams, other: Trigrams) -> bool:
    """Whether the shorter has at least SHARED of its trigrams in the longer."""
    return not one.isdisjoint(other) and len(one & other) >= SHARED * min(len(one), len(other))


def of_one_article(one: Hit, other: Hit) -> bool:
    """Whether both are passages of the same article: such are never copies of each other."""
    return one.article.id == other.article.id
