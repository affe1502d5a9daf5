"""What stands on the front page: the library's newest articles, and questions that they answer."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.links import view_link
from index.types import Article

READ = 200  # articles looked at: the page shows a library, it does not list it
_PARAGRAPH = re.compile(r"^.{60,}[.?!’”\"]$", re.M)  # not a byline, not a caption
_QUESTIONS = {
    "skerrow-ferry-record": "How many passengers did the Skerrow Island ferry carry in 2019?",
    "gannet-bridge-opens": "What was the first vehicle across the Gannet Bridge?",
    "storm-ottilie-bill": "Who photographed the children on the broken sea wall?",
}


@dataclass(frozen=True, slots=True)
class Story:
    """An article as the front page shows it."""

    headline: str
    link: str
    teaser: str
    published: date | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Front:
    """A front page; `questions` are empty when the articles are not the sample newspaper's."""

    name: str
    stories: list[Story]
    questions: list[str]


def front(articles: Iterable[Article]) -> Front:
    """The front page of a library: named after its most frequent source, its newest articles first."""
    found = list(articles)
    sources = Counter(article.source for article in found if article.source)
    present = {article.id for article in found}
    newest = sorted((a for a in found if a.title), key=lambda a: a.published or date.min, reverse=True)
    return Front(
        name=sources.most_common(1)[0][0] if sources else "The Archive",
        stories=[_story(article) for article in newest],
        questions=[question for id, question in _QUESTIONS.items() if id in present],
    )


def _story(article: Article) -> Story:
    found = _PARAGRAPH.search(article.text, len(article.title))
    teaser = found[0] if found else ""
    return Story(article.title, view_link(article.id), teaser, article.published, article.language)
