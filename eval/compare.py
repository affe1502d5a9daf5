"""Two runs against each other: which questions flipped, and whether the differences are more than chance."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from eval import metrics, stats
from eval.gold import Gold
from eval.outcome import Outcome
from eval.record import PLACES
from eval.run import Run
from index.errors import QuotelineError

ALPHA = 0.05
MIN_EFFECT = 0.02

Test = Literal["exact McNemar", "clustered bootstrap"]


class NotComparableError(QuotelineError):
    """Two runs between which a difference would mean nothing."""

    status = 409
    code = "not_comparable"


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that passed on one side only."""

    before: Outcome
    after: Outcome

    @property
    def lost(self) -> bool:
        """Whether it passed before and does not now."""
        return self.before.passed


@dataclass(frozen=True, slots=True)
class Gate:
    """One statistical gate over n questions: means before and after, and whether the drop is large and no chance.

    losses, gains: questions that got worse and better. low, high: 95 % interval of the change. p: one-sided; p_holm:
    corrected for the number of gates. visible: the smallest drop that would have failed here, None when none could.
    """

    name: str
    test: Test
    n: int
    before: float
    after: float
    losses: int
    gains: int
    low: float
    high: float
    p: float
    p_holm: float
    visible: float | None
    passed: bool

    @property
    def change(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """Only questions equal on both sides are compared; the others are listed. changed: the facts that differ, by name,
    before and after. articles: ids of articles that differ. reworded: same verdict, another answer. min_effect: the
    smallest drop, as a share, that fails a gate."""

    before: Run
    compared: int
    flips: tuple[Flip, ...]
    reworded: tuple[Flip, ...]
    gates: tuple[Gate, ...]
    added: tuple[Gold, ...]
    removed: tuple[Gold, ...]
    edited: tuple[Gold, ...]
    changed: Mapping[str, tuple[str, str]]
    articles: tuple[str, ...]
    min_effect: float

    @property
    def failed(self) -> tuple[Gate, ...]:
        """The gates that do not pass."""
        return tuple(gate for gate in self.gates if not gate.passed)


Pairs = Sequence[tuple[Outcome, Outcome]]
Measure = Callable[[Outcome], float]


def compare(before: Run, after: Run, *, min_effect: float = MIN_EFFECT, selected: bool = False) -> Comparison:
    """Compares two runs; raises NotComparableError when a difference would mean nothing.

    `selected`: only some questions were asked now, so that those of `before` not asked are not missing.
    """
    if before.metrics != after.metrics:
        raise NotComparableError(
            f"the scores are of version {before.metrics} before and {after.metrics} now; run and bless anew"
        )
    if before.errors:
        raise NotComparableError(f"{len(before.errors)} questions of the baseline were never answered; bless another")
    old = {outcome.gold.id: outcome for outcome in before.outcomes}
    new = {outcome.gold.id: outcome for outcome in after.outcomes}
    shared = [(old[id], new[id]) for id in sorted(old.keys() & new.keys())]
    pairs = [(one, two) for one, two in shared if one.gold.digest == two.gold.digest]
    if not pairs:
        raise NotComparableError(
            f"none of the {len(new)} questions is the same in the baseline of {len(old)}; run and bless anew"
        )
    flips = [Flip(one, two) for one, two in pairs if one.passed != two.passed]
    facts = {name: (before.facts.get(name, ""), after.facts.get(name, "")) for name in {**before.facts, **after.facts}}
    named = before.articles.keys() & after.articles.keys() if selected else {**before.articles, **after.articles}
    return Comparison(
        before=before,
        compared=len(pairs),
        flips=tuple(sorted(flips, key=lambda flip: (not flip.lost, flip.after.gold.id))),
        reworded=tuple(Flip(*pair) for pair in pairs if pair[0].passed == pair[1].passed and _reworded(*pair)),
        gates=_gates(pairs, before.facts.get("ranked") == after.facts.get("ranked"), min_effect),
        added=tuple(new[id].gold for id in sorted(new.keys() - old.keys())),
        removed=() if selected else tuple(old[id].gold for id in sorted(old.keys() - new.keys())),
        edited=tuple(two.gold for one, two in shared if one.gold.digest != two.gold.digest),
        changed={name: pair for name, pair in sorted(facts.items()) if pair[0] != pair[1]},
        articles=tuple(sorted(id for id in named if before.articles.get(id) != after.articles.get(id))),
        min_effect=min_effect,
    )


def _gates(pairs: Pairs, same_depth: bool, least: float) -> tuple[Gate, ...]:
    """Right or wrong, F1, and the rank of the right article; ranks only when both sides ranked as many passages."""
    answerable = [pair for pair in pairs if pair[0].gold.expect != "no_answer"]
    measures: list[tuple[str, Pairs, Measure]] = [("right", pairs, lambda o: float(o.passed)), ("F1", pairs, _f1)]
    if answerable and same_depth:
        measures.append(("MRR@10", answerable, lambda o: metrics.reciprocal_rank(o.retrieved, o.gold.articles)))
    gates = [_gate(*measure, ALPHA / len(measures), least) for measure in measures]
    adjusted = stats.holm([gate.p for gate in gates])
    return tuple(
        replace(gate, p_holm=p, passed=gate.change > -least + 1e-9 or p >= ALPHA)
        for gate, p in zip(gates, adjusted, strict=True)
    )


def _gate(name: str, pairs: Pairs, measure: Measure, alpha: float, least: float) -> Gate:
    """One gate's figures; `alpha` is what the surest of the gates is held to."""
    n = len(pairs)
    differences = [round(round(measure(two), PLACES) - round(measure(one), PLACES), 9) for one, two in pairs]
    losses, gains = sum(d < 0 for d in differences), sum(d > 0 for d in differences)
    test: Test = "exact McNemar" if name == "right" else "clustered bootstrap"
    if test == "exact McNemar":
        low, high = stats.paired_interval(losses, gains, n)
        p = stats.mcnemar(losses, gains)
        fewest = stats.smallest_losses(gains, n, alpha, least)
        visible = None if fewest is None else (fewest - gains) / n
    else:
        clusters: dict[Hashable, list[float]] = {}
        for (one, _), difference in zip(pairs, differences, strict=True):
            clusters.setdefault(cluster(one.gold), []).append(difference)
        shift = stats.bootstrap(clusters)
        low, high, p = shift.low, shift.high, shift.p
        visible = stats.smallest_shift(shift.error, n, len(clusters), alpha, least)
    before, after = (sum(measure(pair[side]) for pair in pairs) / n for side in (0, 1))
    return Gate(name, test, n, before, after, losses, gains, low, high, p, p_holm=p, visible=visible, passed=True)


def _f1(outcome: Outcome) -> float:
    return outcome.f1


def cluster(gold: Gold) -> str:
    """Questions of one article stand or fall together; a question of no article stands alone."""
    return gold.articles[0] if gold.articles else f"question {gold.id}"


def _reworded(one: Outcome, two: Outcome) -> bool:
    return (one.answered, one.prediction) != (two.answered, two.prediction)
