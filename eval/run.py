"""Runs gold questions over an Answerer: an outcome a question, and the scores over all of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from eval import metrics
from eval.citations import citations, violations
from eval.gold import Gold
from eval.outcome import Outcome, Stage, judge
from rag.answer import Answerer

_PASSAGES = 50  # retrieved for the retrieval measures; a search's candidate depth, so that ranks are those of asking
_DEPTHS = (1, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares and means in 0..1 over all questions they speak of, the failed ones too; None when there is none.

    em, f1: of questions with an answer, a declined one counts 0; `forced_` when declining is not allowed.
    declined: share of the unanswerable questions that were declined. false_abstain: share of the others that were.
    recall, evidence_recall: by depth; of gold articles, and of the evidence in a passage. latencies: milliseconds.
    """

    questions: int
    answerable: int
    unanswerable: int
    passed: int
    errors: int
    em: float | None
    f1: float | None
    forced_em: float | None
    forced_f1: float | None
    declined: float | None
    false_abstain: float | None
    recall: dict[int, float | None]
    evidence_recall: dict[int, float | None]
    mrr_10: float | None
    ndcg_10: float | None
    citations: int
    violations: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    stages: dict[Stage, int]


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run: the outcomes in the order of the questions, and their scores."""

    outcomes: tuple[Outcome, ...]
    scores: Scores

    @property
    def exit_code(self) -> int:
        """0 pass, 1 an invalid citation, 4 incomplete: an error, or no question."""
        if self.scores.violations:
            return 1
        return 4 if self.scores.errors or not self.outcomes else 0


def run(answerer: Answerer, questions: Iterable[Gold], seen: Callable[[Outcome], None] = lambda _: None) -> Report:
    """Asks every question; `seen` gets each outcome as it comes. An error is an outcome, it does not stop the run."""
    outcomes = []
    for outcome in _outcomes(answerer, questions):
        seen(outcome)
        outcomes.append(outcome)
    return Report(tuple(outcomes), score(outcomes))


def score(outcomes: Sequence[Outcome]) -> Scores:
    """The scores of a run."""
    answerable = [o for o in outcomes if o.gold.expect != "no_answer"]
    unanswerable = [o for o in outcomes if o.gold.expect == "no_answer"]
    timed = [o.latency_ms for o in outcomes if o.error is None]

    def by_article(measure: Callable[[Sequence[str], Sequence[str], int], float], k: int) -> float | None:
        return metrics.mean(measure(o.retrieved, o.gold.articles, k) for o in answerable)

    return Scores(
        questions=len(outcomes),
        answerable=len(answerable),
        unanswerable=len(unanswerable),
        passed=sum(o.passed for o in outcomes),
        errors=sum(o.error is not None for o in outcomes),
        em=metrics.mean(o.em for o in answerable),
        f1=metrics.mean(o.f1 for o in answerable),
        forced_em=metrics.mean(o.candidate_em for o in answerable),
        forced_f1=metrics.mean(o.candidate_f1 for o in answerable),
        declined=metrics.mean(not o.answered and o.error is None for o in unanswerable),
        false_abstain=metrics.mean(not o.answered and o.error is None for o in answerable),
        recall={k: by_article(metrics.recall, k) for k in _DEPTHS},
        evidence_recall={k: metrics.mean(metrics.hit(o.holds, k) for o in answerable) for k in _DEPTHS},
        mrr_10=by_article(metrics.reciprocal_rank, 10),
        ndcg_10=by_article(metrics.ndcg, 10),
        citations=sum(o.citations for o in outcomes),
        violations=sum(len(o.violations) for o in outcomes),
        latency_p50_ms=metrics.percentile(timed, 0.50),
        latency_p95_ms=metrics.percentile(timed, 0.95),
        stages=dict(Counter(o.stage for o in outcomes if o.stage)),
    )


def _outcomes(answerer: Answerer, questions: Iterable[Gold]) -> Iterator[Outcome]:
    for gold in questions:
        try:
            yield _ask(answerer, gold)
        except Exception as error:
            yield Outcome(gold, error=f"{type(error).__name__}: {error}")


def _ask(answerer: Answerer, gold: Gold) -> Outcome:
    started = time.perf_counter()
    answer = answerer.ask(gold.question, filters=gold.filters)
    latency = (time.perf_counter() - started) * 1000
    candidate = answer if answer.best else answerer.ask(gold.question, filters=gold.filters, min_confidence=0.0)
    hits = answerer.library.search(gold.question, _PASSAGES, gold.filters).hits
    outcome = judge(gold, answer, candidate, hits)
    return replace(
        outcome,
        citations=len(list(citations(answer))),
        violations=tuple(violations(answer, lambda article: _text(answerer, article))),
        latency_ms=latency,
    )


def _text(answerer: Answerer, id: str) -> str | None:
    intake = answerer.library.get(id)
    return intake.article.text if intake else None
