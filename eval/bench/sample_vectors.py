"""Vectors of passages: the files' own, and as many more as are wanted, drawn from their distribution: a passage of the
files, moved by noise of their covariance as far as the passages' nearest neighbours are."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.progress import track

from eval.bench import paragraphs
from index.chunk import in_context, passage_spans
from index.embed import Embedder
from index.errors import RefusedError
from index.types import Vectors

QUESTIONS = 200
_SLICE = 65_536
_NEIGHBOURS_OF = 1000  # passages whose nearest neighbour is looked for


def real(files: Sequence[Path], embedder: Embedder, limit: int) -> tuple[Vectors, Vectors]:
    """Vectors of the files' first `limit` passages and of QUESTIONS questions of the first file."""
    asked = paragraphs.sampled(paragraphs.read(files[0]).questions, QUESTIONS, seed=0)
    texts: list[str] = []
    articles = (intake.article for file in files for intake in paragraphs.read(file).articles)
    for article in articles:
        spans = passage_spans(article.text, article.title, article.language, embedder)
        texts += [in_context(article, *span) for span in spans]
        if len(texts) >= limit:
            break
    parts = [embedder.encode(texts[at : at + 256]) for at in track(range(0, min(len(texts), limit), 256), "embedding")]
    return np.concatenate(parts)[:limit], embedder.encode([question for question, _ in asked])


def drawn(known: Vectors, size: int, file: Path) -> Vectors:
    """`size` vectors, the known ones first, in a file that is mapped."""
    if len(known) < 2:
        raise RefusedError(f"{len(known)} passages have no distribution; name a file with more")
    vectors = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=(size, known.shape[1]))
    vectors[: len(known)] = known[:size]
    rng = np.random.default_rng(0)
    near = np.sort(known[:_NEIGHBOURS_OF] @ known.T, axis=1)[:, -2]
    cosine = float(np.clip(np.median(near), 0.1, 0.999))
    spread = np.linalg.cholesky(np.cov(known.T) + 1e-6 * np.eye(known.shape[1])).astype(np.float32)
    for start in range(len(known), size, _SLICE):
        count = min(_SLICE, size - start)
        noise = unit(rng.standard_normal((count, known.shape[1]), dtype=np.float32) @ spread.T)
        moved = known[rng.integers(0, len(known), count)] + math.sqrt(1 / cosine**2 - 1) * noise
        vectors[start : start + count] = unit(moved)
    return vectors


def unit(vectors: Vectors) -> Vectors:
    """Each row with length 1."""
    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found
