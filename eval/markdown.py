"""The verdict as Markdown for a pull-request comment: what failed first, never longer than a comment may be."""

import re
from collections.abc import Iterable, Iterator, Sequence

from eval.compare import Comparison, Flip, Gate
from eval.gold import Gold
from eval.verdict import Verdict, expected, given

LIMIT = 60_000  # characters; GitHub refuses a comment of 65,536
_ROWS = 25
_CELL = 160
_SIGNS = {0: "✅", 1: "❌", 3: "📜", 4: "⚠️", 5: "❔"}


def markdown(verdict: Verdict) -> str:
    """The whole comment; long lists end with how much is left out."""
    text = "\n".join(_parts(verdict)) + "\n"
    return text if len(text) <= LIMIT else text[:LIMIT].rsplit("\n", 1)[0] + "\n\n*The rest is in the full report.*\n"


def _parts(verdict: Verdict) -> Iterator[str]:
    yield f"## {_SIGNS[verdict.exit_code]} Answer quality: {verdict.status}\n"
    yield f"{_cell(verdict.sentence, 600)}\n"
    if verdict.problems:
        yield from _table(
            ("line", "problem"), [_cells(f"{p.file}:{p.line}", p.text) for p in verdict.problems], len(verdict.problems)
        )
    comparison = verdict.comparison
    if verdict.broken:
        yield "### Must pass, and do not\n"
        rows = [_cells(o.gold.id, o.gold.question, expected(o.gold), given(o), o.stage or "") for o in verdict.broken]
        yield from _table(("id", "question", "expected", "given", "stage"), rows, len(rows))
    if comparison:
        yield from _flips(comparison)
        yield from _gates(comparison.gates)
    if verdict.run.outcomes:
        yield from _scores(verdict)
    if comparison:
        yield from _changes(comparison)


def _flips(comparison: Comparison) -> Iterator[str]:
    lost = [flip for flip in comparison.flips if flip.lost]
    gained = [flip for flip in comparison.flips if not flip.lost]
    for title, flips, opened in (("lost", lost, " open"), ("gained", gained, "")):
        if flips:
            yield f"<details{opened}><summary><b>{len(flips)} {title}</b></summary>\n"
            yield from _table(("id", "question", "expected", "before", "now", "stage"), map(_flip, flips), len(flips))
            yield "</details>\n"


def _flip(flip: Flip) -> tuple[str, ...]:
    gold = flip.after.gold
    stage = flip.after.stage if flip.lost else flip.before.stage
    return _cells(gold.id, gold.question, expected(gold), given(flip.before), given(flip.after), stage or "")


def _gates(gates: Sequence[Gate]) -> Iterator[str]:
    rows = [
        (
            f"{'pass' if g.passed else '**fail**'}",
            f"{g.name} ({g.test})",
            str(g.n),
            f"{g.before:.3f} → {g.after:.3f}",
            f"{100 * g.low:+.1f} … {100 * g.high:+.1f}",
            f"{g.losses} / {g.gains}",
            f"{g.p_holm:.2g}",
            "none" if g.visible is None else f"{100 * g.visible:.1f}",
        )
        for g in gates
    ]
    head = (
        "",
        "gate",
        "n",
        "before → now",
        "95 % interval, points",
        "lost / gained",
        "p (Holm)",
        "smallest visible drop",
    )
    yield from _table(head, rows, len(rows))


def _scores(verdict: Verdict) -> Iterator[str]:
    s = verdict.scores
    rows = [
        ("passed", f"{s.passed} of {s.questions}"),
        ("exact match, F1 (answerable)", f"{_share(s.em)}, {_share(s.f1)}"),
        ("F1 given the evidence", _share(s.oracle_f1)),
        ("unanswerable declined", _share(s.declined)),
        ("answerable declined", _share(s.false_abstain)),
        ("recall@5, MRR@10 by article", f"{_share(s.recall[5])}, {_share(s.mrr_10)}"),
        ("coverage at 5 % risk, AUROC", f"{_share(s.coverage_at_5)}, {_share(s.auroc)}"),
        ("citations valid", f"{s.citations - s.violations} of {s.citations}"),
    ]
    yield "<details><summary>Scores</summary>\n"
    yield from _table(("score", ""), rows, len(rows))
    yield "</details>\n"


def _changes(comparison: Comparison) -> Iterator[str]:
    lines = [f"- {name}: {_cell(a)} → {_cell(b)}" for name, (a, b) in comparison.changed.items()]
    lists: list[tuple[str, Sequence[Gold]]] = [
        ("new questions", comparison.added),
        ("removed questions", comparison.removed),
        ("edited questions, not compared", comparison.edited),
    ]
    lines += [f"- {len(golds)} {title}: {_ids([gold.id for gold in golds])}" for title, golds in lists if golds]
    if comparison.articles:
        lines.append(f"- {len(comparison.articles)} articles differ: {_ids(comparison.articles)}")
    if comparison.reworded:
        lines.append(f"- {len(comparison.reworded)} answered otherwise without flipping")
    if lines:
        yield "<details><summary>What is not the same as in the baseline</summary>\n"
        yield from lines
        yield "\n</details>\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], count: int) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for at, row in enumerate(rows):
        if at < _ROWS:
            yield f"| {' | '.join(row)} |"
    yield f"\n*and {count - _ROWS} more*\n" if count > _ROWS else ""


def _cells(*texts: str) -> tuple[str, ...]:
    return tuple(map(_cell, texts))


def _cell(text: str, most: int = _CELL) -> str:
    """One line that neither breaks a table, nor mentions people, nor becomes markup."""
    text = " ".join(text.split())
    text = text if len(text) <= most else text[: most - 1] + "…"
    return re.sub(r"([\\`*_\[\]|<>#~])", r"\\\1", text).replace("@", "@\u200b")


def _ids(ids: Sequence[str]) -> str:
    return ", ".join(f"`{id}`" for id in ids[:_ROWS]) + (f" and {len(ids) - _ROWS} more" if len(ids) > _ROWS else "")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
