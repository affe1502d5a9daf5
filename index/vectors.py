"""FAISS, a cache: an immutable published index, a small delta on top of it, and tombstones.

    INDEX/gen-<seq>.faiss     IndexIDMap over an exact inner-product index, never changed once published
    INDEX/MANIFEST.json       seq, file, sha256, count, dimension, fingerprint; written last

Nothing here is the truth: whatever does not match is set aside and built again from the stored embeddings. A published
index is never mutated (FAISS `add` beside `search` crashes); writers replace the whole immutable `State`.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]
Load = Callable[[Ids], Matrix]  # passage ids -> stored embeddings, shape (n, dimension)

MANIFEST = "MANIFEST.json"
_EMPTY = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class State:
    """What a search sees: base (ids ascending) + delta - tombstones."""

    base: faiss.Index
    base_ids: Ids
    delta_ids: Ids
    delta: Matrix
    tombstones: Ids


class VectorIndex:
    """Nearest passages by inner product. Many threads may search; one at a time may write."""

    def __init__(self, folder: Path, dimension: int, fingerprint: str, *, read_only: bool = False) -> None:
        self._folder = folder
        self._dimension = dimension
        self._fingerprint = fingerprint
        self._read_only = read_only
        self._seq = 0
        self.set_aside: list[str] = []
        self._state = self._of(_EMPTY, np.empty((0, dimension), dtype=np.float32))

    def open(self, live: Ids, load: Load) -> None:
        """Loads the published index and brings it up to `live`, the ids of all passages, ascending."""
        base = self._read()
        if base is None:
            self._state = self._of(live, load(live))
            if len(live) and not self._read_only:
                self._publish()
            return
        ids = faiss.vector_to_array(base.id_map)
        fresh = np.setdiff1d(live, ids, assume_unique=True)
        self._state = State(base, ids, fresh, load(fresh), np.setdiff1d(ids, live, assume_unique=True))

    def apply(self, ids: Ids, vectors: Matrix, gone: Ids) -> None:
        """Makes a committed write visible; publishes a new base when the delta has grown."""
        state = self._state
        kept = ~np.isin(state.delta_ids, gone)
        buried = np.union1d(state.tombstones, gone[np.isin(gone, state.base_ids)])
        delta_ids = np.concatenate([state.delta_ids[kept], ids])
        delta = np.concatenate([state.delta[kept], vectors])
        self._state = State(state.base, state.base_ids, delta_ids, delta, buried)
        if len(delta_ids) + len(buried) > max(4096, len(state.base_ids) // 4):
            self.publish()

    def publish(self) -> None:
        """Writes base + delta - tombstones as the next generation and swaps it in; no change, no file."""
        state = self._state
        if not len(state.delta_ids) and not len(state.tombstones) and self._seq:
            return
        keep = ~np.isin(state.base_ids, state.tombstones)
        flat = faiss.downcast_index(state.base.index)
        vectors = flat.reconstruct_n(0, flat.ntotal) if flat.ntotal else np.empty((0, self._dimension), np.float32)
        ids = np.concatenate([state.base_ids[keep], state.delta_ids])
        self._state = self._of(ids, np.concatenate([vectors[keep], state.delta]))
        self._publish()

    def search(self, query: Matrix, k: int, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """(passage id, inner product) of the k best, best first, ties by id; `allowed` limits the ids exactly.

        query: shape (dimension,).
        """
        state = self._state
        row = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        scores, ids = np.empty(0, np.float32), _EMPTY
        if len(state.base_ids):
            products, places = state.base.search(row, k, params=_selector(state, allowed))
            real = places[0] >= 0
            scores, ids = products[0][real], places[0][real]
        if len(state.delta_ids):
            mask = np.isin(state.delta_ids, allowed) if allowed is not None else np.ones(len(state.delta_ids), bool)
            scores = np.concatenate([scores, state.delta[mask] @ row[0]])
            ids = np.concatenate([ids, state.delta_ids[mask]])
        rounded = np.round(scores.astype(np.float64), 6)
        best = np.lexsort((ids, -rounded))[:k]
        return list(zip(ids[best].tolist(), rounded[best].tolist(), strict=True))

    def __len__(self) -> int:
        return len(self._state.base_ids) - len(self._state.tombstones) + len(self._state.delta_ids)

    def _of(self, ids: Ids, vectors: Matrix) -> State:
        base = faiss.IndexIDMap(faiss.IndexFlatIP(self._dimension))
        if len(ids):
            base.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)
        return State(base, ids, _EMPTY, np.empty((0, self._dimension), dtype=np.float32), _EMPTY)

    def _read(self) -> faiss.Index | None:
        """The published index, or None when there is none or it is not exactly what was published."""
        path = self._folder / MANIFEST
        try:
            manifest = json.loads(path.read_bytes())
            self._seq = int(manifest["seq"])
            file = self._folder / f"gen-{self._seq}.faiss"
            data = file.read_bytes()
            if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
                raise ValueError(f"{file.name} does not have the published sha256")
            if (manifest["dimension"], manifest["fingerprint"]) != (self._dimension, self._fingerprint):
                raise ValueError(f"{file.name} is of another model")
            base = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
            if (base.ntotal, base.d) != (manifest["count"], self._dimension):
                raise ValueError(f"{file.name} does not hold what its manifest says")
        except FileNotFoundError as error:
            if Path(error.filename) != path:
                self._put_aside(f"{Path(error.filename).name} is missing")
            return None
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            self._put_aside(str(error))
            return None
        return base

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
        data = faiss.serialize_index(self._state.base).tobytes()
        name = f"gen-{self._seq}.faiss"
        manifest = {
            "seq": self._seq,
            "sha256": hashlib.sha256(data).hexdigest(),
            "count": self._state.base.ntotal,
            "dimension": self._dimension,
            "fingerprint": self._fingerprint,
        }
        _write(self._folder / name, data)
        _write(self._folder / MANIFEST, json.dumps(manifest).encode())
        for file in self._folder.glob("gen-*.faiss"):
            if file.name != name:
                file.unlink(missing_ok=True)


def _selector(state: State, allowed: Ids | None) -> faiss.SearchParameters | None:
    if allowed is not None:
        return faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.setdiff1d(allowed, state.tombstones)))
    if len(state.tombstones):
        return faiss.SearchParameters(sel=faiss.IDSelectorNot(faiss.IDSelectorBatch(state.tombstones)))
    return None


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
