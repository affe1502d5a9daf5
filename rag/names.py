"""What a question names, and whether an article knows it: one about another club says nothing of this one's captain."""

from collections.abc import Sequence

import regex

from index.library import Library
from index.search import STOP_WORDS, content_words, words
from index.types import Article

_CAPITAL = regex.compile(r"(?<=[^.?!\s]\s+[^\p{L}\p{N}]?)\p{Lu}[\p{L}\p{N}\p{M}'’-]+")  # first in no sentence
_WORD = regex.compile(r"(?<!\S)\p{L}\S*")
_NUMBER = regex.compile(r"(?<![\p{L}\p{N}]|\p{N}[.,])\p{Nd}{3,}(?![\p{L}\p{N}]|[.,]\p{N})")  # alone, from 100 up
_VERBS = regex.compile(r"(?<=\s)(?:Is|Are|Was|Were|Do|Does|Did|Has|Have|Had|Can|Will)\b")
_NOBODY = STOP_WORDS | frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday"
    " thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec mr mrs ms miss dr sir prof"
    " professor president minister councillor mayor king queen ceo cfo cto pm mp sun moon earth".split()
)
_MOST = 16  # names of one question that are looked up
_WHOLE = 1200  # code points of an article from which it names what it is about; a shorter one takes that for granted


def names(question: str) -> list[str]:
    """The words with a capital, and the numbers from 100 up, in lower case.

    The capital that begins a sentence tells nothing, nor do those of a question in which words of every kind have one.
    """
    capitals = _CAPITAL.findall(question)
    if _VERBS.search(question) or all(word[0].isupper() for word in _WORD.findall(question)):
        capitals = []
    named = [word for capital in capitals for word in content_words(capital)]
    named += _NUMBER.findall(question)
    return [name for name in dict.fromkeys(named) if name not in _NOBODY and len(name) > 1][:_MOST]


def unknown(names: Sequence[str], article: Article, library: Library) -> set[str]:
    """Which of the names the article lacks: its text, its source, the years around its date.

    None of a short article, or of one in another language than English, whose capitals may mean less and whose words
    have more forms.
    """
    if not names or len(article.text) < _WHOLE or article.language not in (None, "en"):
        return set()
    years = {str(article.published.year + later) for later in (-1, 0, 1)} if article.published else set()
    wanted = set(names) - years - set(words(article.source or ""))
    return wanted - library.mentioned(article.id, wanted)
