"""Hybrid search: what is asked of the full text, and how dense and lexical candidates are joined."""

from collections.abc import Mapping, Sequence

import regex

BM25_WEIGHT = 0.04  # beside a cosine
_TERM = regex.compile(r"[\p{L}\p{N}\p{M}]+")
_MAX_TERMS = 64
_STOPWORDS = frozenset(
    "a about an and any are as at be been by can could did do does for from had has have how i if in into is it its me"
    " many much my of on or our she should so some tell than that the their them then there these they this to was we"
    " were what when where which who whom whose why will with would you your".split()
)


def content_words(text: str) -> list[str]:
    """The text's different words in lower case, in order, without stop words unless there is nothing else."""
    terms = list(dict.fromkeys(term.lower() for term in _TERM.findall(text)))
    return [term for term in terms if term not in _STOPWORDS] or terms


def asked_words(question: str) -> list[str]:
    """The words of a question that the full text is asked for: its first content words."""
    return content_words(question)[:_MAX_TERMS]


def match_expression(words: Sequence[str]) -> str:
    """An FTS5 expression that matches any of the words, each quoted.

    Raw questions must never reach FTS5: `C++?`, `it's` and `NEAR(` break its grammar.
    """
    return " OR ".join(f'"{term}"' for term in words)


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float], depth: int) -> list[tuple[int, float]]:
    """(id, score) of a convex combination of cosine and BM25, best first, ties by id (Bruch et al. 2023).

    An id that one side does not list has that side's lowest score; 0 in BM25 when fewer than `depth` matched at all. On
    1,500 questions over 18,891 SQuAD training paragraphs the weight .04 has recall@5 .92 and MRR .83, .02 has .925 and
    .848, reciprocal rank fusion .907 and .809; in small collections .04 is better than .02.
    """
    furthest = min(dense.values(), default=0.0)
    weakest = min(lexical.values()) if len(lexical) >= depth else 0.0
    ids = dense.keys() | lexical.keys()
    scores = {id: dense.get(id, furthest) + BM25_WEIGHT * lexical.get(id, weakest) for id in ids}
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
