"""A run over a real library with predictable models: what is counted, and what its exit code says."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from eval.gold import Gold
from eval.report import to_json
from eval.run import Report, run
from index.library import Library
from index.types import Article, Filters, Intake
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.reader import Reading
from rag.types import Answer
from tests.fakes import CapitalReader, WordEmbedder

TEXTS = {
    "nets": "each morning Brook mends torn nets. gulls watch.",
    "paint": "each evening Cole paints wooden hulls. gulls sleep.",
    "tides": "high tides flood cellars twice yearly.",
}
NETS = Gold("q-nets", "Who mends torn nets?", "answer", ("Brook",), ("nets",), "each morning Brook mends torn nets.")
PAINT = Gold(
    "q-paint",
    "Who paints wooden hulls?",
    "answer",
    ("evening Cole",),
    ("paint",),
    "each evening Cole paints wooden hulls.",
)
TIDES = Gold("q-tides", "When do floods come?", "answer", ("twice yearly",), ("tides",), TEXTS["tides"])
SAILS = Gold("q-sails", "Which sailmaker charges least?", "no_answer")
TRAP = Gold("q-trap", "Who mends torn nets daily?", "no_answer")


class FailingReader(CapitalReader):
    """Fails at one question."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        if question == PAINT.question:
            raise RuntimeError("no logits")
        return super().read(question, passages)


class OffByOne(Answerer):
    """Cites one character further than it should."""

    def ask(
        self, question: str, *, top_k: int = 3, filters: Filters = Filters(), min_confidence: float | None = None
    ) -> Answer:
        answer = super().ask(question, top_k=top_k, filters=filters, min_confidence=min_confidence)
        if answer.best is None:
            return answer
        moved = tuple(replace(c, start=c.start + 1, end=c.end + 1) for c in answer.best.citations)
        return replace(answer, best=replace(answer.best, citations=moved))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path, WordEmbedder()) as library:
        articles = [Article(id, "", text, None, id, date(2021, 3, 4), "en", text) for id, text in TEXTS.items()]
        assert {outcome.status for outcome in library.add(map(Intake, articles))} == {"added"}
        yield library


@pytest.fixture
def report(library: Library) -> Report:
    return run(Answerer(library, CapitalReader(), Confidence.plain()), [NETS, PAINT, TIDES, SAILS, TRAP])


def test_every_question_has_its_outcome_in_order(report: Report) -> None:
    assert [(o.gold.id, o.prediction, o.stage) for o in report.outcomes] == [
        ("q-nets", "Brook", None),
        ("q-paint", "Cole", "boundary"),
        ("q-tides", "", "reader_miss"),
        ("q-sails", "", None),
        ("q-trap", "Brook", "should_abstain"),
    ]


def test_scores_count_the_declined_and_the_failed(report: Report) -> None:
    scores = report.scores
    assert (scores.questions, scores.answerable, scores.unanswerable, scores.passed, scores.errors) == (5, 3, 2, 2, 0)
    assert scores.em == pytest.approx((1 + 0 + 0) / 3)
    assert scores.f1 == pytest.approx((1 + 2 * 1 / (1 + 2) + 0) / 3)
    assert scores.declined == 1 / 2
    assert scores.false_abstain == pytest.approx(1 / 3)
    assert scores.stages == {"boundary": 1, "reader_miss": 1, "should_abstain": 1}


def test_retrieval_is_measured_by_article_and_by_evidence(report: Report) -> None:
    assert report.scores.recall == {1: 1.0, 5: 1.0, 10: 1.0, 20: 1.0}
    assert report.scores.evidence_recall[1] == 1.0
    assert (report.scores.mrr_10, report.scores.ndcg_10) == (1.0, 1.0)


def test_all_citations_are_checked(report: Report) -> None:
    assert report.scores.citations > 0
    assert report.scores.violations == 0
    assert report.exit_code == 0


def test_a_question_not_allowed_to_decline_shows_its_best_candidate(library: Library) -> None:
    strict = Answerer(library, CapitalReader(), replace(Confidence.plain(), threshold=1.0))
    (outcome,) = run(strict, [NETS]).outcomes
    assert (outcome.prediction, outcome.em, outcome.stage) == ("", 0.0, "false_abstain")
    assert (outcome.candidate, outcome.candidate_em, outcome.threshold) == ("Brook", 1.0, 1.0)


def test_an_error_is_an_outcome_that_scores_nothing_and_makes_the_run_incomplete(library: Library) -> None:
    report = run(Answerer(library, FailingReader(), Confidence.plain()), [NETS, PAINT])
    assert [o.error for o in report.outcomes] == [None, "RuntimeError: no logits"]
    assert (report.scores.em, report.scores.recall[5], report.scores.errors) == (1 / 2, 1 / 2, 1)
    assert report.scores.false_abstain == 0
    assert report.exit_code == 4


def test_a_citation_off_by_one_fails_the_run(library: Library) -> None:
    report = run(OffByOne(library, CapitalReader(), Confidence.plain()), [NETS])
    assert report.scores.violations > 0
    assert report.exit_code == 1


def test_an_invalid_citation_outweighs_an_error(library: Library) -> None:
    assert run(OffByOne(library, FailingReader(), Confidence.plain()), [NETS, PAINT]).exit_code == 1


def test_a_run_of_nothing_is_incomplete(library: Library) -> None:
    report = run(Answerer(library, CapitalReader(), Confidence.plain()), [])
    assert report.exit_code == 4
    assert (report.scores.em, report.scores.declined, report.scores.latency_p50_ms) == (None, None, None)


def test_a_question_is_asked_and_searched_within_its_filters(library: Library) -> None:
    elsewhere = replace(NETS, filters=Filters(source=("paint", "tides")))
    (outcome,) = run(Answerer(library, CapitalReader(), Confidence.plain()), [elsewhere]).outcomes
    assert outcome.stage == "retrieval_miss"
    assert set(outcome.retrieved) <= {"paint", "tides"}


def test_each_outcome_is_shown_as_it_comes(library: Library) -> None:
    seen: list[str] = []
    run(
        Answerer(library, CapitalReader(), Confidence.plain()),
        [TIDES, NETS],
        lambda outcome: seen.append(outcome.gold.id),
    )
    assert seen == ["q-tides", "q-nets"]


def test_the_json_report_holds_scores_and_an_outcome_a_question(report: Report) -> None:
    document = json.loads(json.dumps(to_json(report)))
    assert document["scores"]["recall"]["5"] == 1.0
    by_id = {outcome["id"]: outcome for outcome in document["outcomes"]}
    assert by_id["q-paint"]["stage"] == "boundary"
    assert by_id["q-paint"]["retrieved"][0] == "paint"
    assert by_id["q-paint"]["evidence_rank"] == 1
    assert by_id["q-sails"]["evidence_rank"] is None
