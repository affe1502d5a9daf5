"""Near-copies: a syndicated piece, an edited reprint. Copies of one text are one witness, not several.

A correction, the next report of a series or a running story may repeat most of an older text, too. It is known by a
number or a name that the older one lacks, and is no copy.
"""

import re
from collections import Counter
from collections.abc import Sequence

from index.types import Article, Hit

SHARED = 0.4  # of the shorter passage's word trigrams, from which two passages are near-copies
REPRINTED = 0.6  # of an article's trigrams, from which it is a reprint
_LOOKED_AT = 20_000  # code points of an article
Trigrams = frozenset[tuple[str, ...]]
_WORD = re.compile(r"\w+")
_NUMBER = r"\d+(?:[.,:/]\d+)*"
_TOKEN = re.compile(_NUMBER + r"|\w+")
_DETAIL = re.compile(_NUMBER + r"|(?<=[\w,;:] )[^\W\d_a-z]\w*")  # a number; a capital that begins no sentence


def copies(hits: Sequence[Hit]) -> set[int]:
    """Ids of the passages of which SHARED stands in an older article among the hits, with every number and name.

    Older is what has smaller ids. A copy may be cut elsewhere, and have words of several of the original's passages.
    """
    found: set[int] = set()
    originals: dict[tuple[str, ...], list[str]] = {}  # by trigram, the ids of older articles
    articles: dict[str, Article] = {}
    said: dict[str, set[str]] = {}  # by the id of an older article, its numbers and words
    for hit in sorted(hits, key=lambda hit: hit.passage.id):
        shingles, own = trigrams(hit.passage.text), hit.article.id
        shared = Counter(id for shingle in shingles for id in originals.get(shingle, ()) if id != own)
        near = [id for id, count in shared.items() if count >= SHARED * len(shingles)]
        details = set(_DETAIL.findall(hit.passage.text)) if near else set()
        for id in near:
            if id not in said:
                said[id] = set(_TOKEN.findall(articles[id].text[:_LOOKED_AT]))
        if any(details <= said[id] for id in near):
            found.add(hit.passage.id)
            continue
        articles[own] = hit.article
        for shingle in shingles:
            having = originals.setdefault(shingle, [])
            if own not in having:
                having.append(own)
    return found


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


def is_reprint(one: Article, other: Article) -> bool:
    """Whether most of one article, as far as it is looked at, stands in the other."""
    shingles = trigrams(one.text[: _LOOKED_AT // 2])
    return len(shingles & trigrams(other.text[:_LOOKED_AT])) >= REPRINTED * len(shingles)
