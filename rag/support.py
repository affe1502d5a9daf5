"""Names and numbers of a question that stand nowhere in what was read: the mark of a question about something else."""

import re

from index.types import Article

_WORD = re.compile(r"\w[\w'’.-]*\w|\w")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_POSSESSIVE = re.compile(r"['’]s?$")


def missing_names(question: str, text: str) -> int:
    """How many capitalised words of the question, its first word apart, are not in the text in any case.

    A question in capitals or title case tells nothing of names: 0.
    """
    words = _WORD.findall(question)[1:]
    names = {_POSSESSIVE.sub("", word) for word in words if word[0].isupper()}
    if not any(word[0].islower() for word in words):
        return 0
    known = text.casefold()
    return sum(name.casefold() not in known for name in names)


def missing_numbers(question: str, text: str) -> int:
    """How many numbers of the question are not in the text."""
    known = set(_NUMBER.findall(text))
    return sum(number not in known for number in set(_NUMBER.findall(question)))


def context(article: Article, passage: str) -> str:
    """What a passage may take for granted: its headline and its date."""
    return f"{article.title} {passage} {article.published or ''}".replace("-", " ")
