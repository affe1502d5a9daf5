"""What each kind of vector index costs as the library grows: search, recall, memory, ingest, opening, disk.

    python -m eval bench scale --data squad-dev-v1.1.json.gz [squad-train.json.gz] [--sizes 1000 10000 100000 1000000]

Passages beyond those of the files are drawn (`eval.bench.sample_vectors`); questions are the first file's. Approximate
kinds find twice as many candidates as are asked for, and score them again with the stored vectors, as the library does.
"""

import ctypes
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
from rich.progress import track
from rich.table import Table

from eval import charts
from eval.bench.worker import resident_mb
from index import kinds
from index.types import Vectors

K = 10
DEPTH = 64  # results the library asks for at each question; recall is of the first K
_SLICE = 65_536
_THREADS = 1  # of a search


@dataclass(frozen=True, slots=True)
class Row:
    """One kind at one size: milliseconds a search, seconds to open, decimal megabytes."""

    kind: str
    size: int
    search_ms: float
    search_p95_ms: float
    recall: float
    memory_mb: float
    rate: float
    open_s: float
    file_mb: float


Build = Callable[[Vectors], faiss.Index]
Places = npt.NDArray[np.int64]


def _flat(vectors: Vectors) -> faiss.Index:
    return kinds.flat(np.arange(len(vectors)), vectors, vectors.shape[1])


def _hnsw(vectors: Vectors) -> faiss.Index:
    index = faiss.IndexHNSWSQ(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 80, 192
    index.train(vectors[:_SLICE])
    index.add(vectors)
    return index


def _inverted(vectors: Vectors) -> faiss.Index:
    return kinds.inverted(np.arange(len(vectors)), lambda ids: vectors[ids], vectors.shape[1])


def _product(vectors: Vectors) -> faiss.Index:
    lists = max(1, 4 * math.isqrt(len(vectors)))
    quantizer = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFPQ(quantizer, vectors.shape[1], lists, vectors.shape[1] // 8, 8, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = index.pq.cp.min_points_per_centroid = 1
    index.train(vectors[:: max(1, len(vectors) // max(48 * lists, _SLICE))])
    index.add(vectors)
    index.nprobe = kinds.PROBES
    return index


KINDS: dict[str, Build] = {"flat": _flat, "ivf-sq8": _inverted, "ivf-pq": _product, "hnsw-sq8": _hnsw}


def measure(
    vectors: Vectors, questions: Vectors, folder: Path, *, sizes: Sequence[int], wanted: Sequence[str]
) -> list[Row]:
    """Every kind at every size of the first `vectors`, shape (n, dimension); `questions`, shape (m, dimension)."""
    rows = []
    for size in sizes:
        exact = nearest(vectors[:size], questions)
        rows += [
            _row(kind, vectors[:size], questions, exact, folder) for kind in track(wanted, str(size), transient=True)
        ]
    return rows


def _row(kind: str, vectors: Vectors, questions: Vectors, exact: Places, folder: Path) -> Row:
    """Builds, writes, opens and searches one index."""
    file = folder / f"{kind}.faiss"
    started = time.perf_counter()
    index = KINDS[kind](vectors)
    built = time.perf_counter() - started
    faiss.write_index(index, str(file))
    del index
    ctypes.CDLL(None).malloc_trim(0)  # or what was freed would be taken again, and not count
    before = resident_mb(os.getpid())
    started = time.perf_counter()
    index = faiss.read_index(str(file))
    opened = time.perf_counter() - started
    memory = resident_mb(os.getpid()) - before
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(_THREADS)
    seconds, right = [], 0
    for question, best in zip(questions, exact, strict=True):
        started = time.perf_counter()
        found = search(index, vectors, question, DEPTH, approximate=kind != "flat")
        seconds.append(time.perf_counter() - started)
        right += len(np.intersect1d(found[:K], best))
    faiss.omp_set_num_threads(threads)
    half, most = (1000 * float(np.quantile(seconds, share)) for share in (0.5, 0.95))
    size = file.stat().st_size / 1e6
    file.unlink()
    recall = right / exact.size
    return Row(kind, len(vectors), half, most, recall, memory, len(vectors) / built, opened, size)


def search(index: faiss.Index, vectors: Vectors, question: Vectors, k: int, *, approximate: bool) -> Places:
    """The k best places, best first; those of an approximate index scored again."""
    places = index.search(question[None], kinds.MORE * k if approximate else k)[1][0]
    found: Places = places[places >= 0]
    if approximate:
        found = found[np.argsort(-(vectors[found] @ question), kind="stable")]
    return found[:k]


def nearest(vectors: Vectors, questions: Vectors) -> Places:
    """The places of the K exact best for each question, shape (m, K)."""
    scores = np.empty((len(questions), 0), np.float32)
    places = np.empty((len(questions), 0), np.int64)
    for start in range(0, len(vectors), _SLICE):
        part = questions @ vectors[start : start + _SLICE].T
        scores = np.concatenate([scores, part], axis=1)
        places = np.concatenate([places, np.broadcast_to(np.arange(start, start + part.shape[1]), part.shape)], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        scores, places = np.take_along_axis(scores, best, axis=1), np.take_along_axis(places, best, axis=1)
    return places


def exponent(rows: Sequence[Row], kind: str) -> float | None:
    """The power of its size that a kind's search time grows with, between its two largest sizes; None of one."""
    points = sorted((row.size, row.search_ms) for row in rows if row.kind == kind)[-2:]
    if len(points) < 2:
        return None
    (small, fast), (large, slow) = points
    return math.log(slow / fast) / math.log(large / small)


def table(rows: Sequence[Row], passages: int) -> Table:
    """A line for each kind and size."""
    names = ("kind", "passages", "search p50 ms", "p95 ms", f"recall@{K}", "memory MB", "built/s", "open s", "file MB")
    grown = ((kind, exponent(rows, kind)) for kind in dict.fromkeys(row.kind for row in rows))
    powers = ", ".join(f"{kind} {power:.2f}" for kind, power in grown if power is not None)
    shown = Table(
        *names, title=f"{passages} real passages, others drawn", caption=f"search grows with n to the: {powers}"
    )
    for row in rows:
        cells = (f"{row.search_ms:.2f}", f"{row.search_p95_ms:.2f}", f"{row.recall:.3f}", f"{row.memory_mb:.0f}")
        shown.add_row(row.kind, str(row.size), *cells, f"{row.rate:.0f}", f"{row.open_s:.2f}", f"{row.file_mb:.0f}")
    return shown


def chart(rows: Sequence[Row]) -> str:
    """Search time by size, both as powers of ten."""
    series = {
        kind: [(row.size, row.search_ms) for row in rows if row.kind == kind]
        for kind in dict.fromkeys(row.kind for row in rows)
    }
    return charts.picture(charts.powers("Milliseconds a search by number of passages", series, "passages", "ms"))
