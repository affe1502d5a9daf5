"""Runs gold questions over a subject: an outcome a question."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from eval.citations import citations, violations
from eval.gold import Gold
from eval.outcome import Outcome, judge
from eval.subject import Subject

METRICS = "2"  # version of what the scores mean; runs of different versions are not compared
INTERRUPTED = "interrupted before it was asked"


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked and what came of it, in the order of the questions; also what a baseline is.

    facts: what answered, by name (see Subject.facts). articles: the content hash of each article the questions name.
    why: of a baseline, the reason it was blessed.
    """

    outcomes: tuple[Outcome, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    articles: Mapping[str, str] = field(default_factory=dict)
    metrics: str = METRICS
    why: str = ""

    @property
    def errors(self) -> tuple[Outcome, ...]:
        """The questions that could not be asked."""
        return tuple(outcome for outcome in self.outcomes if outcome.error is not None)


class Memory(Protocol):
    """Outcomes of earlier runs in which everything was the same."""

    def get(self, gold: Gold) -> Outcome | None:
        """The outcome, None when it is not known."""
        ...

    def put(self, outcome: Outcome) -> None:
        """Keeps an outcome for the next run."""
        ...


def run(
    subject: Subject,
    questions: Iterable[Gold],
    seen: Callable[[Outcome], None] = lambda _: None,
    memory: Memory | None = None,
) -> Run:
    """Asks every question, but those `memory` knows; `seen` gets each outcome as it comes.

    An error is an outcome, it does not stop the run; after an interrupt the questions not asked are errors, too.
    """
    outcomes: list[Outcome] = []
    interrupted = False
    for gold in questions:
        try:
            outcome = Outcome(gold, error=INTERRUPTED) if interrupted else _recalled(subject, gold, memory)
        except KeyboardInterrupt:
            interrupted = True
            outcome = Outcome(gold, error=INTERRUPTED)
        except Exception as error:
            outcome = Outcome(gold, error=f"{type(error).__name__}: {error}")
        seen(outcome)
        outcomes.append(outcome)
    named = dict.fromkeys(id for outcome in outcomes for id in outcome.gold.articles)
    try:
        return Run(tuple(outcomes), subject.facts(), subject.digests(named))
    except Exception:
        if not any(outcome.error for outcome in outcomes):
            raise
        return Run(tuple(outcomes))


def _recalled(subject: Subject, gold: Gold, memory: Memory | None) -> Outcome:
    if memory is None:
        return _ask(subject, gold)
    outcome = memory.get(gold)
    if outcome is None:
        outcome = _ask(subject, gold)
        memory.put(outcome)
    return outcome


def _ask(subject: Subject, gold: Gold) -> Outcome:
    answer, timings = subject.ask(gold)
    candidate = answer if answer.best else subject.ask(gold, min_confidence=0.0)[0]
    outcome = judge(gold, answer, candidate, subject.ranked(gold), subject.oracle(gold))
    return replace(
        outcome,
        citations=len(list(citations(answer))),
        violations=tuple(violations(answer, subject.text)),
        timings_ms=timings,
    )
