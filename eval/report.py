"""A run as a person reads it in a terminal, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.gold import Gold
from eval.outcome import Outcome
from eval.run import Report, Scores

FORMAT = 1


def print_scores(scores: Scores, console: Console) -> None:
    """The scores, each with the number of questions it is of."""
    table = Table("score", "value", "of")
    table.columns[1].justify = table.columns[2].justify = "right"
    answerable, unanswerable = f"{scores.answerable} answerable", f"{scores.unanswerable} unanswerable"
    rows = [
        ("exact match", _share(scores.em), answerable),
        ("F1", _share(scores.f1), answerable),
        ("exact match, not allowed to decline", _share(scores.forced_em), answerable),
        ("F1, not allowed to decline", _share(scores.forced_f1), answerable),
        ("declined, as they should", _share(scores.declined), unanswerable),
        ("declined, though answerable", _share(scores.false_abstain), answerable),
        *((f"recall@{k} by article", _share(value), answerable) for k, value in scores.recall.items()),
        *(
            (f"evidence recall@{k} by passage", _share(value), answerable)
            for k, value in scores.evidence_recall.items()
        ),
        ("MRR@10 by article", _share(scores.mrr_10), answerable),
        ("nDCG@10 by article", _share(scores.ndcg_10), answerable),
        ("valid citations", _valid(scores), f"{scores.citations} citations"),
        (
            "latency p50, p95",
            f"{_ms(scores.latency_p50_ms)}, {_ms(scores.latency_p95_ms)}",
            f"{scores.questions} asked",
        ),
        ("passed", f"{scores.passed}", f"{scores.questions} questions"),
    ]
    for row in rows:
        table.add_row(*row)
    console.print(table)


def print_failures(outcomes: Sequence[Outcome], console: Console) -> None:
    """Every question that did not pass, by stage, then every invalid citation."""
    failed = sorted((o for o in outcomes if not o.passed), key=lambda o: (o.stage or "", o.gold.id))
    if failed:
        table = Table("stage", "id", "question", "expected", "given", "confidence", title=f"{len(failed)} did not pass")
        for outcome in failed:
            gold = outcome.gold
            cells = (outcome.stage or "error", gold.id, gold.question, expected(gold), given(outcome))
            table.add_row(*map(escape, cells), f"{outcome.confidence:.2f}")
        console.print(table)
    for outcome in outcomes:
        for violation in outcome.violations:
            console.print(f"[red]invalid citation[/] {escape(f'{outcome.gold.id}: {violation}')}", soft_wrap=True)


def expected(gold: Gold) -> str:
    """What a right answer says, in short."""
    if gold.expect == "no_answer":
        return "no answer"
    if gold.expect == "conflict":
        return " and ".join(dict.fromkeys(spans[0] for spans in gold.by_article.values()))
    return gold.answers[0]


def given(outcome: Outcome) -> str:
    """What was answered; of a declined question, what would have been."""
    if outcome.error:
        return outcome.error
    if outcome.answered:
        return outcome.prediction
    return f"declined (best: {outcome.candidate})" if outcome.candidate else "declined"


def to_json(report: Report) -> dict[str, object]:
    """The report as JSON values: format version, scores, and an outcome a question with what it expects."""
    return {
        "format": FORMAT,
        "scores": asdict(report.scores),
        "outcomes": [_outcome(outcome) for outcome in report.outcomes],
    }


def _outcome(outcome: Outcome) -> dict[str, object]:
    gold = outcome.gold
    values: dict[str, object] = {
        "id": gold.id,
        "file": gold.file,
        "line": gold.line,
        "question": gold.question,
        "expect": gold.expect,
        "answers": gold.answers,
        "articles": gold.articles,
        "tags": gold.tags,
        "must_pass": gold.must_pass,
    }
    values |= {name: value for name, value in asdict(outcome).items() if name not in ("gold", "holds")}
    values["evidence_rank"] = next((at for at, holds in enumerate(outcome.holds, 1) if holds), None)
    return values


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"


def _valid(scores: Scores) -> str:
    return f"[red]{scores.violations} violations[/]" if scores.violations else "all"
