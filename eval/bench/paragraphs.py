"""SQuAD paragraphs as a collection of articles, and the questions that each one answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from index.types import Intake
from rag import squad

_Item = TypeVar("_Item")


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


def sampled(items: Sequence[_Item], limit: int | None, seed: int) -> list[_Item]:
    """At most `limit` different items (all when None), in their order."""
    size = len(items) if limit is None else min(limit, len(items))
    return [items[at] for at in sorted(np.random.default_rng(seed).choice(len(items), size=size, replace=False))]
