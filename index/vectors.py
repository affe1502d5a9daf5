"""FAISS, a cache: an immutable published index, a small delta on top of it, and tombstones.

    INDEX/gen-<seq>.faiss     an index of the kind that suits its size (index/kinds.py), never changed once published
    INDEX/MANIFEST.json       seq, sha256, count, trained, dimension, fingerprint; written last

Nothing here is the truth: whatever does not match is set aside and built again from the stored embeddings. A published
index is never mutated (FAISS `add` beside `search` crashes); writers replace the whole immutable `State`.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index import kinds
from index.kinds import Load
from index.types import Ids, Vectors

Products = npt.NDArray[np.floating[Any]]

MANIFEST = "MANIFEST.json"
_EMPTY = np.empty(0, dtype=np.int64)
_DELTA = (4096, 16_384)  # least and most changes that are searched one by one before they are published


@dataclass(frozen=True, slots=True)
class State:
    """What a search sees: base (ids ascending) + delta - tombstones.

    trained: how many passages the base was built of; one of inverted lists may have grown since.
    """

    base: faiss.Index
    trained: int
    base_ids: Ids
    delta_ids: Ids
    delta: Vectors
    tombstones: Ids


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
        self._folder = folder
        self._dimension = dimension
        self._fingerprint = fingerprint
        self._read_only = read_only
        self._exact_until = kinds.EXACT_UNTIL if exact_until is None else exact_until
        self._seq = 0
        self.set_aside: list[str] = []
        self._load: Load = lambda ids: np.full((len(ids), dimension), np.nan, dtype=np.float32)
        self._state = self._based(kinds.flat(_EMPTY, self._none(), dimension), _EMPTY, 0)

    def open(self, live: Ids, load: Load) -> None:
        """Loads the published index and brings it up to `live`, the ids of all passages, ascending.

        load: is kept, to score what an approximate index finds and to build the next one.
        """
        self._load = load
        read = self._read()
        if read is None:
            self._state = self._built(live)
            if len(live) and not self._read_only:
                self._publish()
            return
        base, trained = read
        ids = kinds.ids_of(base)
        fresh = np.setdiff1d(live, ids, assume_unique=True)
        gone = np.setdiff1d(ids, live, assume_unique=True)
        self._state = State(base, trained, ids, fresh, load(fresh), gone)

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

    def publish(self) -> None:
        """Writes base + delta - tombstones as the next generation and swaps it in; no change, no file."""
        state = self._state
        if not len(state.delta_ids) and not len(state.tombstones) and self._seq:
            return
        keep = ~np.isin(state.base_ids, state.tombstones)
        ids = np.concatenate([state.base_ids[keep], state.delta_ids])
        if kinds.is_inverted(state.base) and self._exact_until // 2 < len(ids) <= 2 * state.trained:
            base = kinds.grown(state.base, state.tombstones, state.delta_ids, state.delta)
            self._state = self._based(base, ids, state.trained)
        elif kinds.is_inverted(state.base) or len(ids) > self._exact_until:
            self._state = self._built(ids)
        else:
            kept = faiss.downcast_index(state.base.index).reconstruct_n(0, len(keep)) if len(keep) else self._none()
            vectors = np.concatenate([kept[keep], state.delta])
            self._state = self._based(kinds.flat(ids, vectors, self._dimension), ids, len(ids))
        self._publish()

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """(passage id, inner product) of the k best, best first, ties by id; `allowed` limits the ids exactly.

        query: shape (dimension,). Products are exact; in a large library without `allowed`, a few of the best may be
        missing.
        """
        state = self._state
        row = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        scores: Products = np.empty(0, np.float32)
        ids = _EMPTY
        if len(state.base_ids):
            scores, ids = self._search_base(state, row, k, allowed)
        if len(state.delta_ids):
            mask = np.isin(state.delta_ids, allowed) if allowed is not None else np.ones(len(state.delta_ids), bool)
            scores = np.concatenate([scores, state.delta[mask] @ row[0]])
            ids = np.concatenate([ids, state.delta_ids[mask]])
        rounded = np.round(scores.astype(np.float64), 6)
        best = np.lexsort((ids, -rounded))[:k]
        return list(zip(ids[best].tolist(), rounded[best].tolist(), strict=True))

    def __len__(self) -> int:
        return len(self._state.base_ids) - len(self._state.tombstones) + len(self._state.delta_ids)

    def _search_base(self, state: State, row: Vectors, k: int, allowed: Ids | None) -> tuple[Products, Ids]:
        selector = _selector(state, allowed)
        if not kinds.is_inverted(state.base):
            params = faiss.SearchParameters(sel=selector) if selector else None
            products, places = state.base.search(row, k, params=params)
            real = places[0] >= 0
            return products[0][real], places[0][real]
        ids = kinds.nearest(state.base, row, kinds.MORE * k, selector, all_lists=allowed is not None)
        products = self._load(ids).astype(np.float64) @ row[0].astype(np.float64)
        there = ~np.isnan(products)
        return products[there], ids[there]

    def _built(self, ids: Ids) -> State:
        """An index of all of `ids` from what is stored, of the kind for so many."""
        if len(ids) > self._exact_until:
            return self._based(kinds.inverted(ids, self._load, self._dimension), ids, len(ids))
        return self._based(kinds.flat(ids, self._load(ids), self._dimension), ids, len(ids))

    def _based(self, base: faiss.Index, ids: Ids, trained: int) -> State:
        return State(base, trained, ids, _EMPTY, self._none(), _EMPTY)

    def _none(self) -> Vectors:
        return np.empty((0, self._dimension), dtype=np.float32)

    def _read(self) -> tuple[faiss.Index, int] | None:
        """The published index and `trained`, or None when there is none or it is not exactly what was published."""
        path = self._folder / MANIFEST
        try:
            manifest = json.loads(path.read_bytes())
            self._seq = int(manifest["seq"])
            file = self._folder / f"gen-{self._seq}.faiss"
            if _sha256(file) != manifest["sha256"]:
                raise ValueError(f"{file.name} does not have the published sha256")
            if (manifest["dimension"], manifest["fingerprint"]) != (self._dimension, self._fingerprint):
                raise ValueError(f"{file.name} is of another model")
            base, trained = faiss.read_index(str(file)), int(manifest.get("trained", manifest["count"]))
            if (base.ntotal, base.d) != (manifest["count"], self._dimension):
                raise ValueError(f"{file.name} does not hold what its manifest says")
        except FileNotFoundError as error:
            if Path(error.filename) != path:
                self._put_aside(f"{Path(error.filename).name} is missing")
            return None
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            self._put_aside(str(error))
            return None
        return base, trained

    def _put_aside(self, reason: str) -> None:
        self.set_aside.append(reason)
        if not self._read_only:
            for file in self._folder.glob("gen-*.faiss"):
                file.replace(file.with_suffix(".damaged"))

    def _publish(self) -> None:
        """Index file, fsync, rename, folder fsync, manifest last; then older files go."""
        if self._read_only:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._seq += 1
        name = f"gen-{self._seq}.faiss"
        temporary = (self._folder / name).with_suffix(".tmp")
        faiss.write_index(self._state.base, str(temporary))
        manifest = {
            "seq": self._seq,
            "sha256": _sha256(temporary),
            "count": self._state.base.ntotal,
            "trained": self._state.trained,
            "dimension": self._dimension,
            "fingerprint": self._fingerprint,
        }
        _settle(temporary, self._folder / name)
        manifest_file = (self._folder / MANIFEST).with_suffix(".tmp")
        manifest_file.write_text(json.dumps(manifest))
        _settle(manifest_file, self._folder / MANIFEST)
        for file in self._folder.glob("gen-*.faiss"):
            if file.name != name:
                file.unlink(missing_ok=True)


def _selector(state: State, allowed: Ids | None) -> faiss.IDSelector | None:
    if allowed is not None:
        return faiss.IDSelectorBatch(np.setdiff1d(allowed, state.tombstones))
    if len(state.tombstones):
        return faiss.IDSelectorNot(faiss.IDSelectorBatch(state.tombstones))
    return None


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _settle(temporary: Path, path: Path) -> None:
    """Makes a written file durable under its name."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
