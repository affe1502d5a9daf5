"""Near-copies: a syndicated piece, an edited reprint. Copies of one text are one witness, not several."""

from collections import Counter
from collections.abc import Sequence

from index.types import Article, Hit

SHARED = 0.4  # of the shorter passage's word trigrams, from which two passages are near-copies
REPRINTED = 0.6  # of an article's trigrams, from which it is a reprint
_LOOKED_AT = 10_000  # code points
Trigrams = frozenset[tuple[str, ...]]


def copies(hits: Sequence[Hit]) -> set[int]:
    """Ids of the passages of which SHARED stands in another, older article among the hits: one with smaller ids.

    A copy may be cut elsewhere: then it has its words of several of the original's passages.
    """
    found: set[int] = set()
    first: dict[tuple[str, ...], str] = {}  # by trigram, the oldest article that has it
    for hit in sorted(hits, key=lambda hit: hit.passage.id):
        shingles, own = trigrams(hit.passage.text), hit.article.id
        articles = Counter(first.setdefault(shingle, own) for shingle in shingles)
        del articles[own]
        if articles and max(articles.values()) >= SHARED * len(shingles):
            found.add(hit.passage.id)
    return found


def trigrams(text: str) -> Trigrams:
    """The text's word trigrams in lower case; a shorter text is one by itself."""
    words = text.lower().split()
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset([tuple(words)])


def alike(one: Trigrams, other: Trigrams) -> bool:
    """Whether the shorter has at least SHARED of its trigrams in the longer."""
    return not one.isdisjoint(other) and len(one & other) >= SHARED * min(len(one), len(other))


def of_one_article(one: Hit, other: Hit) -> bool:
    """Whether both are passages of the same article: such are never copies of each other."""
    return one.article.id == other.article.id


def is_reprint(one: Article, other: Article) -> bool:
    """Whether most of one article, as far as it is looked at, stands in the other."""
    shingles = trigrams(one.text[:_LOOKED_AT])
    return len(shingles & trigrams(other.text[: 2 * _LOOKED_AT])) >= REPRINTED * len(shingles)
