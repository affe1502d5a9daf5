"""Retrieval measures on ranked ids and plain statistics; relevance is binary. Answer scores are in rag.squad.

Definitions follow trec_eval (recall_k, recip_rank at a cut-off, ndcg_cut_k); equal scores rank by id, so that a rank
never depends on the order of arrival.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence


def rank(scores: Mapping[str, float]) -> list[str]:
    """Ids by falling score, equal ones by id."""
    return [id for _, id in sorted((-score, id) for id, score in scores.items())]


def recall(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """The share of the relevant ids among the first k; raises ValueError when none is relevant."""
    return len(_relevant(relevant).intersection(ranked[:k])) / len(set(relevant))


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """1 / the rank of the first relevant id, 0.0 when it is not among the first k."""
    wanted = _relevant(relevant)
    return next((1 / at for at, id in enumerate(ranked[:k], 1) if id in wanted), 0.0)


def ndcg(ranked: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """Gain 1 for a relevant id, discounted by log2(rank + 1), over the best that k ranks could hold."""
    wanted = _relevant(relevant)
    gained = sum(1 / math.log2(at + 1) for at, id in enumerate(ranked[:k], 1) if id in wanted)
    return gained / sum(1 / math.log2(at + 1) for at in range(1, min(len(wanted), k) + 1))


def found(rank: int | None, k: int) -> float:
    """Evidence-span recall of one question: 1.0 when the first passage that holds the evidence is among the first k."""
    return float(rank is not None and rank <= k)


def mean(values: Iterable[float]) -> float | None:
    """The mean, None of nothing: no questions is not a score of 0."""
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else None


def percentile(values: Iterable[float], share: float) -> float | None:
    """The smallest value that `share` (0..1) of the values do not exceed (nearest rank); None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _relevant(ids: Collection[str]) -> frozenset[str]:
    if not ids:
        raise ValueError("no id is relevant, so the measure is undefined; leave the question out")
    return frozenset(ids)
