"""Near-copies of an article are one witness: what is said of the original does not change when they come."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from index.embed import load_embedder
from index.ingest import read_paths
from index.library import Library
from index.types import Article, Hit, Intake, Passage, content_hash
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.copies import families
from rag.load import MODEL
from rag.reader import load_reader
from tests.test_index_library import intake

SENTENCE = "The harbour office counted ninety boats on the quay last May, and the clerk wrote each one in the ledger"


def hit(number: int, article: str, text: str) -> Hit:
    return Hit(Passage(number, article, 0, len(text), text), intake(article, text).article, 1.0, None, None)


def test_a_passage_with_a_few_words_changed_belongs_to_the_older_one() -> None:
    hits = [hit(7, "copy", SENTENCE.replace("ninety", "sixty")), hit(3, "original", SENTENCE)]
    assert families(hits) == [3, 3]


def test_a_part_of_an_older_passage_is_a_copy_of_it() -> None:
    assert families([hit(3, "original", SENTENCE), hit(7, "cut", SENTENCE[:60])]) == [3, 3]


def test_passages_on_one_subject_in_other_words_are_no_copies() -> None:
    other = "Ninety vessels lay along the wharf in May of last year, says the ledger that a harbour clerk keeps"
    assert families([hit(3, "one", SENTENCE), hit(7, "two", other)]) == [3, 7]


def test_passages_of_one_article_are_no_copies_of_each_other() -> None:
    assert families([hit(3, "one", SENTENCE), hit(4, "one", SENTENCE)]) == [3, 4]


def test_short_passages_are_copies_when_they_are_equal() -> None:
    hits = [hit(1, "a", "Closed today"), hit(2, "b", "closed today."), hit(3, "c", "Open")]
    assert families(hits) == [1, 1, 3]


def edited(article: Article, round: int) -> Intake:
    """The article with some words changed, some left out, and sentences moved on by a note between paragraphs."""
    text = article.text[len(article.title) :]
    every = 23 + 4 * round
    words = re.split(r"(\s+)", text)
    plain = [at for at, word in enumerate(words) if word.isalpha() and word.islower() and len(word) > 4]
    for place, at in enumerate(plain):
        if place % every == round:
            words[at] = "" if place % 2 else "certainly " + words[at]
    body = "".join(words).replace(". ", ". (This was added.) ", round)
    copy = replace(article, id=f"{article.id}-copy{round}", text=article.title + body, sha256="")
    return Intake(replace(copy, sha256=content_hash(copy)))


@pytest.mark.model
@pytest.mark.timeout(1200)
def test_three_edited_copies_of_real_articles_change_no_answer(shared: Path, tmp_path: Path) -> None:
    articles = [item for item in read_paths([shared / "seeds"]) if isinstance(item, Intake)]
    lines = (shared / "gold" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines][::3]
    with Library.open(tmp_path, load_embedder()) as library:
        answerer = Answerer(library, load_reader(MODEL), Confidence.load(MODEL / "calibration.json"))
        list(library.add(articles))
        before = [answerer.ask(question, min_confidence=0.0).best for question in questions]
        list(library.add(edited(item.article, round) for item in articles for round in (1, 2, 3)))
        after = [answerer.ask(question, min_confidence=0.0).best for question in questions]
    for question, one, other in zip(questions, before, after, strict=True):
        assert one is not None
        assert other is not None
        assert other.text == one.text, question
        assert other.confidence == pytest.approx(one.confidence, abs=0.02), question
