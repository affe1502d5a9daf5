"""How a reader's activations are rounded to 8 bits (index/bert.py), found on retrieved training passages.

A few channels of most inputs go far beyond the others. Of some numbers of widest channels that are divided until they
are as wide as the next, and of some shrinkings of the range that is left, those are kept with which the layer's output
differs least from the true one, in squares, its weights rounded too.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from index import bert
from index.engine import Engine, Floats, Ints, Row
from rag.encode import Assembler, load_tokenizer

_INPUTS = 256  # questions with a passage each
_TOKENS = 12  # of each whose values are kept
_DIVIDED = (0, 1, 2, 4, 8, 16, 32, 64)  # channels
_SHRINKINGS = (1.0, 0.85, 0.7, 0.55)


def quantize(work: Path, model: Path, seed: int = 13) -> None:
    """Writes MODEL/ranges.json from WORK/mined.jsonl, and from WORK/news/mined.jsonl where there is one."""
    network, weights = bert.linear_inputs(model)
    engine = Engine(network, precision="f32")
    rng = np.random.default_rng(seed)
    seen: dict[str, list[Floats]] = {name: [] for name in weights}
    for ids, types in _rows(work, model, seed):
        kept: Ints = rng.integers(0, len(ids), _TOKENS)
        for name, output in zip(weights, engine.outputs((ids, types)), strict=True):
            seen[name].append(output[kept])
    written = {}
    for name, weight in weights.items():
        found = best_range(np.concatenate(seen[name]), weight)
        written[name] = asdict(found)
        print(f"{name}: {found.low:.3f} to {found.high:.3f}, {len(found.divisors)} channels divided", flush=True)
    (model / bert.RANGES).write_text(json.dumps(written) + "\n")


def best_range(values: Floats, weight: Floats) -> bert.Range:
    """How to round an input, shape (tokens, channels), that `weight`, shape (rows, channels), multiplies."""
    true = values @ weight.T

    def error(found: bert.Range) -> float:
        divisor = found.divisor(values.shape[1])
        integers, steps = bert.rounded(weight * divisor)
        off = _levelled(values / divisor, found) @ (integers * steps).T - true
        return float(np.square(off).mean())

    return min(_candidates(values), key=error)


def _levelled(values: Floats, found: bert.Range) -> Floats:
    """Divided values as the range's levels have them."""
    step = (found.high - found.low) / (bert.LEVELS - 1)
    return np.asarray(np.round(np.clip(values, found.low, found.high) / step) * step, dtype=np.float32)


def _candidates(values: Floats) -> Iterator[bert.Range]:
    """Ranges of which 0 is a level."""
    widths = np.abs(values).max(axis=0)
    widest = np.argsort(-widths, kind="stable")
    for count in _DIVIDED:
        if count >= len(widths):
            break
        goal = max(float(widths[widest[count]]), 1e-6)
        divisors = {int(channel): round(float(widths[channel]) / goal, 3) for channel in widest[:count]}
        divided = values / bert.Range(0, 0, divisors).divisor(len(widths))
        lowest, highest = min(0.0, float(divided.min())), max(0.0, float(divided.max()))
        for share in _SHRINKINGS:
            step = max(share * (highest - lowest) / (bert.LEVELS - 1), 1e-6)
            below = round(-share * lowest / step)
            yield bert.Range(-below * step, (bert.LEVELS - 1 - below) * step, divisors)


def _rows(work: Path, model: Path, seed: int) -> list[Row]:
    assemble = Assembler(load_tokenizer(model / "tokenizer.json"))
    files = [file for file in (work / "mined.jsonl", work / "news" / "mined.jsonl") if file.exists()]
    rows: list[Row] = []
    for file in files:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for line in random.Random(seed).sample(lines, min(_INPUTS // len(files), len(lines))):
            item = assemble(line["question"], [(line["title"], line["context"])])[0]
            rows.append((item.ids, item.type_ids))
    return rows
