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
from rag.candidates import _reworded
from rag.confidence import Confidence
from rag.copies import to_read
from rag.load import MODEL
from rag.reader import load_reader
from tests.test_index_library import intake

ROOT = Path(__file__).parents[1]
CORPUS, GOLD = ROOT / "eval" / "corpus", ROOT / "eval" / "gold" / "courier.jsonl"
SENTENCE = "The harbour office counted ninety boats on the quay last May, and the clerk wrote each one in the ledger"


def hit(number: int, article: str, text: str) -> Hit:
    return Hit(Passage(number, article, 0, len(text), text), intake(article, text).article, 1.0, None, None)


def ids(hits: list[Hit]) -> list[int]:
    return [hit.passage.id for hit in hits]


def test_without_copies_the_best_are_read() -> None:
    hits = [hit(9 - place, f"a{place}", f"{word} " * 5) for place, word in enumerate(["one", "two", "three", "four"])]
    assert ids(to_read(hits, 2)) == [9, 8]


def test_copies_do_not_push_other_texts_out() -> None:
    copies = [hit(7 + n, f"copy{n}", SENTENCE.replace("ninety", word)) for n, word in enumerate(["sixty", "six"])]
    other = hit(5, "other", "Ninety vessels lay along the wharf in May of last year, says a harbour clerk")
    assert ids(to_read([*copies, hit(3, "original", SENTENCE), other], 2)) == [7, 8, 3, 5]


def test_a_part_of_a_passage_is_a_copy_of_it() -> None:
    assert ids(to_read([hit(7, "cut", SENTENCE[:60]), hit(3, "original", SENTENCE)], 1)) == [7, 3]


def test_passages_of_one_article_are_no_copies_of_each_other() -> None:
    assert ids(to_read([hit(4, "one", SENTENCE), hit(3, "one", SENTENCE)], 1)) == [4]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("friday 10 may 2024", "friday 17 may 2024", False),
        ("guilty of theft", "not guilty of theft", False),
        ("12 of 20 boats", "14 of 20 boats", False),
        ("old harbour wall", "harbour wall", True),
        ("9 million in 2023", "9 million", True),
        ("fall in energy costs", "drop in energy costs", True),
    ],
)
def test_what_corrects_an_answer_is_no_rewording_of_it(one: str, other: str, same: bool) -> None:
    assert _reworded(one, other) is _reworded(other, one) is same


def edited(article: Article, round: int) -> Intake:
    """The article with a word replaced here and there."""
    words = re.split(r"(\s+)", article.text[len(article.title) :])
    plain = [at for at, word in enumerate(words) if word.isalpha() and word.islower() and len(word) > 6]
    for at in plain[10 * round :: 60]:
        words[at] = "certainly"
    copy = replace(article, id=f"{article.id}-copy{round}", text=article.title + "".join(words), sha256="")
    return Intake(replace(copy, sha256=content_hash(copy)))


@pytest.mark.model
@pytest.mark.timeout(1200)
def test_three_edited_copies_of_an_article_change_no_answer_and_hardly_its_confidence(tmp_path: Path) -> None:
    articles = {item.article.id: item for item in read_paths([CORPUS]) if isinstance(item, Intake)}
    asked = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    moved, count = [], 0
    with Library.open(tmp_path, load_embedder()) as library:
        answerer = Answerer(library, load_reader(MODEL), Confidence.load(MODEL / "calibration.json"))
        list(library.add(articles.values()))
        for id in sorted(articles)[::3]:
            questions = [gold["question"] for gold in asked if id in gold["articles"]][::4]
            before = [answerer.ask(question, min_confidence=0.0).best for question in questions]
            copies = [edited(articles[id].article, round) for round in (1, 2, 3)]
            list(library.add(copies))
            after = [answerer.ask(question, min_confidence=0.0).best for question in questions]
            library.remove([copy.article.id for copy in copies])
            for question, one, other in zip(questions, before, after, strict=True):
                assert one is not None
                assert other is not None
                assert other.text == one.text, question
                count += 1
                if abs(other.confidence - one.confidence) > 0.02:  # a rival came into the passages read, or left them
                    moved.append((question, one.confidence, other.confidence))
    assert count >= 30
    assert len(moved) <= 0.05 * count, moved
