"""Embeddings and reader logits kept on disk by content, so that an unchanged run costs no inference and no model load.

A call is kept whole: it is answered from the cache only when the same model code and files were given exactly the same
texts in the same batch, so the numbers are those that the call would give again. No pickle: SQLite and NumPy arrays.
"""

import hashlib
import importlib.metadata
import io
import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import numpy as np

from index.embed import Embedder
from index.types import Vectors
from rag.reader import Reader, Reading

_KEPT = 30 * 86_400  # seconds an entry lives without being used
_CODE = ("index.embed", "index.engine", "index.bert", "rag.encode", "rag.reader")
_LIBRARIES = (  # all that parses, cuts, searches or computes
    *("openvino", "torch", "transformers", "sentence-transformers", "tokenizers", "safetensors", "numpy", "faiss-cpu"),
    *("apsw", "langchain-text-splitters", "sentencex", "regex", "py3langid"),
    *("charset-normalizer", "lxml", "markdown-it-py", "pyyaml"),
)
_MODEL_FILES = {".json", ".txt", ".safetensors"}
_BESIDE = {"calibration.json", "recipe.json"}  # say nothing of what comes out of the model

Arrays = dict[str, np.ndarray]
_T = TypeVar("_T")


class Cache:
    """Arrays by key in one SQLite file; a damaged file is replaced by an empty one.

    `untimed` counts what leaves a question without a latency: what was found here, and models loaded when needed.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError:
            path.unlink()
            self._db = _open(path)
        self.untimed = 0

    def get(self, key: str) -> Arrays | None:
        """The arrays kept under the key."""
        row = self._db.execute("SELECT value FROM entry WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        self.untimed += 1
        self._db.execute("UPDATE entry SET used = ? WHERE key = ?", (_now(), key))
        with np.load(io.BytesIO(row[0]), allow_pickle=False) as stored:
            return dict(stored)

    def put(self, key: str, arrays: Arrays) -> None:
        """Keeps the arrays."""
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
        self._db.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", (key, _now(), buffer.getvalue()))

    def untiming(self, load: Callable[[], _T]) -> _T:
        """What `load` gives; the question that waits for it has no latency."""
        self.untimed += 1
        return load()

    def close(self) -> None:
        """Forgets what was not used for a month, and closes the file."""
        self._db.execute("DELETE FROM entry WHERE used < ?", (_now() - _KEPT,))
        self._db.commit()
        self._db.close()


class CachedEmbedder:
    """An Embedder that loads its model at the first text that is not in the cache; `identity` is of all its files."""

    def __init__(self, folder: Path, load: Callable[[], Embedder], cache: Cache) -> None:
        self._cache = cache
        self._load = load
        self._model: Embedder | None = None
        self.identity = identity(folder)
        facts = _facts(cache, self.identity, lambda: _embedder_facts(self._loaded()))
        self.name, self.fingerprint, self.dimension = facts["name"], facts["fingerprint"], int(facts["dimension"])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        key = _key(self.identity, "encode", list(texts))
        if (kept := self._cache.get(key)) is None:
            kept = {"vectors": self._loaded().encode(texts)}
            self._cache.put(key, kept)
        return np.asarray(kept["vectors"], dtype=np.float32)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """See Embedder."""
        key = _key(self.identity, "lengths", list(texts))
        if (kept := self._cache.get(key)) is None:
            kept = {"lengths": np.array(self._loaded().lengths(texts), dtype=np.int64)}
            self._cache.put(key, kept)
        return [int(length) for length in kept["lengths"]]

    def _loaded(self) -> Embedder:
        self._model = self._model or self._cache.untiming(self._load)
        return self._model


class CachedReader:
    """A Reader that loads its model at the first question that is not in the cache; `identity` is of all its files."""

    def __init__(self, folder: Path, load: Callable[[], Reader], cache: Cache) -> None:
        self._cache = cache
        self._load = load
        self._model: Reader | None = None
        self.identity = identity(folder)
        self.name = _facts(cache, self.identity, lambda: {"name": self._loaded().name})["name"]

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """See Reader."""
        if not passages:
            return []
        key = _key(self.identity, "read", [question, list(passages)])
        if (kept := self._cache.get(key)) is None:
            readings = self._loaded().read(question, passages)
            self._cache.put(key, _pack(readings))
            return readings
        return _unpack(kept)

    def _loaded(self) -> Reader:
        self._model = self._model or self._cache.untiming(self._load)
        return self._model


def identity(folder: Path) -> str:
    """Names all that decides what a model says: its files, the code that calls it, and the libraries beneath."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in _MODEL_FILES and path.is_file())
    parts = [f"{path.relative_to(folder)} {_sha256(path)}" for path in files if path.name not in _BESIDE]
    parts += [_sha256(Path(str(find_spec(name).origin))) for name in _CODE]  # type: ignore[union-attr]
    parts += libraries()
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def libraries() -> list[str]:
    """Name and version of each library that has a part in an answer."""
    return [f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES]


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=60)
    db.execute("PRAGMA journal_mode = MEMORY")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, used INTEGER, value BLOB) WITHOUT ROWID")
    db.execute("SELECT count(*) FROM (SELECT key FROM entry LIMIT 1)").fetchone()
    return db


def _facts(cache: Cache, identity: str, ask: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What a model says of itself, kept so that it need not be loaded to say it again."""
    key = _key(identity, "facts", [])
    if (kept := cache.get(key)) is None:
        kept = {name: np.array(value) for name, value in ask().items()}
        cache.put(key, kept)
    return {name: str(value) for name, value in kept.items()}


def _embedder_facts(embedder: Embedder) -> dict[str, str]:
    return {"name": embedder.name, "fingerprint": embedder.fingerprint, "dimension": str(embedder.dimension)}


def _pack(readings: Sequence[Reading]) -> Arrays:
    return {
        "sizes": np.array([len(reading.start) for reading in readings], dtype=np.int64),
        "nulls": np.array([reading.null for reading in readings], dtype=np.float64),
        "logits": np.concatenate([np.stack([r.start, r.end]) for r in readings], axis=1),
        "places": np.concatenate([np.stack([r.starts, r.ends]) for r in readings], axis=1),
        "heads": np.concatenate([r.in_headline for r in readings]),
    }


def _unpack(kept: Arrays) -> list[Reading]:
    cuts = np.cumsum(kept["sizes"])[:-1]
    logits, places = np.split(kept["logits"], cuts, axis=1), np.split(kept["places"], cuts, axis=1)
    heads = np.split(kept["heads"], cuts)
    return [
        Reading(logit[0], logit[1], float(null), place[0], place[1], head)
        for null, logit, place, head in zip(kept["nulls"], logits, places, heads, strict=False)
    ]


def _key(identity: str, kind: str, content: object) -> str:
    return hashlib.sha256(f"{identity} {kind} {json.dumps(content)}".encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _now() -> int:
    return int(time.time())
