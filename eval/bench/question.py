"""Where the time of one question goes, beside what its arithmetic alone would take.

    python -m eval bench question --data squad-dev-v1.1.json.gz [--distractors squad-train.json.gz] [--library DIR]

The questions are asked in process, one after the other, of a library of all paragraphs. The floor is the matrix
products of the models for the tokens that were read, padding left out, at the speed that one long product of bf16
reaches on this machine in the same run.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from rich.progress import track
from rich.table import Table

import index.both_sides
import rag.answer
from eval.bench.squad import fill, sampled
from index import engine
from index.engine import Engine, Row, import_openvino
from rag.answer import Answerer
from rag.encode import Assembler

_WARM_UP = 20
_LAYERS, _HIDDEN = 7, 384  # of the reader; the embedder has a layer less, its rows are few and short
_PRODUCT = 2048  # rows and columns of the matrices multiplied for the floor


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Milliseconds of each question in all, and by stage the mean; `floor` is the mean that arithmetic would take.

    tokens: mean number that both models read for one question. flops: a second, of one long bf16 product.
    """

    passages: int
    total: Sequence[float]
    stages: dict[str, float]
    tokens: float
    floor: float
    flops: float


def measure(answerer: Answerer, files: Sequence[Path], *, limit: int, seed: int) -> Breakdown:
    """Adds the files' paragraphs to the answerer's library and asks `limit` questions of the first file."""
    fill(answerer.library, files)
    questions = [example.question for example in sampled(files[0], limit + _WARM_UP, seed, answerable=True)]
    for question in questions[limit:]:
        answerer.ask(question)
    lengths: list[int] = []
    total = []
    with watched(answerer, lengths) as spent:
        for question in track(questions[:limit], "asking", transient=True):
            began = time.perf_counter()
            answerer.ask(question)
            total.append(1000 * (time.perf_counter() - began))
    asked = len(total)
    stages = {name: 1000 * seconds / asked for name, seconds in spent.items()}
    flops = bf16_flops()
    return Breakdown(
        answerer.library.stats().passages,
        total,
        stages | {"the rest": float(np.mean(total)) - sum(stages.values())},
        sum(lengths) / asked,
        1000 * sum(map(work_of, lengths)) / asked / flops,
        flops,
    )


@contextmanager
def watched(answerer: Answerer, lengths: list[int]) -> Iterator[dict[str, float]]:
    """Seconds by stage while it lasts, each without the stages inside it; `lengths` gets those of all rows read."""
    spent: dict[str, float] = {}
    inner = [0.0]

    def timed(stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        spent.setdefault(stage, 0.0)

        def timing(*args: Any, **named: Any) -> Any:
            began, before = time.perf_counter(), inner[0]
            try:
                return work(*args, **named)
            finally:
                whole = time.perf_counter() - began
                spent[stage] += whole - (inner[0] - before)
                inner[0] = before + whole

        return timing

    def counting(self: Engine, rows: Sequence[Row]) -> Any:
        lengths.extend(len(ids) for ids, _ in rows)
        return run(self, rows)

    library, run = answerer.library, Engine.run
    with ExitStack() as stack:

        def patch(owner: object, name: str, stage: str) -> None:
            stack.enter_context(mock.patch.object(owner, name, timed(stage, getattr(owner, name))))

        stack.enter_context(mock.patch.object(Engine, "run", counting))
        patch(library.embedder, "encode", "embed the question")
        patch(library._vectors, "search", "search: vectors")
        patch(library._both._lexical, "matches", "search: words")
        patch(library, "is_current", "still current")
        patch(library, "search_vector", "search: join, fetch")
        patch(index.both_sides, "copies", "find copies")
        patch(Assembler, "__call__", "tokenise")
        patch(answerer.reader, "read", "read")
        patch(rag.answer, "best_spans", "decode")
        patch(answerer, "_weigh", "weigh, cite")
        yield spent


def work_of(length: int) -> float:
    """Floating point operations of a 7-layer BERT of width 384 on one row of `length` tokens, matrix products alone."""
    return _LAYERS * length * (24 * _HIDDEN**2 + 4 * length * _HIDDEN)


def bf16_flops(seconds: float = 1.0) -> float:
    """Operations a second of one long matrix product on the models' engine: the median of what fits in `seconds`."""
    openvino = import_openvino()
    op = openvino.opset13
    weight = np.random.default_rng(0).normal(size=(_PRODUCT, _PRODUCT)).astype(np.float32)
    given = op.parameter(openvino.PartialShape([_PRODUCT, _PRODUCT]), np.float32, "x")
    model = openvino.Model([op.matmul(given, op.constant(weight), False, True)], [given], "product")
    precision = "bf16" if engine.has_bf16() else "f32"
    request = (
        openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision}).create_infer_request()
    )
    times: list[float] = []
    while sum(times) < seconds:
        began = time.perf_counter()
        request.infer([weight])
        times.append(time.perf_counter() - began)
    return float(2 * _PRODUCT**3 / np.median(times))


def table(found: Breakdown) -> Table:
    """The stages, the longest first."""
    p50, p95 = np.quantile(found.total, [0.5, 0.95])
    title = f"{len(found.total)} questions, {found.passages} passages: p50 {p50:.1f} ms, p95 {p95:.1f} ms"
    caption = (
        f"{found.tokens:.0f} tokens a question: {found.floor:.1f} ms of matrix products at {found.flops / 1e12:.2f} "
        "TFLOP/s, the rate of one long product here"
    )
    shown = Table("", "ms a question", "share", title=title, caption=caption)
    mean = float(np.mean(found.total))
    for name, ms in sorted(found.stages.items(), key=lambda pair: -pair[1]):
        shown.add_row(name, f"{ms:.2f}", f"{ms / mean:.1%}")
    return shown
