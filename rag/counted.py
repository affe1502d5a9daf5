"""What a question counts ("how many boats"), and whether the sentence of an answer is about it."""

import regex

from index.library import Library

_HOW_MANY = regex.compile(r"\bhow many\b(?P<rest>[^?.!;]*)", regex.IGNORECASE)
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
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
    words: list[str] = []
    for word in _WORD.findall(found["rest"].lower()) if found else []:
        if word in _END:
            break
        if word not in _PASSED and len(word) > 1:
            words.append(word)
    return [] if words and words[0] in _ANYBODY else words


def lacks_counted(words: list[str], sentence: str, library: Library) -> bool:
    """Whether none of the words stands in the sentence, in any form. Rows of tables name what they count elsewhere."""
    if "|" in sentence:
        return False
    wanted = library.stems(" ".join(words))
    return bool(wanted) and wanted.isdisjoint(library.stems(sentence))
