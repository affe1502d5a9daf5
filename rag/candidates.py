"""Spans of several passages -> different answers, each with the passages that say it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.types import Hit
from rag.squad import normalize


@dataclass(frozen=True, slots=True)
class Candidate:
    """One span in article offsets, the hit it was read in, and that passage's family (see rag.copies)."""

    hit: Hit
    family: int
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        """The exact words."""
        return self.hit.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: its best candidate and all of them, that one first; how many families say it; its score."""

    members: tuple[Candidate, ...]
    families: int
    score: float

    @property
    def best(self) -> Candidate:
        """The candidate whose words are the answer."""
        return self.members[0]


def distinct(candidates: Iterable[Candidate]) -> list[Said]:
    """Different answers, best first: equal ones are one, a span inside a better one of its article is none.

    A family speaks with its oldest passage's score, so copies neither strengthen nor weaken what the original says.
    """
    groups: list[tuple[str, list[Candidate]]] = []
    for candidate in sorted(_apart(candidates), key=lambda c: (c.hit.passage.id, c.start)):
        key = normalize(candidate.text)
        group = next((g for k, g in groups if k == key), None) or next(
            (g for k, g in groups if _reworded(key, k, candidate, g)), None
        )
        if group is None:
            groups.append((key, [candidate]))
        else:
            group.append(candidate)
    return sorted((_said(group) for _, group in groups), key=lambda said: (-said.score, said.best.hit.passage.id))


def _apart(candidates: Iterable[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (-c.score, c.hit.passage.id, c.start)):
        if normalize(candidate.text) and not any(_overlap(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def _overlap(one: Candidate, other: Candidate) -> bool:
    same = one.hit.article.id == other.hit.article.id
    return same and one.start < other.end and other.start < one.end


def _reworded(key: str, other: str, candidate: Candidate, group: Sequence[Candidate]) -> bool:
    """Whether a copy gives the group's answer with a word more or less."""
    shorter, longer = sorted((f" {key} ", f" {other} "), key=len)
    return shorter in longer and any(
        c.family == candidate.family and c.hit.article.id != candidate.hit.article.id for c in group
    )


def _said(group: Sequence[Candidate]) -> Said:
    speakers: dict[int, Candidate] = {}
    for candidate in sorted(group, key=lambda c: (c.hit.passage.id, -c.score)):
        speakers.setdefault(candidate.family, candidate)
    best = min(speakers.values(), key=lambda c: (-c.score, c.hit.passage.id))
    others = sorted((c for c in group if c is not best), key=lambda c: (-c.score, c.hit.passage.id))
    return Said((best, *others), len(speakers), best.score)
