"""What each command does: values in, exit code out. The command line itself is read in __main__."""

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from eval import aa, record
from eval.annotations import github
from eval.compare import MIN_EFFECT, NotComparableError, compare
from eval.explain import explain
from eval.gold import Checked, Gold, GoldError, Problem, check, load
from eval.html import html
from eval.junit import junit
from eval.markdown import markdown
from eval.opening import Target, opened
from eval.record import RecordError
from eval.report import listed, print_verdict
from eval.run import Run, run
from eval.verdict import Verdict, given
from index.errors import QuotelineError
from index.types import Outcome as Ingested

_WIDTH = 160  # of tables that go to a file or pipe

out = Console(width=None if sys.stdout.isatty() else _WIDTH, emoji=False)  # "a.jsonl:100: …" is no emoji
err = Console(stderr=True, width=None if sys.stderr.isatty() else _WIDTH, emoji=False)


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the verdict is written, None for nowhere."""

    json: Path | None = None
    junit: Path | None = None
    md: Path | None = None
    html: Path | None = None
    annotations: str | None = None
    only_failed: bool = False


def run_gate(
    target: Target,
    gold: Sequence[Path],
    tags: frozenset[str],
    baseline: Path | Literal["auto"] | None,
    reports: Reports,
    min_effect: float = MIN_EFFECT,
) -> int:
    """Asks, compares with the baseline (None for none), reports; returns the exit code, whatever happens."""
    for path in (reports.json, reports.junit, reports.md, reports.html):
        if path is not None:
            path.unlink(missing_ok=True)  # a report that is there is this run's
    try:
        verdict = _judged(target, gold, tags, baseline, min_effect)
    except GoldError as error:
        verdict = Verdict(problems=error.problems)
    except QuotelineError as error:
        verdict = Verdict(trouble=str(error))
    except (Exception, KeyboardInterrupt) as error:
        traceback.print_exc()
        verdict = Verdict(trouble=f"The run broke off ({type(error).__name__}: {error}); see the log.")
    return report(verdict, reports)


def compare_runs(before: Path, after: Path, reports: Reports, min_effect: float = MIN_EFFECT) -> int:
    """Compares two run files."""
    try:
        new = record.read(after)
    except RecordError as error:
        return report(Verdict(trouble=str(error)), reports)
    return report(_compared(new, before, min_effect, selected=False), reports)


def bless(path: Path, why: str, baseline: Path | None) -> int:
    """Makes a run the baseline; refuses one that is incomplete or cites what is not there."""
    try:
        found = record.read(path)
    except RecordError as error:
        return _trouble(error, 4)
    verdict = Verdict(found)
    if not found.outcomes or found.errors:
        return _trouble(f"{path} is not complete: {verdict.sentence}", 4)
    if verdict.invalid:
        return _trouble(verdict.sentence, 1)
    to = baseline or auto_baseline([Path(outcome.gold.file) for outcome in found.outcomes])
    covered = {outcome.gold.id for outcome in found.outcomes}
    try:
        dropped = [o.gold.id for o in record.read(to).outcomes if o.gold.id not in covered]
    except RecordError:
        dropped = []
    record.write(record.as_baseline(found, why), to)
    out.print(f"{to} now holds {len(covered)} questions", soft_wrap=True, highlight=False)
    if dropped:
        out.print(f"{len(dropped)} of the earlier baseline are no longer covered: {escape(listed(dropped))}")
    if verdict.broken:
        out.print(escape(f"it stays red: {verdict.sentence}"), soft_wrap=True)
    return 0


def explain_one(target: Target, gold: Sequence[Path], id: str) -> int:
    """Asks one question again and shows everything that led to its answer."""
    found = [question for question in load(gold) if question.id == id]
    if not found:
        return _trouble(f"there is no question {id!r}; name other --gold files", 2)
    with opened(target, _refused) as it:
        explain(it.subject, found[0], out)
    return 0


def against_itself(target: Target, gold: Sequence[Path], tags: frozenset[str]) -> int:
    """Runs twice under other circumstances; 1 when any answer differs, 4 when any is missing."""
    questions = _selected(load(gold), tags)
    if not questions:
        return report(Verdict(), Reports())
    with _progress(2 * len(questions)) as advance:
        one, two = aa.twice(target, questions, advance)
    if errors := (*one.errors, *two.errors):
        return report(Verdict(Run(errors)), Reports())
    flips = aa.differences(one, two)
    for a, b in flips:
        out.print(escape(f"{a.gold.id} {a.gold.question}: {given(a)!r}, then {given(b)!r}"), soft_wrap=True)
    out.print(f"{len(flips)} of {len(questions)} answers differ between the two runs")
    return 1 if flips else 0


def report(verdict: Verdict, reports: Reports) -> int:
    """Prints the verdict and writes what was asked for; returns its exit code."""
    if reports.json and verdict.run.outcomes:
        record.write(verdict.run, reports.json)
    for path, render in ((reports.md, markdown), (reports.html, html)):
        if path:
            path.write_text(render(verdict), encoding="utf-8")
    if reports.junit:
        reports.junit.write_bytes(junit(verdict))
    print_verdict(verdict, out, only_failed=reports.only_failed)
    if reports.annotations == "github":
        for line in github(verdict):
            out.print(line, soft_wrap=True, markup=False, highlight=False)
    return verdict.exit_code


def auto_baseline(gold: Sequence[Path]) -> Path:
    """Where the baseline of these gold files lies: in `baselines` beside a folder `gold`, else in their own folder."""
    files = sorted(set(gold))
    folder = files[0].parent
    name = files[0].stem if len(files) == 1 else "all"
    return (folder.parent if folder.name == "gold" else folder) / "baselines" / f"{name}.json"


def _judged(
    target: Target,
    gold: Sequence[Path],
    tags: frozenset[str],
    baseline: Path | Literal["auto"] | None,
    min_effect: float,
) -> Verdict:
    active = _selected(load(gold), frozenset())
    questions = _selected(active, tags)
    if not questions:
        return Verdict()
    if baseline == "auto":
        baseline = auto_baseline([Path(question.file) for question in active])
    with opened(target, _refused) as it:
        named = dict.fromkeys(id for question in questions for id in (*question.articles, *question.by_article))
        if problems := stale(check(questions, it.texts(named))):
            return Verdict(problems=tuple(problems))
        with _progress(len(questions)) as advance:
            found = run(it.subject, questions, advance, it.memory)
    return _compared(found, baseline, min_effect, selected=bool(tags)) if baseline else Verdict(found)


def _compared(found: Run, baseline: Path, min_effect: float, *, selected: bool) -> Verdict:
    if not found.outcomes or found.errors:
        return Verdict(found, baseline_wanted=True)
    try:
        comparison = compare(record.read(baseline), found, min_effect=min_effect, selected=selected)
    except RecordError as error:
        advice = "bless a run that you have looked at: python -m eval bless RUN -m WHY"
        return Verdict(found, trouble=f"{error}; {advice}", baseline_wanted=True)
    except NotComparableError as error:
        return Verdict(found, trouble=str(error), baseline_wanted=True)
    return Verdict(found, comparison, baseline_wanted=True)


def stale(checked: Sequence[Checked]) -> list[Problem]:
    """What is wrong with the questions that no longer stand."""
    return [one.problem for one in checked if one.problem]


def _selected(questions: Sequence[Gold], tags: frozenset[str]) -> list[Gold]:
    return [gold for gold in questions if gold.status == "active" and (not tags or tags & set(gold.tags))]


def _trouble(what: object, code: int) -> int:
    err.print(escape(str(what)), soft_wrap=True)
    return code


def _refused(outcome: Ingested) -> None:
    err.print(escape(f"{outcome.id} is refused: {outcome.reason}"), soft_wrap=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[object], None]]:
    """A bar on the terminal; each call moves it on by one."""
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("asking", total=total)
        yield lambda _: bar.advance(task)
