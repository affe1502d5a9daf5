"""Hybrid search: dense and lexical candidates joined by reciprocal rank fusion (Cormack et al. 2009)."""

from collections.abc import Sequence

import regex

RRF_K = 60
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


def match_expression(question: str) -> str | None:
    """An FTS5 expression that matches any content word of the question, each quoted; None when it has no word.

    Raw questions must never reach FTS5: `C++?`, `it's` and `NEAR(` break its grammar.
    """
    return " OR ".join(f'"{term}"' for term in content_words(question)[:_MAX_TERMS]) or None


def fuse(*rankings: Sequence[int]) -> list[tuple[int, float]]:
    """(id, score) by the sum of 1 / (60 + rank) over the rankings, best first, ties by id."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, id in enumerate(ranking, start=1):
            scores[id] = scores.get(id, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
