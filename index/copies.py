"""Near-copies: a syndicated piece, an edited reprint. Copies of one text are one witness, not several.

A correction, the next report of a series or a running story may repeat most of an older text, too. It is known by a
number or a name that the older one lacks, and is no copy.
"""

import re
from collections import Counter
from collections.abc import Sequence

import regex

from index.types import Article, Hit

SHARED = 0.4  # of the shorter text's word trigrams, from which two texts are near-copies
REWORDED = 0.3  # of an article's word trigrams, up to which it is a reprint
_HINT = 0.1  # of a passage's trigrams in an older article's hits, from which that whole article is looked at
_LOOKED_AT = 20_000  # code points of an article
Trigrams = frozenset[tuple[str, ...]]
_WORD = re.compile(r"\w+")
_NUMBER = r"\d+(?:[.,:/]\d+)*"
_TOKEN = re.compile(_NUMBER + r"|\w+")
_DETAIL = regex.compile(_NUMBER + r"|(?<=[\w,;:] [\"“‘(]?)\p{Lu}\w*")  # a number; a capital that begins no sentence


def copies(hits: Sequence[Hit]) -> dict[int, Article]:
    """By passage id, the article among the hits that is older and has SHARED of the passage, every number and name.

    Older is what has smaller ids. A copy may be cut elsewhere, and have words of several of the original's passages,
    of which not all are hits. Of several such articles the one whose hits share most, then the oldest.
    """
    found: dict[int, Article] = {}
    having: dict[tuple[str, ...], dict[str, None]] = {}  # by trigram, the ids of older articles
    originals: dict[str, list[Hit]] = {}  # by article
    texts: dict[str, tuple[Trigrams, set[str]]] = {}  # of an original, its trigrams, and its numbers and words
    for hit in sorted(hits, key=lambda hit: hit.passage.id):
        shingles, own = trigrams(hit.passage.text), hit.article.id
        shared = Counter(id for shingle in shingles for id in having.get(shingle, ()) if id != own)
        enough = SHARED * len(shingles)
        hint = _HINT * len(shingles)
        near = [(-count, originals[id][0].passage.id, id) for id, count in shared.items() if count >= hint]
        details = set(_DETAIL.findall(hit.passage.text)) if near else set()
        for _, _, id in sorted(near):
            if id not in texts:
                article = originals[id][0].article
                texts[id] = trigrams_of(article), set(_TOKEN.findall(article.text[:_LOOKED_AT]))
            there, said = texts[id]
            if shared[id] < enough and len(shingles & there) < enough:
                continue
            if details <= said or details <= said.union(*(_TOKEN.findall(h.passage.text) for h in originals[id])):
                found[hit.passage.id] = originals[id][0].article
                break
        else:
            originals.setdefault(own, []).append(hit)
            for shingle in shingles:
                having.setdefault(shingle, {})[own] = None
    return found


def is_reprint(article: Article, older: Article) -> bool:
    """Whether all but REWORDED of the article stands in the older one, and every number and name; see trigrams_of."""
    shingles = trigrams_of(article)
    details, said = _DETAIL.findall(article.text[:_LOOKED_AT]), _TOKEN.findall(older.text[:_LOOKED_AT])
    return len(shingles - trigrams_of(older)) <= REWORDED * len(shingles) and set(details) <= set(said)


def trigrams_of(article: Article) -> Trigrams:
    """Those of its first 20,000 code points."""
    return trigrams(article.text[:_LOOKED_AT])


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
