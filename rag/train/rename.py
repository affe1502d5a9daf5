"""Invented texts told of others: their rare names changed for names of other texts, in question and passage alike.

What is read again and again is known by heart, a firm's name and its price; under another name it has to be read.
"""

import random
import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from rag import squad

_WORD = re.compile(r"[^\W\d_]{3,}")
_INSIDE = re.compile(r"(?<=[a-z,] )[^\W\d_]{3,}")  # within a sentence
_RARE = 6  # texts at most that have a name: a set of articles on one subject has no more
_STEM = 4  # letters that a misspelt name has in common with the right one


class Names:
    """The names that few of some texts have, and never in small letters, and what else can stand for them."""

    def __init__(self, contexts: Iterable[str]) -> None:
        texts: Counter[str] = Counter()
        small: set[str] = set()
        forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for context in contexts:
            words = _WORD.findall(context)
            texts.update({_key(word) for word in words})
            small.update(_key(word) for word in words if word.islower())
            for word in _INSIDE.findall(context):
                if word[0].isupper():
                    forms[_key(word)][word] += 1
        self._known = frozenset(texts)
        self._names = {
            key: form.most_common(1)[0][0]
            for key, form in forms.items()
            if key not in small and texts[key] <= _RARE and not form.most_common(1)[0][0].isupper()
        }
        self._all = list(self._names.values())

    def changed(self, example: squad.Example, rng: random.Random) -> squad.Example:
        """The example under other names; as it is, if its question has a name misspelt or there are too few others."""
        present = dict.fromkeys(map(_key, _WORD.findall(f"{example.context} {example.title} {example.question}")))
        names = [key for key in present if key in self._names]
        strange = {key[:_STEM] for key in map(_key, _WORD.findall(example.question)) if key not in self._known}
        if not names or any(key[:_STEM] in strange for key in names):
            return example
        drawn = rng.sample(self._all, min(len(names) + len(present), len(self._all)))
        free = [name for name in drawn if _key(name) not in present]
        if len(free) < len(names):
            return example
        other = dict(zip(names, free, strict=False))
        context, places = _written(example.context, other)
        answers = []
        for text, start in example.answers:
            first, after = places(start), places(start + len(text))
            answers.append((context[first:after], first))
        question, title = _written(example.question, other)[0], _written(example.title, other)[0]
        return replace(example, context=context, question=question, title=title, answers=tuple(answers))


def renamed(examples: Sequence[squad.Example], names: Names, share: float, rng: random.Random) -> list[squad.Example]:
    """The examples, that share (0..1) of them under other names."""
    return [names.changed(example, rng) if rng.random() < share else example for example in examples]


def _key(word: str) -> str:
    """In small letters without accents, as people type."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


def _written(text: str, other: Mapping[str, str]) -> tuple[str, Callable[[int], int]]:
    """The text with the other names, in its own letter case, and where a place in it has come to be."""
    parts, ends, shifts, at, shift = [], [0], [0], 0, 0
    for found in _WORD.finditer(text):
        name = other.get(_key(found[0]))
        if name is None:
            continue
        name = name.upper() if found[0].isupper() else name.lower() if found[0].islower() else name
        parts += [text[at : found.start()], name]
        at = found.end()
        shift += len(name) - len(found[0])
        ends.append(at)
        shifts.append(shift)
    return "".join((*parts, text[at:])), lambda place: place + shifts[bisect_right(ends, place) - 1]
