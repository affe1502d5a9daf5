"""FAISS, a cache: a base that is never changed, a small delta on top of it, and tombstones.

The base is of the kind that suits its size (index/kinds.py), and lies in files (index/published.py). Nothing here is
the truth: whatever does not match is built again from the stored embeddings. A base is never mutated (FAISS `add`
beside `search` crashes); writers replace the whole immutable `State`. Lists are learned beside reads and writes:
`outgrown`, `learned`, `adopt`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from index import kinds
from index.kinds import Load
from index.published import Published
from index.types import Ids, Vectors

_EMPTY = np.empty(0, dtype=np.int64)
_DELTA = (4096, 16_384)  # least and most changes that are searched one by one before they are published
_SAMPLE = 16  # vectors of a base, spread over it and its newest, that are held against what is stored
_ALIKE = 0.98  # cosine of a vector and its code, at least
_NEAR = 8  # candidates beyond those asked for, whose float32 products may be out of order


@dataclass(frozen=True, slots=True)
class State:
    """What a search sees: base (ids ascending) + delta - tombstones.

    trained: how many passages the base was built of; it may have grown since.
    """

    base: faiss.Index
    trained: int
    base_ids: Ids
    delta_ids: Ids
    delta: Vectors
    tombstones: Ids

    @property
    def live(self) -> Ids:
        """The ids of all passages, ascending."""
        return np.concatenate([self.base_ids[~np.isin(self.base_ids, self.tombstones)], self.delta_ids])


class VectorIndex:
    """Nearest passages by inner product. Many threads may search; one at a time may write."""

    def __init__(
        self,
        folder: Path,
        dimension: int,
        fingerprint: str,
        *,
        read_only: bool = False,
        exact_until: int | None = None,
    ) -> None:
        self._files = Published(folder, dimension, fingerprint, read_only=read_only)
        self._dimension = dimension
        self._exact_until = kinds.EXACT_UNTIL if exact_until is None else exact_until
        self._load: Load = lambda ids: np.full((len(ids), dimension), np.nan, dtype=np.float32)
        self._state = self._based(kinds.flat(_EMPTY, self._none(), dimension), _EMPTY, 0)

    @property
    def set_aside(self) -> Sequence[str]:
        """Why files were not used, one sentence each."""
        return self._files.set_aside

    def open(self, live: Ids, load: Load) -> None:
        """Loads the published index and brings it up to `live`, the ids of all passages, ascending.

        load: is kept, to score what an approximate index finds and to build the next one.
        """
        self._load = load
        read = self._files.read()
        if read is not None and not self._agrees(read[0], live):
            self._files.put_aside("the vectors are not those of the database")
            read = None
        if read is None:
            self._state = self._built(live)
            if len(live):
                self._write()
            return
        base, trained = read
        ids = kinds.ids_of(base)
        fresh = np.setdiff1d(live, ids, assume_unique=True)
        gone = np.setdiff1d(ids, live, assume_unique=True)
        self._state = State(base, trained, ids, fresh, load(fresh), gone)

    def _agrees(self, base: faiss.Index, live: Ids) -> bool:
        """Whether a sample of the vectors is as stored: a database that came from a copy has other passages by the same
        numbers."""
        shared = np.intersect1d(kinds.ids_of(base), live, assume_unique=True)
        spread = shared[np.linspace(0, len(shared) - 1, _SAMPLE).astype(int)] if len(shared) else shared
        sample = np.union1d(spread, shared[-_SAMPLE:])
        held, stored = kinds.held(base, sample), self._load(sample)
        lengths = np.linalg.norm(held, axis=1) * np.linalg.norm(stored, axis=1)
        return bool(((held * stored).sum(axis=1) >= _ALIKE * lengths).all())

    def apply(self, ids: Ids, vectors: Vectors, gone: Ids) -> None:
        """Makes a committed write visible; publishes a new base when the delta has grown."""
        state = self._state
        kept = ~np.isin(state.delta_ids, gone)
        buried = np.union1d(state.tombstones, gone[np.isin(gone, state.base_ids)])
        delta_ids = np.concatenate([state.delta_ids[kept], ids])
        delta = np.concatenate([state.delta[kept], vectors])
        self._state = State(state.base, state.trained, state.base_ids, delta_ids, delta, buried)
        least, most = _DELTA
        if len(delta_ids) + len(buried) > max(least, min(len(state.base_ids) // 4, most)):
            self.publish()

    def publish(self, *, anew: bool = False) -> bool:
        """Writes base + delta - tombstones as the next generation and swaps it in; no change, no file.

        False where the files do not hold it all now: they could not be written.

        anew: lists are learned, too, where the library has outgrown its base; of a million that takes minutes.
        """
        state = self._state
        anew = anew and self.outgrown
        if not anew and not len(state.delta_ids) and not len(state.tombstones) and self._files.kept:
            return True
        ids = state.live
        inverted = kinds.is_inverted(state.base)
        if anew or (inverted and len(ids) <= self._exact_until // 2):
            self._state = self._built(ids)
        elif inverted:
            base = kinds.grown(state.base, state.tombstones, state.delta_ids, state.delta)
            self._state = self._based(base, ids, state.trained)
        else:
            keep = ~np.isin(state.base_ids, state.tombstones)
            kept = faiss.downcast_index(state.base.index).reconstruct_n(0, len(keep)) if len(keep) else self._none()
            vectors = np.concatenate([kept[keep], state.delta])
            self._state = self._based(kinds.flat(ids, vectors, self._dimension), ids, len(ids))
        self._write()
        return self._files.kept

    @property
    def outgrown(self) -> bool:
        """Whether there are too many passages for an exact base, or twice as many as the lists were learned from."""
        state = self._state
        return len(self) > (
            max(self._exact_until, 2 * state.trained) if kinds.is_inverted(state.base) else self._exact_until
        )

    def learned(self, between: Callable[[], None] = lambda: None) -> faiss.Index:
        """Lists learned from what is stored now, for `adopt`; changes nothing. See kinds.inverted for `between`."""
        return kinds.inverted(self._state.live, self._load, self._dimension, between)

    def adopt(self, lists: faiss.Index) -> None:
        """Makes lists that were `learned`, and what was written since, the next generation."""
        live, held = self._state.live, kinds.ids_of(lists)
        fresh, gone = np.setdiff1d(live, held, assume_unique=True), np.setdiff1d(held, live, assume_unique=True)
        self._state = self._based(kinds.grown(lists, gone, fresh, self._load(fresh)), live, len(held))
        self._write()

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """(passage id, inner product) of the k best, best first, ties by id; `allowed` limits the ids exactly.

        query: shape (dimension,). Products are exact, whichever part of the index found them; in a large library
        without `allowed`, a few of the best may be missing.
        """
        state = self._state
        row = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        ids = self._search_base(state, row, k + _NEAR, allowed) if len(state.base_ids) else _EMPTY
        if len(state.delta_ids):
            mask = np.isin(state.delta_ids, allowed) if allowed is not None else np.ones(len(state.delta_ids), bool)
            best = np.argsort(-(state.delta[mask] @ row[0]), kind="stable")[: k + _NEAR]
            ids = np.concatenate([ids, state.delta_ids[mask][best]])
        products = np.round(self._load(ids).astype(np.float64) @ row[0].astype(np.float64), 6)
        ids, products = ids[there := ~np.isnan(products)], products[there]
        best = np.lexsort((ids, -products))[:k]
        return list(zip(ids[best].tolist(), products[best].tolist(), strict=True))

    def __len__(self) -> int:
        return len(self._state.base_ids) - len(self._state.tombstones) + len(self._state.delta_ids)

    def _search_base(self, state: State, row: Vectors, k: int, allowed: Ids | None) -> Ids:
        selector = _selector(state, allowed)
        if kinds.is_inverted(state.base):
            return kinds.nearest(state.base, row, kinds.MORE * k, selector, all_lists=allowed is not None)
        _, places = state.base.search(row, k, params=faiss.SearchParameters(sel=selector) if selector else None)
        found: Ids = places[0][places[0] >= 0]
        return found

    def _built(self, ids: Ids) -> State:
        """A base of all of `ids` from what is stored, of the kind for so many."""
        if len(ids) > self._exact_until:
            return self._based(kinds.inverted(ids, self._load, self._dimension), ids, len(ids))
        return self._based(kinds.flat(ids, self._load(ids), self._dimension), ids, len(ids))

    def _based(self, base: faiss.Index, ids: Ids, trained: int) -> State:
        return State(base, trained, ids, _EMPTY, self._none(), _EMPTY)

    def _write(self) -> None:
        self._files.write(self._state.base, self._state.trained)

    def _none(self) -> Vectors:
        return np.empty((0, self._dimension), dtype=np.float32)


def _selector(state: State, allowed: Ids | None) -> faiss.IDSelector | None:
    if allowed is not None:
        return faiss.IDSelectorBatch(np.setdiff1d(allowed, state.tombstones))
    if len(state.tombstones):
        return faiss.IDSelectorNot(faiss.IDSelectorBatch(state.tombstones))
    return None
