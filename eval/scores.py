"""The scores of a run, over all questions they speak of, those declined or failed too."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval import abstention, metrics
from eval.outcome import Outcome, Stage

DEPTHS = (1, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares and means in 0..1; None where nothing is to be counted.

    em, f1: of questions with an answer, a declined one counts 0; `forced_` when declining is not allowed, `oracle_`
    when the reader is given the evidence. squad_em, squad_f1: SQuAD 2.0's, of all questions; `declined` is its NoAns.
    false_abstain: share of the answerable that were declined. recall, evidence_recall: by depth; of gold articles, and
    of the evidence in a passage. citation_precision: citations of answers to answerable questions that quote an
    accepted answer; citation_recall: gold articles cited. auroc, coverage_at_5, ece, brier: of the best candidate's
    confidence. latency: p50 and p95 in milliseconds by stage, of the `timed` questions that no cache answered.
    """

    questions: int
    answerable: int
    unanswerable: int
    passed: int
    errors: int
    em: float | None
    f1: float | None
    squad_em: float | None
    squad_f1: float | None
    forced_em: float | None
    forced_f1: float | None
    oracle_em: float | None
    oracle_f1: float | None
    declined: float | None
    false_abstain: float | None
    recall: dict[int, float | None]
    evidence_recall: dict[int, float | None]
    mrr_10: float | None
    ndcg_10: float | None
    citations: int
    violations: int
    citation_precision: float | None
    citation_recall: float | None
    auroc: float | None
    coverage_at_5: float | None
    ece: float | None
    brier: float | None
    timed: int
    latency: dict[str, tuple[float, float]]
    stages: dict[Stage, int]


def score(outcomes: Sequence[Outcome]) -> Scores:
    """The scores of a run."""
    answerable = [o for o in outcomes if o.gold.expect != "no_answer"]
    unanswerable = [o for o in outcomes if o.gold.expect == "no_answer"]
    given = [o for o in answerable if o.oracle_em is not None]
    pairs = judged(outcomes)

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
        squad_em=metrics.mean(o.em for o in outcomes),
        squad_f1=metrics.mean(o.f1 for o in outcomes),
        forced_em=metrics.mean(o.candidate_em for o in answerable),
        forced_f1=metrics.mean(o.candidate_f1 for o in answerable),
        oracle_em=metrics.mean(o.oracle_em or 0.0 for o in given),
        oracle_f1=metrics.mean(o.oracle_f1 or 0.0 for o in given),
        declined=metrics.mean(not o.answered and o.error is None for o in unanswerable),
        false_abstain=metrics.mean(not o.answered and o.error is None for o in answerable),
        recall={k: by_article(metrics.recall, k) for k in DEPTHS},
        evidence_recall={k: metrics.mean(metrics.found(o.evidence_rank, k) for o in answerable) for k in DEPTHS},
        mrr_10=by_article(metrics.reciprocal_rank, 10),
        ndcg_10=by_article(metrics.ndcg, 10),
        citations=sum(o.citations for o in outcomes),
        violations=sum(len(o.violations) for o in outcomes),
        citation_precision=_ratio(sum(o.supported for o in answerable), sum(o.cited for o in answerable)),
        citation_recall=metrics.mean(o.surfaced for o in answerable),
        auroc=abstention.auroc(pairs),
        coverage_at_5=abstention.coverage_at_risk(pairs),
        ece=abstention.ece(pairs),
        brier=abstention.brier(pairs),
        timed=sum(o.timings_ms is not None for o in outcomes),
        latency=latency(outcomes),
        stages=dict(Counter(o.stage for o in outcomes if o.stage)),
    )


def judged(outcomes: Sequence[Outcome]) -> list[tuple[float, bool]]:
    """The confidence of each question's best candidate, and whether it is right."""
    return [(o.confidence, o.right) for o in outcomes if o.error is None]


def latency(outcomes: Sequence[Outcome]) -> dict[str, tuple[float, float]]:
    """p50 and p95 of the milliseconds of each stage, in the order of asking."""
    timed = [o.timings_ms for o in outcomes if o.timings_ms is not None]
    found = {}
    for stage in timed[0] if timed else ():
        values = [timings[stage] for timings in timed if stage in timings]
        found[stage] = (metrics.percentile(values, 0.50) or 0.0, metrics.percentile(values, 0.95) or 0.0)
    return found


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
