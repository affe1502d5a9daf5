"""What a question counts ("how many boats"), and whether the sentence of an answer is about it."""

import regex

from index.library import Library
from index.search import words

_HOW_MANY = regex.compile(r"\bhow many\b(?P<rest>[^?.!;]*)", regex.IGNORECASE)
_PASSED = frozenset(
    "of the a an its his her their our my your these those this that more other new different total".split()
)
_END = frozenset(
    "did do does are is was were be been has have had will would can could may might shall should must in on at by for"
    " from with to into during since until till after before per when if who that which and or than".split()
)
_ANYBODY = frozenset("people persons times men women kids children".split())  # a sentence seldom calls them so


def counted(question: str) -> list[str]:
    """The words for what is counted, in lower case; none if it is people, or times."""
    found = _HOW_MANY.search(question)
    things: list[str] = []
    for word in words(found["rest"]) if found else []:
        if word in _END:
            break
        if word not in _PASSED and len(word) > 1:
            things.append(word)
    return [] if things and things[0] in _ANYBODY else things


def lacks_counted(things: set[str], sentence: str, library: Library) -> bool:
    """Whether none of the things, given as stems, stands in the sentence. Table rows name what they count elsewhere."""
    return bool(things) and "|" not in sentence and things.isdisjoint(library.stems(sentence))
