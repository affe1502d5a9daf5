"""Questions for the headline of an article on something: no passage tells of it, but every article has its own."""

from collections.abc import Iterator, Sequence

import regex

from index.library import Library
from index.search import STOP_WORDS, content_words, words
from index.types import Hit
from rag.candidates import Candidate

_PRINTED = r"(?:(?:news|blog) )?(?:article|story|post|piece|item|page|press release)"
_ON = r"(?:about|on|regarding|concerning)"
_ASKED = (
    rf"\b(?:title|headline)s? (?:of|for|over|above) (?:\w+ ){{0,3}}?{_PRINTED}s? {_ON} (?P<topic>.+)",
    rf"\bheadlines? (?:of|for|over|above|on|about) (?P<topic>.+?) {_PRINTED}\b",
    r"\btitles? (?:of|for) (?P<topic>.+?)(?<!['’]s) (?:article|post|press release)\b",
    rf"\b(?:what|how) (?:is|was) (?:the|an?) {_PRINTED} {_ON} (?P<topic>[^,]+?) (?:called|titled|entitled|headlined)\b",
    rf"^(?:title|headline) (?:of )?{_PRINTED} (?:{_ON} )?(?P<topic>.+)",
)
_PATTERNS = [regex.compile(pattern, regex.IGNORECASE) for pattern in _ASKED]
_FIT, _HEADLINE_FIT = 0.75, 0.5  # share of what the article should be about that it, and its headline, must have
_IN_ARTICLE, _IN_HEADLINE = 6.0, 4.0  # score of an article, and of a headline, that has all of it


def topic_of(question: str) -> str | None:
    """What the article is about whose headline is asked for; None if the question asks for anything else."""
    found = next((found for pattern in _PATTERNS if (found := pattern.search(question))), None)
    return found["topic"] if found and not STOP_WORDS.issuperset(words(found["topic"])) else None


def headlines(question: str, hits: Sequence[Hit], library: Library) -> Iterator[Candidate]:
    """If one is asked for, the headlines of the articles found that have most words of what they should be about.

    Half of them stand in the headline, or it may be another, of which the article tells, that is asked for.
    """
    topic = topic_of(question)
    asked = library.stems(" ".join(content_words(topic))) if topic else set()
    if not asked:
        return
    seen: set[str] = set()
    for hit in hits:
        article = hit.article
        if not article.title or article.id in seen:
            continue
        seen.add(article.id)
        fit, in_headline = (len(asked & library.stems(text)) / len(asked) for text in (article.text, article.title))
        if fit >= _FIT and in_headline >= _HEADLINE_FIT:
            yield Candidate(hit, 0, len(article.title), round(_IN_ARTICLE * fit + _IN_HEADLINE * in_headline, 4))
