"""A run over a real library with predictable models: what is counted, and what its exit code says."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from eval import record
from eval.gold import Gold
from eval.run import INTERRUPTED, Run, run
from eval.scores import score
from eval.subject import Local
from eval.verdict import Verdict
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


class InterruptedReader(CapitalReader):
    """Someone presses Ctrl-C at one question."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        if question == PAINT.question:
            raise KeyboardInterrupt
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
def report(library: Library) -> Run:
    return run(subject(library), [NETS, PAINT, TIDES, SAILS, TRAP])


def subject(library: Library, reader: CapitalReader | None = None, answerer: type[Answerer] = Answerer) -> Local:
    return Local(answerer(library, reader or CapitalReader(), Confidence.plain()))


def test_every_question_has_its_outcome_in_order(report: Run) -> None:
    assert [(o.gold.id, o.prediction, o.stage) for o in report.outcomes] == [
        ("q-nets", "Brook", None),
        ("q-paint", "Cole", "boundary"),
        ("q-tides", "", "reader_miss"),
        ("q-sails", "", None),
        ("q-trap", "Brook", "should_abstain"),
    ]


def test_scores_count_the_declined_and_the_failed(report: Run) -> None:
    scores = score(report.outcomes)
    assert (scores.questions, scores.answerable, scores.unanswerable, scores.passed, scores.errors) == (5, 3, 2, 2, 0)
    assert scores.em == pytest.approx((1 + 0 + 0) / 3)
    assert scores.f1 == pytest.approx((1 + 2 * 1 / (1 + 2) + 0) / 3)
    assert scores.declined == 1 / 2
    assert scores.false_abstain == pytest.approx(1 / 3)
    assert scores.stages == {"boundary": 1, "reader_miss": 1, "should_abstain": 1}


def test_retrieval_is_measured_by_article_and_by_evidence(report: Run) -> None:
    assert score(report.outcomes).recall == {1: 1.0, 5: 1.0, 10: 1.0, 20: 1.0}
    assert score(report.outcomes).evidence_recall[1] == 1.0
    assert (score(report.outcomes).mrr_10, score(report.outcomes).ndcg_10) == (1.0, 1.0)


def test_all_citations_are_checked(report: Run) -> None:
    assert score(report.outcomes).citations > 0
    assert score(report.outcomes).violations == 0
    assert Verdict(report).exit_code == 0


def test_a_question_not_allowed_to_decline_shows_its_best_candidate(library: Library) -> None:
    strict = Answerer(library, CapitalReader(), replace(Confidence.plain(), threshold=1.0))
    (outcome,) = run(Local(strict), [NETS]).outcomes
    assert (outcome.prediction, outcome.em, outcome.stage) == ("", 0.0, "false_abstain")
    assert (outcome.candidate, outcome.candidate_em, outcome.threshold) == ("Brook", 1.0, 1.0)


def test_an_error_is_an_outcome_that_scores_nothing_and_makes_the_run_incomplete(library: Library) -> None:
    report = run(subject(library, FailingReader()), [NETS, PAINT])
    assert [o.error for o in report.outcomes] == [None, "RuntimeError: no logits"]
    assert (score(report.outcomes).em, score(report.outcomes).recall[5], score(report.outcomes).errors) == (
        1 / 2,
        1 / 2,
        1,
    )
    assert score(report.outcomes).false_abstain == 0
    assert Verdict(report).exit_code == 4


def test_a_citation_off_by_one_fails_the_run(library: Library) -> None:
    report = run(subject(library, answerer=OffByOne), [NETS])
    assert score(report.outcomes).violations > 0
    assert Verdict(report).exit_code == 1


def test_an_invalid_citation_outweighs_an_error(library: Library) -> None:
    assert Verdict(run(subject(library, FailingReader(), OffByOne), [NETS, PAINT])).exit_code == 1


def test_a_run_of_nothing_is_incomplete(library: Library) -> None:
    report = run(subject(library), [])
    assert Verdict(report).exit_code == 4
    scores = score(report.outcomes)
    assert (scores.em, scores.declined, scores.auroc, scores.latency) == (None, None, None, {})


def test_a_question_is_asked_and_searched_within_its_filters(library: Library) -> None:
    elsewhere = replace(NETS, filters=Filters(source=("paint", "tides")))
    (outcome,) = run(subject(library), [elsewhere]).outcomes
    assert outcome.stage == "retrieval_miss"
    assert set(outcome.retrieved) <= {"paint", "tides"}


def test_each_outcome_is_shown_as_it_comes(library: Library) -> None:
    seen: list[str] = []
    run(
        subject(library),
        [TIDES, NETS],
        lambda outcome: seen.append(outcome.gold.id),
    )
    assert seen == ["q-tides", "q-nets"]


def test_an_interrupted_run_is_incomplete_and_counts_the_questions_never_asked(library: Library) -> None:
    report = run(subject(library, InterruptedReader()), [NETS, PAINT, TIDES])
    assert [o.error for o in report.outcomes] == [None, INTERRUPTED, INTERRUPTED]
    assert Verdict(report).exit_code == 4


def test_the_reader_given_only_the_evidence_is_scored_beside_the_whole_path(report: Run) -> None:
    oracle = {o.gold.id: o.oracle_em for o in report.outcomes}
    assert oracle == {"q-nets": 1.0, "q-paint": 0.0, "q-tides": 0.0, "q-sails": None, "q-trap": None}
    assert score(report.outcomes).oracle_em == pytest.approx(1 / 3)


def test_citations_are_judged_by_whether_they_quote_an_accepted_answer(report: Run) -> None:
    scores = score(report.outcomes)
    assert (scores.citation_precision, scores.citation_recall) == (1.0, pytest.approx(2 / 3))


def test_every_stage_of_an_answer_is_timed(report: Run) -> None:
    scores = score(report.outcomes)
    assert (scores.timed, list(scores.latency)) == (5, ["embed", "search", "read", "total"])
    assert all(0 <= p50 <= p95 for p50, p95 in scores.latency.values())


def test_a_run_file_gives_back_the_run(report: Run, tmp_path: Path) -> None:
    record.write(report, tmp_path / "run.json")
    again = record.read(tmp_path / "run.json")
    assert [(o.gold, o.prediction, o.stage, o.evidence_rank, o.quote) for o in again.outcomes] == [
        (o.gold, o.prediction, o.stage, o.evidence_rank, o.quote) for o in report.outcomes
    ]
    assert (again.facts, again.articles) == (report.facts, report.articles)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: "", "damaged"),
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace('"format": 2', '"format": 1'), "format 2"),
        (lambda text: text.replace('"questions": 5', '"questions": 6'), "5 of 6"),
        (lambda text: text.replace('"expect": "answer"', '"expect": "maybe"'), "damaged"),
        (lambda text: "[]", "format 2"),
    ],
)
def test_a_damaged_or_unfinished_run_file_is_refused(
    report: Run, tmp_path: Path, damage: Callable[[str], str], says: str
) -> None:
    path = tmp_path / "run.json"
    record.write(report, path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(record.RecordError, match=says):
        record.read(path)
