"""Hybrid search: what is asked of the full text, and how dense and lexical candidates are joined."""

from collections.abc import Mapping

import regex

LEXICAL_WEIGHT = 1.2  # of the share of a question's words that a passage has, beside a cosine
_TERM = regex.compile(r"[\p{L}\p{N}\p{M}]+")
_CONTRACTED = regex.compile(  # didn't, what's
    r"\b(?:is|are|was|were|do|does|did|has|have|had|ca|could|wo|would|should|must|need|ai|sha|might)n['’]t\b"
    r"|(?<=\p{L})['’](?:s|re|ve|ll|d|m)\b",
    regex.IGNORECASE,
)
_MAX_TERMS = 64
STOP_WORDS = frozenset(
    "a about an and any are as at be been by can could did do does for from had has have how i if in into is it its me"
    " many much my of on or our she should so some tell than that the their them then there these they this to was we"
    " were what when where which who whom whose why will with would you your".split()
)


def words(text: str) -> list[str]:
    """The text's different words in lower case, in order, without n't, 's and the like, unless nothing is left."""
    found = _TERM.findall(_CONTRACTED.sub("", text)) or _TERM.findall(text)
    return list(dict.fromkeys(term.lower() for term in found))


def content_words(text: str) -> list[str]:
    """The text's different words as `words` gives them, without stop words unless there is nothing else."""
    terms = words(text)
    return [term for term in terms if term not in STOP_WORDS] or terms


def asked_words(question: str) -> list[str]:
    """The words of a question that the full text is asked for: its first content words."""
    return content_words(question)[:_MAX_TERMS]


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float]) -> list[tuple[int, float]]:
    """(id, score) of a convex combination of cosine and share of words, best first, ties by id (Bruch et al. 2023)."""
    ids = dense.keys() | lexical.keys()
    scores = {id: dense.get(id, 0.0) + LEXICAL_WEIGHT * lexical.get(id, 0.0) for id in ids}
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
