"""SQuAD paragraphs as a collection of articles, and the questions that each one answers."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from index.types import Article, Intake
from rag import squad


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """One article a different paragraph, its title the SQuAD title; `questions` are (question, article id)."""

    articles: tuple[Intake, ...]
    questions: tuple[tuple[str, str], ...]


def read(path: Path) -> Paragraphs:
    """All paragraphs and answerable questions of a SQuAD JSON file, in file order."""
    articles: dict[str, Intake] = {}
    questions = []
    for example in squad.read(path):
        if example.context not in articles:
            articles[example.context] = _article(f"p{len(articles):06}", example.title, example.context)
        if example.answers:
            questions.append((example.question, articles[example.context].article.id))
    return Paragraphs(tuple(articles.values()), tuple(questions))


def _article(id: str, title: str, context: str) -> Intake:
    text = f"{title}\n\n{context.strip()}" if title else context.strip()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Intake(Article(id, title, text, url=None, source="squad", published=None, language="en", sha256=digest))
