"""The bench of engines, on predictable models."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from eval.bench import engines
from index.ingest import ingest_paths
from index.library import Library
from index.types import Vectors
from rag.reader import Reading
from tests.fakes import CapitalReader, WordEmbedder

ASKED: list[engines.Asked] = [
    ("Who was the captain?", [("Ferry sinks", "The captain was Roth."), ("", "Bread was baked.")]),
    ("Who baked bread?", [("", "Mills baked bread."), ("Ferry sinks", "The captain was Roth.")]),
]


class Blind(CapitalReader):
    """Reads no passage."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        return super().read(question, [("", "") for _ in passages])


def test_agreement_is_the_share_of_questions_with_the_same_best_span() -> None:
    timings = engines.read({"one": CapitalReader(), "same": CapitalReader(), "blind": Blind()}, ASKED)
    assert [timing.agreement for timing in timings.values()] == [1.0, 1.0, 0.0]
    assert [len(timing.wall_ms) for timing in timings.values()] == [len(ASKED)] * 3


def test_agreement_of_vectors_is_the_least_cosine() -> None:
    embedder = WordEmbedder()

    def turned(texts: list[str]) -> Vectors:
        vectors = embedder.encode(texts)
        return np.asarray([-row if "bread" in text else row for row, text in zip(vectors, texts, strict=True)])

    timings = engines.embed({"one": embedder.encode, "turned": turned}, ["a boat", "a loaf of bread"] * 20)
    assert [timing.agreement for timing in timings.values()] == [pytest.approx(1.0), pytest.approx(-1.0)]
    assert len(timings["one"].cpu_ms) == 2


def test_a_question_is_read_with_what_search_finds(tmp_path: Path) -> None:
    (tmp_path / "ferry.txt").write_text("Ferry sinks\n\nThe captain of the ferry was Roth.\n")
    with Library.open(tmp_path / "library", WordEmbedder()) as library:
        assert [outcome.status for outcome in ingest_paths(library, [tmp_path / "ferry.txt"])] == ["added"]
        question, passages = engines.passages_for(library, "Who was captain?")
    assert question == "Who was captain?"
    assert passages == [("Ferry sinks", "The captain of the ferry was Roth.")]


def test_the_table_shows_each_engine_beside_the_first() -> None:
    timings = {"first": engines.Timing([4.0], [3.0], 1.0), "second": engines.Timing([2.0], [1.5], 0.98765)}
    console = Console(width=120)
    with console.capture() as shown:
        console.print(engines.table(engines.Result(timings, timings)))
    for figure in ("read a question: second", "embed 32 texts: first", "1.00", "2.00", "0.98765"):
        assert figure in shown.get()
