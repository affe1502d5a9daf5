"""Is a difference real? Paired tests, intervals and what a comparison could have seen, in plain numbers.

Exact McNemar: the sign test on the questions that changed (Dietterich 1998). Intervals: Wilson (1927) for one share,
Agresti and Min (2005) for the difference of paired shares, a percentile bootstrap over clusters for means. Holm (1979)
corrects for asking several questions at once.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

RESAMPLES = 10_000
_SEED = 20_200_229


@dataclass(frozen=True, slots=True)
class Shift:
    """A mean difference (after minus before), its 95 % interval, the one-sided p of no drop, and its standard error."""

    mean: float
    low: float
    high: float
    p: float
    error: float


def mcnemar(losses: int, gains: int) -> float:
    """Exact one-sided p: how often chance alone turns at least `losses` of the changed questions into losses."""
    changed = losses + gains
    return float(sum(math.comb(changed, k) for k in range(losses, changed + 1)) / (1 << changed))


def holm(ps: Sequence[float]) -> list[float]:
    """Each p adjusted for all of them, in order; comparing these with alpha keeps the chance of any false alarm."""
    order = sorted(range(len(ps)), key=lambda at: ps[at])
    adjusted = [0.0] * len(ps)
    running = 0.0
    for place, at in enumerate(order):
        running = max(running, min(1.0, (len(ps) - place) * ps[at]))
        adjusted[at] = running
    return adjusted


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share; (0, 1) of nothing."""
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, spread = successes / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def paired_interval(losses: int, gains: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of (gains - losses) / n by Agresti and Min: half a question is added to each of the four cells."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    size, lost, gained = n + 2.0, losses + 0.5, gains + 0.5
    middle = (gained - lost) / size
    half = z * math.sqrt((lost + gained) - (gained - lost) ** 2 / size) / size
    return max(-1.0, middle - half), min(1.0, middle + half)


def bootstrap(differences: Mapping[Hashable, Sequence[float]]) -> Shift:
    """The mean of differences that come in clusters, resampled by cluster (questions of one article fail together).

    p is the share of resamples without a drop, and never below what a sign test over the clusters that changed could
    give: one article alone proves nothing. The order of clusters is theirs by name, so the result is reproducible.
    Raises ValueError when there is no difference at all to speak of.
    """
    if not any(differences.values()):
        raise ValueError("there is no difference to resample; compare at least one question")
    clusters = [differences[key] for key in sorted(differences, key=str)]
    sums = np.array([math.fsum(cluster) for cluster in clusters])
    sizes = np.array([float(len(cluster)) for cluster in clusters])
    drawn = np.random.default_rng(_SEED).integers(0, len(clusters), size=(RESAMPLES, len(clusters)))
    means = np.round(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), 12)
    mean = float(sums.sum() / sizes.sum())
    low, high = np.quantile(means, [0.025, 0.975])
    chance = (1 + int((means >= 0).sum())) / (1 + RESAMPLES)
    floor = 0.5 ** int(np.count_nonzero(np.round(sums, 12)))
    return Shift(mean, float(low), float(high), max(chance, floor), float(means.std()))


def smallest_losses(gains: int, n: int, alpha: float, least: float) -> int | None:
    """The fewest losses, beside as many gains, that a McNemar gate would fail on; None when n questions are too few.

    `least` is the smallest drop (a share of n) that counts.
    """
    for losses in range(gains, n - gains + 1):
        if losses - gains >= least * n - 1e-9 and mcnemar(losses, gains) < alpha:
            return losses
    return None


def smallest_shift(error: float, n: int, clusters: int, alpha: float, least: float) -> float | None:
    """The smallest mean drop that a bootstrap gate would about fail on, given the standard error it saw.

    At least as much as the fewest clusters whose loss can be significant lose when each loses one question whole; None
    when there are fewer clusters.
    """
    fewest = math.floor(math.log2(1 / alpha)) + 1
    return max(least, NormalDist().inv_cdf(1 - alpha) * error, fewest / n) if fewest <= clusters else None
