"""Whoever asks for an article's headline gets it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.library import Library
from rag.answer import Answerer, Settings
from rag.confidence import Confidence
from rag.headline import topic_of
from tests.fakes import CapitalReader, WordEmbedder
from tests.test_index_library import intake

ARTICLES = {
    "Ferry to Morlo sinks": "The old ferry sank on a cold day. Boats of Captain Ada saved everybody from drowning.",
    "Mill to be sold": "The ferry firm buys the mill by the old canal. Its owner Zoe asks for much gold.",
}


@pytest.fixture
def answerer(tmp_path: Path) -> Iterator[Answerer]:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add([intake(title, text, title) for title, text in ARTICLES.items()]))
        yield Answerer(library, CapitalReader(), Confidence.plain(), Settings(dense_weight=0.0))


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What is the title of the story on the ferry?", "the ferry?"),
        ("Give me the headlines of all articles about Morlo", "Morlo"),
        ("What was the headline on the 2021 mill story?", "the 2021 mill"),
        ("title of the mill article", "the mill"),
        ("How is the article about the ferry headlined?", "the ferry"),
        ("title article mill sold", "mill sold"),
        ("What is the title of Ada's book about ferries?", None),
        ("What is the title of the story that Ada reads?", None),
        ("What was headline inflation in May?", None),
        ("Who told a story about Ada, and what is the boat called?", None),
        ("Which title did Ada win?", None),
        ("What was the title of the article Ada wrote?", None),
        ("What was the title of Ada's article?", None),
    ],
)
def test_a_question_for_a_headline_says_what_the_article_is_about(question: str, topic: str | None) -> None:
    assert topic_of(question) == topic


@pytest.mark.parametrize(
    ("question", "headline"),
    [
        ("What is the title of the story on the ferry to Morlo?", "Ferry to Morlo sinks"),
        ("what is the article about the mill called", "Mill to be sold"),
        ("headline of the article on the mill that is sold", "Mill to be sold"),
    ],
)
def test_the_answer_is_the_headline_of_the_article_on_it(answerer: Answerer, question: str, headline: str) -> None:
    best = answerer.ask(question, min_confidence=0.0).best
    assert best is not None
    assert best.text == headline
    assert best.citations[0].start == 0
    assert best.citations[0].exact == headline


@pytest.mark.parametrize(
    "question",
    [
        "What is the title of the story on the owner Zoe?",  # it is told of, but not what the article is about
        "What is the title of the story on the ferry strike in Quarrel Bay?",
    ],
)
def test_an_article_on_something_else_does_not_give_its_headline(answerer: Answerer, question: str) -> None:
    best = answerer.ask(question, min_confidence=0.0).best
    assert best is None or best.citations[0].start > 0
