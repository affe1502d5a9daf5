"""SQuAD paragraphs as a collection of articles, and the questions that each one answers."""

from dataclasses import dataclass
from pathlib import Path

from index.types import Intake
from rag import squad


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """One article a different paragraph, its title the SQuAD title; `questions` are (question, article id)."""

    articles: tuple[Intake, ...]
    questions: tuple[tuple[str, str], ...]


def read(path: Path, prefix: str = "p") -> Paragraphs:
    """All paragraphs and answerable questions of a SQuAD JSON file, in file order; `prefix` begins the ids."""
    articles: dict[str, Intake] = {}
    questions = []
    for example in squad.read(path):
        if example.context not in articles:
            articles[example.context] = squad.article(f"{prefix}{len(articles):06}", example.title, example.context)
        if example.answers:
            questions.append((example.question, articles[example.context].article.id))
    return Paragraphs(tuple(articles.values()), tuple(questions))
