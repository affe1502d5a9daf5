"""What a vector index is held against: exact search in numpy, and a history of writes."""

from collections.abc import Iterable

import numpy as np

from index.kinds import Ids, Matrix
from index.vectors import VectorIndex

NONE: Ids = np.empty(0, dtype=np.int64)


def exact(stored: Matrix, query: Matrix, live: Iterable[int], k: int) -> list[int]:
    """The k best of `live`, rows of `stored`, ties by id."""
    return sorted(live, key=lambda i: (-round(float(stored[i] @ query), 6), i))[:k]


def change(
    index: VectorIndex, stored: Matrix, first: set[int], later: set[int], gone: set[int], *, publish: bool
) -> None:
    """Adds `later` to an index of `first`, removes what it has of `gone`, and publishes if asked to."""
    added = np.array(sorted(later), dtype=np.int64)
    index.apply(added, stored[added], NONE)
    index.apply(NONE, stored[NONE], np.array(sorted(gone & (first | later)), dtype=np.int64))
    if publish:
        index.publish()
