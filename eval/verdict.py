"""The verdict: one object from which the exit code, the text and every report are rendered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eval.compare import Comparison
from eval.gold import Gold, Problem
from eval.outcome import Outcome
from eval.run import Run
from eval.scores import Scores, score

Exit = Literal[0, 1, 3, 4, 5]
Severity = Literal["error", "warning", "notice"]

STATUS: dict[Exit, str] = {
    0: "pass",
    1: "gate failed",
    3: "gold invalid or stale",
    4: "run incomplete",
    5: "baseline missing or not comparable",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to see, at the gold line it is about (line 0: about no line)."""

    severity: Severity
    title: str
    text: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run means. Never 0 unless every selected question was answered and every gate that was asked for held.

    problems: what is wrong with the gold, then nothing was asked. trouble: why nothing could be asked, or why there is
    no comparison. comparison: None when none was asked for or possible.
    """

    run: Run = Run(())
    comparison: Comparison | None = None
    problems: tuple[Problem, ...] = ()
    trouble: str = ""
    baseline_wanted: bool = False

    @property
    def exit_code(self) -> Exit:
        """The first of these that holds: 3, 1 for what must never be, 4, 5, 1 for a drop, 0."""
        if self.problems:
            return 3
        if self.invalid or self.broken:
            return 1
        if not self.run.outcomes or self.run.errors:
            return 4
        if self.comparison is None:
            return 5 if self.baseline_wanted else 0
        return 1 if self.comparison.failed else 0

    @property
    def status(self) -> str:
        """The exit code in words."""
        return STATUS[self.exit_code]

    @property
    def scores(self) -> Scores:
        """The scores of the run."""
        return score(self.run.outcomes)

    @property
    def invalid(self) -> tuple[Outcome, ...]:
        """Questions answered with an invalid citation: an invariant, one fails the run."""
        return tuple(o for o in self.run.outcomes if o.violations)

    @property
    def broken(self) -> tuple[Outcome, ...]:
        """Questions that must pass and do not, and those that give an answer they reject; errors are counted apart."""
        return tuple(
            o for o in self.run.outcomes if not o.passed and o.error is None and (o.gold.must_pass or o.rejected)
        )

    @property
    def guarded(self) -> int:
        """How many questions must pass or reject an answer."""
        return sum(o.gold.must_pass or bool(o.gold.rejected_answers) for o in self.run.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Every question that did not pass, by stage and id."""
        return tuple(sorted((o for o in self.run.outcomes if not o.passed), key=lambda o: (o.stage or "", o.gold.id)))

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        return _sentence(self)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What to see, the gravest first."""
        return tuple(_notes(self))


def expected(gold: Gold) -> str:
    """What a right answer says, in short."""
    if gold.expect == "no_answer":
        return "no answer"
    if gold.expect == "conflict":
        return " and ".join(dict.fromkeys(spans[0] for spans in gold.by_article.values() if spans))
    return next(iter(gold.answers), "not said yet")  # of a candidate


def given(outcome: Outcome) -> str:
    """What was answered; of a declined question, what would have been."""
    if outcome.error:
        return outcome.error
    if outcome.answered:
        return outcome.prediction
    return f"declined (best: {outcome.candidate})" if outcome.candidate else "declined"


def _sentence(verdict: Verdict) -> str:
    run, comparison = verdict.run, verdict.comparison
    if verdict.problems:
        return f"{_count(len(verdict.problems), 'gold line')} invalid or stale; nothing was asked."
    if verdict.invalid:
        return f"{_count(len(verdict.invalid), 'question')} answered with an invalid citation; not one may be."
    if verdict.broken:
        why = "gave an answer that they reject" if all(o.rejected for o in verdict.broken) else "must pass and did not"
        return f"{_count(len(verdict.broken), 'question')} {why}: {_ids(verdict.broken)}."
    if not run.outcomes:
        return verdict.trouble or "No active question is selected; name other --gold files or --tags."
    if run.errors:
        return f"{len(run.errors)} of {_count(len(run.outcomes), 'question')} could not be asked: {run.errors[0].error}"
    if comparison is None:
        passed = f"{verdict.scores.passed} of {_count(len(run.outcomes), 'question')} passed"
        return f"{passed}; {verdict.trouble or 'not compared with a baseline.'}"
    lost = sum(flip.lost for flip in comparison.flips)
    changed = f"{lost} lost and {len(comparison.flips) - lost} gained of {_count(comparison.compared, 'question')}"
    if comparison.failed:
        drops = ", ".join(f"{g.name} {100 * g.change:+.1f} points (p {g.p_holm:.2g})" for g in comparison.failed)
        return f"Significant drop: {drops}; {changed}."
    blind = all(gate.visible is None for gate in comparison.gates)
    few = " So few questions can show no drop: mark those that must_pass, or write more." if blind else ""
    return f"{'No significant drop' if comparison.flips else 'Nothing flipped'}: {changed}.{few}"


def _notes(verdict: Verdict) -> Sequence[Note]:
    notes = [Note("error", "gold invalid or stale", p.text, p.file, p.line) for p in verdict.problems]
    notes += [_note("error", "invalid citation", o, o.violations[0]) for o in verdict.invalid]
    notes += [
        _note("error", "rejected answer given again" if o.rejected else "must pass, but failed", o, _told(o))
        for o in verdict.broken
    ]
    notes += [_note("error", "could not be asked", o, o.error or "") for o in verdict.run.errors]
    if verdict.comparison:
        grave: Severity = "error" if verdict.comparison.failed else "warning"
        known = {o.gold.id for o in verdict.broken}
        notes += [
            _note(
                grave if flip.lost else "notice",
                "passed before" if flip.lost else "passes now",
                flip.after,
                f"{_told(flip.after)}; before: {given(flip.before)}",
            )
            for flip in verdict.comparison.flips
            if flip.after.gold.id not in known
        ]
    if verdict.trouble:
        notes.append(Note("error" if verdict.exit_code in (4, 5) else "notice", verdict.status, verdict.trouble))
    if verdict.exit_code and not any(note.severity == "error" for note in notes):
        notes.insert(0, Note("error", verdict.status, verdict.sentence))
    return notes


def _note(severity: Severity, title: str, outcome: Outcome, text: str) -> Note:
    gold = outcome.gold
    return Note(severity, f"{gold.id} {title}", f"{gold.question} {text}", gold.file, gold.line)


def _told(outcome: Outcome) -> str:
    stage = f" ({outcome.stage})" if outcome.stage else ""
    return f"expected: {expected(outcome.gold)}; given: {given(outcome)}{stage}"


def _ids(outcomes: Sequence[Outcome], most: int = 5) -> str:
    more = f" and {len(outcomes) - most} more" if len(outcomes) > most else ""
    return ", ".join(o.gold.id for o in outcomes[:most]) + more


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
