"""A verdict as a person reads it in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.compare import Comparison, Flip, Gate
from eval.outcome import Outcome
from eval.scores import Scores
from eval.verdict import Verdict, expected, given

_SHOWN = 12  # ids named in a list


def print_verdict(verdict: Verdict, console: Console, *, only_failed: bool = False) -> None:
    """Everything: what flipped first, then the gates, the scores, every failure, and the verdict last."""
    for problem in verdict.problems:
        console.print(escape(str(problem)), soft_wrap=True)
    comparison = verdict.comparison
    if comparison:
        print_flips(comparison, console)
        if not only_failed:
            print_gates(comparison.gates, console)
            print_changes(comparison, console)
    if verdict.run.outcomes:
        if not only_failed:
            print_scores(verdict.scores, console)
        print_failures(verdict.failures, console)
    for outcome in verdict.invalid:
        for violation in outcome.violations:
            console.print(f"[red]invalid citation[/] {escape(f'{outcome.gold.id}: {violation}')}", soft_wrap=True)
    for outcome in verdict.broken:
        what = "gives a rejected answer" if outcome.rejected else "must pass, but did not"
        console.print(f"[red]{escape(outcome.gold.id)}[/] {what}: {escape(given(outcome))}", soft_wrap=True)
    colour = "green" if verdict.exit_code == 0 else "red"
    console.print(f"[bold {colour}]{verdict.status}[/] {escape(verdict.sentence)}", soft_wrap=True)


def print_flips(comparison: Comparison, console: Console) -> None:
    """The questions that passed on one side only, the lost ones first, with what was given before and now."""
    if not comparison.flips:
        return
    lost = sum(flip.lost for flip in comparison.flips)
    title = f"{lost} lost, {len(comparison.flips) - lost} gained of {comparison.compared} compared"
    table = Table("", "id", "question", "expected", "before", "now", "stage", title=title)
    for flip in comparison.flips:
        table.add_row("[red]lost[/]" if flip.lost else "[green]gained[/]", *map(escape, _flip(flip)))
    console.print(table)


def print_gates(gates: Sequence[Gate], console: Console) -> None:
    """The statistical gates with all that they are judged by."""
    table = Table("gate", "n", "before", "now", "95 % interval", "lost", "gained", "p (Holm)", "smallest visible", "")
    for gate in gates:
        table.add_row(
            f"{gate.name}, {gate.test}",
            str(gate.n),
            _share(gate.before),
            _share(gate.after),
            f"{100 * gate.low:+.1f} to {100 * gate.high:+.1f} points",
            str(gate.losses),
            str(gate.gains),
            f"{gate.p_holm:.2g}",
            "none" if gate.visible is None else f"-{100 * gate.visible:.1f} points",
            "[green]pass[/]" if gate.passed else "[red]fail[/]",
        )
    console.print(table)


def print_changes(comparison: Comparison, console: Console) -> None:
    """What is not the same on both sides."""
    for name, (before, after) in comparison.changed.items():
        console.print(f"{name}: {escape(before)} → {escape(after)}", soft_wrap=True)
    for title, golds in (
        ("added", comparison.added),
        ("removed", comparison.removed),
        ("edited, not compared", comparison.edited),
    ):
        if golds:
            console.print(f"{len(golds)} {title}: {escape(listed([gold.id for gold in golds]))}", soft_wrap=True)
    if comparison.articles:
        console.print(
            f"{len(comparison.articles)} articles differ: {escape(listed(comparison.articles))}", soft_wrap=True
        )
    if comparison.reworded:
        ids = listed([flip.after.gold.id for flip in comparison.reworded])
        console.print(f"{len(comparison.reworded)} answered otherwise without flipping: {escape(ids)}", soft_wrap=True)


def print_scores(scores: Scores, console: Console) -> None:
    """The scores, each with the number of questions it is of."""
    table = Table("score", "value", "of")
    table.columns[1].justify = table.columns[2].justify = "right"
    answerable, unanswerable = f"{scores.answerable} answerable", f"{scores.unanswerable} unanswerable"
    every = f"{scores.questions} questions"
    rows = [
        ("exact match", _share(scores.em), answerable),
        ("F1", _share(scores.f1), answerable),
        ("exact match, not allowed to decline", _share(scores.forced_em), answerable),
        ("F1, not allowed to decline", _share(scores.forced_f1), answerable),
        ("exact match, given the evidence", _share(scores.oracle_em), answerable),
        ("F1, given the evidence", _share(scores.oracle_f1), answerable),
        ("declined, as they should", _share(scores.declined), unanswerable),
        ("declined, though answerable", _share(scores.false_abstain), answerable),
        ("exact match, F1 as SQuAD 2.0", f"{_share(scores.squad_em)}, {_share(scores.squad_f1)}", every),
        *((f"recall@{k} by article", _share(value), answerable) for k, value in scores.recall.items()),
        *(
            (f"evidence recall@{k} by passage", _share(value), answerable)
            for k, value in scores.evidence_recall.items()
        ),
        ("MRR@10 by article", _share(scores.mrr_10), answerable),
        ("nDCG@10 by article", _share(scores.ndcg_10), answerable),
        ("valid citations", _valid(scores), f"{scores.citations} citations"),
        ("citation precision", _share(scores.citation_precision), answerable),
        ("citation recall", _share(scores.citation_recall), answerable),
        ("AUROC of confidence", _share(scores.auroc), every),
        ("coverage at 5 % risk", _share(scores.coverage_at_5), every),
        ("ECE, Brier", f"{_share(scores.ece)}, {_share(scores.brier)}", every),
        *(
            (f"{stage} p50, p95", f"{p50:.0f} ms, {p95:.0f} ms", f"{scores.timed} timed")
            for stage, (p50, p95) in scores.latency.items()
        ),
        ("passed", f"{scores.passed}", every),
    ]
    for row in rows:
        table.add_row(*row)
    console.print(table)


def print_failures(failures: Sequence[Outcome], console: Console) -> None:
    """Every question that did not pass, by stage."""
    if not failures:
        return
    table = Table("stage", "id", "question", "expected", "given", "confidence", title=f"{len(failures)} did not pass")
    for outcome in failures:
        gold = outcome.gold
        cells = (outcome.stage or "error", gold.id, gold.question, expected(gold), given(outcome))
        table.add_row(*map(escape, cells), f"{outcome.confidence:.2f}")
    console.print(table)


def listed(ids: Sequence[str]) -> str:
    """The first ids, and how many more there are."""
    return ", ".join(ids[:_SHOWN]) + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")


def _flip(flip: Flip) -> tuple[str, ...]:
    gold = flip.after.gold
    stage = flip.after.stage if flip.lost else flip.before.stage
    return gold.id, gold.question, expected(gold), given(flip.before), given(flip.after), stage or ""


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _valid(scores: Scores) -> str:
    return f"[red]{scores.violations} violations[/]" if scores.violations else "all"
