"""Spans of several passages -> different answers, each with the passages that say it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.copies import Trigrams, alike, is_reprint, of_one_article, trigrams, trigrams_of
from index.sentences import around
from index.types import Hit
from rag.forms import canonical

_AROUND = 90  # code points on either side of a span that tell its place
_REPEATED = -1  # the place of what an older article says
_NOT = frozenset(("not", "no", "never", "without", "neither", "nor"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One span in article offsets, and the hit it was read in."""

    hit: Hit
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        """The exact words."""
        return self.hit.article.text[self.start : self.end]

    @property
    def in_headline(self) -> bool:
        """Whether it stands in the headline that was read before the passage."""
        return self.start < self.hit.passage.start

    @property
    def sentence(self) -> tuple[int, int]:
        """[start, end) of the sentence that it stands in, or of those that it goes through."""
        return around(self.hit.article.text, self.start, self.end, self.hit.article.language)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: all its candidates, the best first; `original` unless only copies say it."""

    members: tuple[Candidate, ...]
    original: bool = True

    @property
    def best(self) -> Candidate:
        """The candidate whose words are the answer."""
        return self.members[0]

    @property
    def score(self) -> float:
        """The best candidate's."""
        return self.best.score


def distinct(candidates: Iterable[Candidate]) -> list[Said]:
    """Different answers, best first: equal ones are one, a span inside a better one of its article is none.

    Candidates of several articles in much the same words are copies of one place. It speaks with the score of its
    oldest passage. What a copy only repeats of an article that was read makes no answer of its own, nor does what a
    reprint repeats, so copies neither strengthen nor weaken what the original says.
    """
    candidates = list(candidates)
    read = [candidate.hit.article for candidate in candidates if candidate.hit.copy_of is None]
    copied = {(c.hit.article, c.hit.copy_of) for c in candidates if c.hit.copy_of is not None}
    reprints = {(article, older): trigrams_of(older) for article, older in copied if is_reprint(article, older)}
    placed: list[tuple[Candidate, Trigrams, int]] = []  # with its surroundings, and the place it is a copy of
    groups: list[tuple[str, list[tuple[int, Candidate]]]] = []
    for key, candidate in sorted(_apart(candidates), key=lambda pair: (pair[1].hit.passage.id, pair[1].start)):
        near = trigrams(_surroundings(candidate.hit.article.text, candidate.start, candidate.end))
        older, again, repeats = candidate.hit.copy_of, False, False
        if older is not None:
            there = reprints.get((candidate.hit.article, older))
            again = there is not None and _reprinted(candidate, there)
            repeats = again or _repeats(candidate, older.text)
        originals = {p for c, theirs, p in placed if not of_one_article(c.hit, candidate.hit) and alike(near, theirs)}
        of_originals = [(k, g) for k, g in groups if any(place in originals for place, _ in g)] if originals else []
        group = (
            next((g for k, g in of_originals if k == key), None)
            or next((g for k, g in of_originals if _reworded(key, k)), None)
            or next((g for k, g in groups if k == key), None)
        )
        if repeats and group is not None:
            group.append((_REPEATED, candidate))
            continue
        if again or (repeats and older in read):
            continue
        if group is None:
            groups.append((key, group := []))
        place = next((p for p, _ in group if p in originals), len(placed))
        placed.append((candidate, near, place))
        group.append((place, candidate))
    return sorted((_said(group) for _, group in groups), key=lambda said: (-said.score, said.best.hit.passage.id))


def _reprinted(candidate: Candidate, older: Trigrams) -> bool:
    """Whether the older article has the candidate's words, and every three of its sentence with one of them.

    Three with a word that stands nowhere in the older article are not looked at: that is how a reprint is reworded. In
    a correction the same words follow each other otherwise.
    """
    known = {word for three in older for word in three}
    first, last = candidate.sentence
    found = list(re.finditer(r"\w+", candidate.hit.article.text[first:last]))
    said = [word[0].lower() for word in found]
    own = {
        n
        for n, word in enumerate(found)
        if word.start() + first < candidate.end and word.end() + first > candidate.start
    }
    threes = [tuple(said[n : n + 3]) for n in range(len(said) - 2) if not own.isdisjoint(range(n, n + 3))]
    return (
        bool(threes)
        and all(said[n] in known for n in own)
        and all(three in older for three in threes if known.issuperset(three))
    )


def _repeats(candidate: Candidate, older: str) -> bool:
    """Whether the older text has the candidate's words, and those beside them, in a like line or at its beginning."""
    text, start, end = candidate.hit.article.text, candidate.start, candidate.end
    before, after = _in_line(text, start, end)
    alone = not before.strip() and not after.strip()  # in its line: then what is around tells the place
    own = trigrams(_surroundings(text, start, end) if alone else before + candidate.text + after)
    for place in re.finditer(re.escape(candidate.text), older):
        left, right = _in_line(older, *place.span())
        beside = left.split()[-2:] == before.split()[-2:] and right.split()[:2] == after.split()[:2]
        theirs = _surroundings(older, *place.span()) if alone else left + candidate.text + right
        if beside and (alike(own, trigrams(theirs)) or start == place.start() == 0):
            return True
    return False


def _in_line(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after in the same line, of what is near."""
    return text[max(0, start - _AROUND) : start].rpartition("\n")[2], text[end : end + _AROUND].partition("\n")[0]


def _surroundings(text: str, start: int, end: int) -> str:
    return text[max(0, start - _AROUND) : end + _AROUND]


def _apart(candidates: Iterable[Candidate]) -> list[tuple[str, Candidate]]:
    """Each with the key of its answer, best first."""
    kept: list[tuple[str, Candidate]] = []
    for candidate in sorted(candidates, key=lambda c: (-c.score, c.hit.passage.id, c.start)):
        if (key := canonical(candidate.text)) and not any(_overlap(candidate, other) for _, other in kept):
            kept.append((key, candidate))
    return kept


def _overlap(one: Candidate, other: Candidate) -> bool:
    return of_one_article(one.hit, other.hit) and one.start < other.end and other.start < one.end


def _reworded(key: str, other: str) -> bool:
    """Whether one answer has the other's words and few more: no other number, and no "not" that the other lacks."""
    words, others = set(key.split()), set(other.split())
    if (words ^ others) & _NOT or all(any(map(str.isdigit, "".join(own))) for own in (words - others, others - words)):
        return False
    return len(words & others) >= 0.75 * min(len(words), len(others))


def _said(group: Sequence[tuple[int, Candidate]]) -> Said:
    speakers: dict[int, Candidate] = {}
    for place, candidate in sorted(group, key=lambda pair: (pair[1].hit.passage.id, -pair[1].score)):
        if place != _REPEATED:
            speakers.setdefault(place, candidate)
    best = min(speakers.values(), key=lambda c: (-c.score, c.hit.passage.id))
    others = sorted((c for _, c in group if c is not best), key=lambda c: (-c.score, c.hit.passage.id))
    return Said((best, *others), any(speaker.hit.copy_of is None for speaker in speakers.values()))
