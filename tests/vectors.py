"""What a vector index is held against: exact search in numpy, and a history of writes."""

from collections.abc import Iterable

import numpy as np

from index.types import Ids, Vectors
from index.vectors import VectorIndex

NONE: Ids = np.empty(0, dtype=np.int64)


def exact(stored: Vectors, query: Vectors, live: Iterable[int], k: int) -> list[int]:
    """The k best of `live`, rows of `stored`, ties by id."""
    return sorted(live, key=lambda i: (-round(float(stored[i] @ query), 6), i))[:k]


def finds_what_is_alive(
    index: VectorIndex,
    stored: Vectors,
    first: set[int],
    later: set[int],
    gone: set[int],
    allowed: set[int] | None,
    query: int,
    *,
    publish: bool,
) -> None:
    """After the changes, an index of `first` gives the 10 best that are alive and allowed, in order."""
    change(index, stored, first, later, gone, publish=publish)
    live = (first | later) - gone
    limit = None if allowed is None else np.array(sorted(allowed), dtype=np.int64)
    found = [i for i, _ in index.search(stored[query], 10, limit)]
    assert found == exact(stored, stored[query], live if allowed is None else live & allowed, 10)
    assert len(index) == len(live)


def change(
    index: VectorIndex, stored: Vectors, first: set[int], later: set[int], gone: set[int], *, publish: bool
) -> None:
    """Adds `later` to an index of `first`, removes what it has of `gone`, and publishes if asked to."""
    added = np.array(sorted(later), dtype=np.int64)
    index.apply(added, stored[added], NONE)
    index.apply(NONE, stored[NONE], np.array(sorted(gone & (first | later)), dtype=np.int64))
    if publish:
        index.publish()
