"""Does confidence know? Discrimination, risk against coverage, and calibration, over (confidence, right) pairs.

`right` is whether the best candidate answers the question; an unanswerable question has no right candidate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Judged = Sequence[tuple[float, bool]]


@dataclass(frozen=True, slots=True)
class Point:
    """Answering every question of at least this confidence: the share answered, and the share of those wrong."""

    confidence: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence is in [low, high), the last bin's high included: how many, how sure, how right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def auroc(judged: Judged) -> float | None:
    """How often a right candidate is surer than a wrong one, ties half (Mann-Whitney); None without both kinds."""
    right = [confidence for confidence, is_right in judged if is_right]
    wrong = [confidence for confidence, is_right in judged if not is_right]
    if not right or not wrong:
        return None
    wins = sum((one > other) + 0.5 * (one == other) for one in right for other in wrong)
    return wins / (len(right) * len(wrong))


def risk_coverage(judged: Judged) -> list[Point]:
    """The curve from the surest answer to all of them; equal confidences are answered together (El-Yaniv 2010)."""
    ordered = sorted(judged, key=lambda pair: -pair[0])
    points = []
    wrong = 0
    for at, (confidence, is_right) in enumerate(ordered, 1):
        wrong += not is_right
        if at == len(ordered) or ordered[at][0] != confidence:
            points.append(Point(confidence, at / len(ordered), wrong / at))
    return points


def coverage_at_risk(judged: Judged, risk: float = 0.05) -> float | None:
    """The largest share of questions that can be answered with at most `risk` of the answers wrong; None of nothing."""
    return max((p.coverage for p in risk_coverage(judged) if p.risk <= risk), default=0.0) if judged else None


def reliability(judged: Judged, bins: int = 10) -> list[Bin]:
    """Equal-width bins of confidence; the empty ones are left out."""
    found: dict[int, list[tuple[float, bool]]] = {}
    for pair in judged:
        found.setdefault(min(bins - 1, int(pair[0] * bins)), []).append(pair)
    return [
        Bin(
            at / bins,
            (at + 1) / bins,
            len(members),
            math.fsum(confidence for confidence, _ in members) / len(members),
            sum(is_right for _, is_right in members) / len(members),
        )
        for at, members in sorted(found.items())
    ]


def ece(judged: Judged, bins: int = 10) -> float | None:
    """Expected calibration error: the mean gap between confidence and being right, by bin (Naeini et al. 2015)."""
    if not judged:
        return None
    return math.fsum(b.count * abs(b.right - b.confidence) for b in reliability(judged, bins)) / len(judged)


def brier(judged: Judged) -> float | None:
    """The mean squared gap between confidence and being right; None of nothing."""
    return math.fsum((c - is_right) ** 2 for c, is_right in judged) / len(judged) if judged else None
