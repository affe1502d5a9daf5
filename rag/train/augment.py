"""Questions made harder: about another name or year than the passage tells of, and typed as people type."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rag import squad

SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“'])")  # the gap between two
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]*[a-z][\w'-]*(?: [A-Z][\w'-]*[a-z][\w'-]*)*")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_STOPWORDS = frozenset(
    "a an the of in on at to for by with from is are was were be been do does did has have had it its that this as and"
    " what which who whom whose how".split()
)


def swapped(
    examples: Sequence[squad.Example], count: int, near_share: float, rng: random.Random
) -> Iterator[squad.Example]:
    """Answerable questions made about another name or year, of their paragraph or of its article: no answer is left.

    count: how many at most. near_share 0..1: of those for which a name of the same paragraph is tried first.
    """
    names: dict[str, list[str]] = {}
    for example in examples:
        names.setdefault(example.title, []).extend(found[0] for found in _NAME.finditer(example.question))
    made = 0
    for example in rng.sample(list(examples), len(examples)):
        found = [*_NAME.finditer(example.question), *_YEAR.finditer(example.question)]
        if made == count or not example.answers or not found:
            continue
        place = rng.choice(found)
        near = _elsewhere(example, place[0]) if rng.random() < near_share else []
        if near:
            other = rng.choice(near)
        elif place[0].isdigit():
            other = str(int(place[0]) + rng.choice((-1, 1)) * rng.randint(1, 12))
        else:
            other = rng.choice(names[example.title])
        if not near and other.lower() in f"{example.context} {example.question} {example.title}".lower():
            continue
        made += 1
        question = example.question[: place.start()] + other + example.question[place.end() :]
        yield replace(example, question=question, answers=())


def _elsewhere(example: squad.Example, asked: str) -> list[str]:
    """Names (years, for a year) of as many words that other sentences of the paragraph have than those of its answers.

    None shares a word with the question: it might be another name for the same.
    """
    starts = [start for _, start in example.answers]
    known = set(f"{example.question} {example.title}".lower().split())
    known.update(word for text, _ in example.answers for word in text.lower().split())
    bounds = [0, *(gap.end() for gap in SENTENCE.finditer(example.context)), len(example.context)]
    kind = _YEAR if asked.isdigit() else _NAME
    found: list[str] = []
    for first, after in pairwise(bounds):
        if not any(first <= start < after for start in starts):
            found += kind.findall(example.context[first:after])
    size = len(asked.split())
    return [name for name in found if len(name.split()) == size and known.isdisjoint(name.lower().split())]


def casual(question: str, keywords: float, no_question_mark: float, typo: float, rng: random.Random) -> str:
    """The question as people type it: at times keywords only, no question mark, or a typo; the shares of each, 0..1."""
    if rng.random() < keywords:
        words = [w for w in question.rstrip("?").split() if w.lower() not in _STOPWORDS]
        question = " ".join(words) if len(words) >= 2 else question
    elif rng.random() < no_question_mark:
        question = question.rstrip("? ")
    if rng.random() < typo:
        words = question.split()
        long = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha()]
        if long:
            at = rng.choice(long)
            spot = rng.randrange(1, len(words[at]) - 1)
            word = words[at]
            words[at] = rng.choice(
                (word[:spot] + word[spot + 1 :], word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :])
            )
            question = " ".join(words)
    return question
