"""Runs a network on the CPU with OpenVINO: batches of token rows, padded to few widths, the same bits in any batch.

Every processor takes batches of its own: two that share one batch wait for each other at every layer, and both for
whatever else the slower one has to do.

    engine = Engine(bert.sentences(folder))
    vectors = engine.run([(ids, type_ids), …])

PyTorch takes seconds and hundreds of megabytes to import; this takes neither, and is faster on every shape.
"""

import importlib
import sys
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from index.device import instructions, processors

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Row = tuple[Ints, Ints]  # token ids and type ids of one text, shape (n,) each
Precision = Literal["bf16", "f32"]

_BATCH = 512  # tokens of one batch, about: enough for full speed, and no question waits long for ingest
_SMALLEST = 128  # fewer are not worth another batch: each reads all weights once
_SLACK = 1.5  # of an even share of the tokens: batches are whole rows, and padded
_WIDTH = 16  # widths are multiples of this: few shapes to prepare kernels for, and kernels that add in one order


def import_openvino() -> ModuleType:
    """The openvino package without its model converter, whose import alone reports to its makers over the network."""
    converter = "openvino.tools.ovc"
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    sys.modules[converter] = None  # type: ignore[assignment]  # to import it is an ImportError, which openvino expects
    try:
        return importlib.import_module("openvino")
    finally:
        del sys.modules[converter]


@cache
def _core() -> Any:
    return import_openvino().Core()


def has_bf16() -> bool:
    """Whether the processor multiplies bf16, and faster than float32: Intel's takes longer, but for its tiles (AMX)."""
    found = instructions()
    return _knows_bf16() and ("GenuineIntel" not in found or "amx_bf16" in found)


def has_int8() -> bool:
    """Whether the processor multiplies 8-bit integers without overflow and faster than float32, as all do with bf16."""
    return not instructions().isdisjoint({"avx512_vnni", "avx_vnni"}) or _knows_bf16()


def _knows_bf16() -> bool:
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class Engine:
    """A compiled network of inputs ids, types and mask, in that order, shape (rows, width) each.

    Thread-safe: callers' batches take turns. precision: of matrix products; None is bf16 where it is faster.
    """

    def __init__(self, network: Any, *, precision: Precision | None = None, threads: int | None = None) -> None:
        if precision is None:
            precision = "bf16" if has_bf16() else "f32"
        self._streams = threads or processors()
        options = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": self._streams,
            "NUM_STREAMS": self._streams,
            "ENABLE_CPU_PINNING": False,
        }
        self.precision = precision
        self._compiled = _core().compile_model(network, "CPU", options)
        self._idle: deque[Any] = deque()
        self.run([(np.zeros(1, np.int64), np.zeros(1, np.int64))])  # packs the weights now, not at the first question

    def run(self, rows: Sequence[Row]) -> list[Floats]:
        """The first output for each row, in order: its first axis (rows) taken off, padding still on."""
        outputs: dict[int, Floats] = {}
        begun: deque[tuple[list[int], Any]] = deque()

        def finish() -> None:
            places, request = begun.popleft()
            request.wait()
            outputs.update(zip(places, np.array(request.get_output_tensor(0).data), strict=True))
            self._idle.append(request)

        for places, width in batches([len(ids) for ids, _ in rows], self._streams):
            if len(begun) == self._streams:  # no more, or a question would wait for a whole ingest
                finish()
            begun.append((places, self._begin([rows[place] for place in places], width)))
        while begun:
            finish()
        return [outputs[place] for place in range(len(rows))]

    def outputs(self, row: Row) -> list[Floats]:
        """Every output of the network for one row, without padding, each shape (len(row), …)."""
        ids, types = (np.asarray(part, dtype=np.int32)[None] for part in row)
        result = self._compiled([ids, types, np.ones(ids.shape, dtype=np.float32)])
        return [np.array(result[at][0]) for at in range(len(self._compiled.outputs))]

    def _begin(self, rows: Sequence[Row], width: int) -> Any:
        """A request for one batch, under way."""
        ids, types = np.zeros((2, len(rows), width), dtype=np.int32)
        mask = np.zeros((len(rows), width), dtype=np.float32)
        for line, row in enumerate(rows):
            n = len(row[0])
            ids[line, :n], types[line, :n] = row
            mask[line, :n] = 1
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        request.start_async([ids, types, mask])
        return request


def batches(lengths: Sequence[int], streams: int = 1) -> list[tuple[list[int], int]]:
    """(places, width) of each batch: neighbours in length together, as many for each stream, about equally large."""
    places = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    widths = [-(-lengths[place] // _WIDTH) * _WIDTH for place in places]
    if not widths:
        return []
    total = sum(widths)
    count = fewest = max(1, min(streams * -(-total // (streams * _BATCH)), total // _SMALLEST))
    while (limit := _limit(widths, count)) > max(widths[0], _SLACK * total / count):  # too much of it is padding
        count += fewest
    starts = [0, *(ends := _ends(widths, limit))]
    return [(places[start:end], widths[start]) for start, end in zip(starts, ends, strict=False)]


def _limit(widths: Sequence[int], count: int) -> int:
    """The fewest tokens that a batch must hold for `count` batches to hold all."""
    limits = range(sum(widths) // count, len(widths) * widths[0], _WIDTH)
    return limits.start + _WIDTH * bisect_left(limits, True, key=lambda limit: len(_ends(widths, limit)) <= count)


def _ends(widths: Sequence[int], limit: int) -> list[int]:
    """Where each batch ends if it takes all that fits in `limit` tokens, widest first; at least one row each."""
    ends, start = [], 0
    while start < len(widths):
        start = min(len(widths), start + max(1, limit // widths[start]))
        ends.append(start)
    return ends
