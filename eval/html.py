"""The verdict as one page that needs no network: what flipped first, then why, then every question."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from eval import abstention, charts, stats
from eval.charts import Row
from eval.compare import MIN_EFFECT
from eval.outcome import Outcome
from eval.scores import Scores, judged, score
from eval.verdict import Verdict, expected, given

_FEWEST = 3  # questions a tag needs to be drawn


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: its name, value, what it is of, and its change in points where it can be told."""

    name: str
    value: str
    of: str
    change: float | None = None


def html(verdict: Verdict) -> str:
    """The whole page."""
    environment = Environment(
        loader=PackageLoader("eval"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(expected=expected, given=given, marked=charts.marked, interval=charts.interval)
    outcomes = verdict.run.outcomes
    before = _before(verdict)
    context: dict[str, Any] = {
        "verdict": verdict,
        "min_effect": verdict.comparison.min_effect if verdict.comparison else MIN_EFFECT,
        "before": before,
        "charts": {},
        "tiles": [],
    }
    context["flips"] = verdict.comparison.flips if verdict.comparison else ()
    flipped = {flip.after.gold.id: "lost" if flip.lost else "gained" for flip in context["flips"]}
    context["flipped"] = flipped
    context["tags"] = sorted({tag for outcome in outcomes for tag in outcome.gold.tags})
    context["stages"] = sorted({outcome.stage for outcome in outcomes if outcome.stage})
    context["rows"] = sorted(outcomes, key=lambda o: (o.passed, o.gold.id not in flipped, o.stage or "", o.gold.id))
    if outcomes:
        scores = verdict.scores
        known = [outcome for outcome in outcomes if outcome.gold.id in before]
        context["tiles"] = tiles(scores, (score(list(before.values())), score(known)) if before else None)
        context["charts"] = _charts(outcomes, before, scores)
    return environment.get_template("report.html").render(context)


def tiles(now: Scores, compared: tuple[Scores, Scores] | None) -> list[Tile]:
    """The figures at the top; their changes are of the questions that can be compared, before and now."""

    def change(name: str) -> float | None:
        a, b = (getattr(scores, name) for scores in compared) if compared else (None, None)
        return None if a is None or b is None else b - a

    answerable, every = f"of {now.answerable} answerable", f"of {now.questions} questions"
    passed = (compared[1].passed - compared[0].passed) / compared[0].questions if compared else None
    return [
        Tile("passed", f"{now.passed}", every, passed),
        Tile("F1", _share(now.f1), answerable, change("f1")),
        Tile("F1 given the evidence", _share(now.oracle_f1), answerable, change("oracle_f1")),
        Tile("declined rightly", _share(now.declined), f"of {now.unanswerable} unanswerable", change("declined")),
        Tile("MRR@10", _share(now.mrr_10), answerable, change("mrr_10")),
        Tile("coverage at 5 % risk", _share(now.coverage_at_5), every, change("coverage_at_5")),
        Tile("calibration error", _share(now.ece), every),
        Tile("valid citations", f"{now.citations - now.violations}", f"of {now.citations}"),
    ]


def by_tag(outcomes: Sequence[Outcome], before: Mapping[str, Outcome]) -> list[Row]:
    """The share passed of each tag with its Wilson interval, the commonest first; the share before where all of the
    tag's questions are known."""
    counts = Counter(tag for outcome in outcomes for tag in outcome.gold.tags)
    rows = []
    for tag, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        of = [outcome for outcome in outcomes if tag in outcome.gold.tags]
        if n >= _FEWEST:
            passed = sum(outcome.passed for outcome in of)
            old = [before[outcome.gold.id].passed for outcome in of if outcome.gold.id in before]
            rows.append(Row(tag, n, passed / n, *stats.wilson(passed, n), sum(old) / n if len(old) == n else None))
    return rows


def _before(verdict: Verdict) -> dict[str, Outcome]:
    """The baseline's outcomes of the questions asked now, by id; only those that can be compared."""
    if verdict.comparison is None:
        return {}
    now = {outcome.gold.id: outcome.gold.digest for outcome in verdict.run.outcomes}
    found = verdict.comparison.before.outcomes
    return {o.gold.id: o for o in found if now.get(o.gold.id) == o.gold.digest}


def _charts(outcomes: Sequence[Outcome], before: Mapping[str, Outcome], scores: Scores) -> dict[str, Markup]:
    pairs, old = judged(outcomes), judged(list(before.values()))
    answered = [outcome for outcome in outcomes if outcome.answered]
    wrong = sum(not outcome.right for outcome in answered)
    operating = (len(answered) / len(outcomes), wrong / len(answered)) if answered else None
    stages = Counter(o.stage for o in before.values() if o.stage) if len(before) == len(outcomes) else None
    found = {
        "risk": charts.risk_coverage(abstention.risk_coverage(pairs), abstention.risk_coverage(old), operating),
        "reliability": charts.reliability(abstention.reliability(pairs)),
        "tags": charts.shares(by_tag(outcomes, before)),
        "stages": charts.bars(
            "Failures by stage",
            [
                (stage.replace("_", " "), n, float(stages[stage]) if stages is not None else None)
                for stage, n in sorted(scores.stages.items(), key=lambda item: -item[1])
            ],
        ),
    }
    if scores.answerable:
        found["recall"] = charts.recall({"article": scores.recall, "evidence": scores.evidence_recall})
    if scores.timed:
        rows = [(stage, p50, p95) for stage, (p50, p95) in scores.latency.items()]
        found["latency"] = charts.bars("Latency by stage", rows, " ms", whisker=True)
    return found


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
