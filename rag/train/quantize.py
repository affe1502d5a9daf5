"""The ranges within which a reader's activations are rounded to 8 bits, from retrieved training passages.

Each linear layer's input has one range. Of some shrinkings of what was seen, the one whose rounded values differ least
from the true ones, in squares, is kept: a few outliers are cut for finer steps. Weights need no data (index/bert.py).
"""

import json
import random
from pathlib import Path

import numpy as np

from index import bert
from index.engine import Engine, Floats, Ints, Row
from rag.encode import Assembler, load_tokenizer

_INPUTS = 256  # questions with a passage each
_TOKENS = 16  # of each whose values are kept
_SHRINKINGS = np.linspace(1.0, 0.3, 15).tolist()


def quantize(work: Path, model: Path, seed: int = 13) -> None:
    """Writes MODEL/ranges.json from WORK/mined.jsonl, as the text of a mapping of names to [lowest, highest]."""
    network, names = bert.linear_inputs(model)
    engine = Engine(network, precision="f32")
    rng = np.random.default_rng(seed)
    seen: dict[str, list[Floats]] = {name: [] for name in names}
    for ids, types in _rows(work / "mined.jsonl", model, seed):
        kept: Ints = rng.integers(0, len(ids), _TOKENS)
        for name, output in zip(names, engine.outputs((ids, types)), strict=True):
            seen[name].append(output[kept])
    ranges = {name: best_range(np.concatenate(values).ravel()) for name, values in seen.items()}
    (model / bert.RANGES).write_text(json.dumps(ranges, indent=1) + "\n")
    print(f"{model / bert.RANGES}: {len(ranges)} ranges", flush=True)


def best_range(values: Floats) -> tuple[float, float]:
    """The lowest and highest of 256 levels that round `values` with the least squared error; 0 is one of them."""
    lowest, highest = min(0.0, float(values.min())), max(0.0, float(values.max()))
    found = []
    for share in _SHRINKINGS:
        step = max(share * (highest - lowest) / (bert.LEVELS - 1), 1e-6)
        below = round(-share * lowest / step)
        levels = np.clip(np.round(values / step), -below, bert.LEVELS - 1 - below)
        error = float(np.square(levels * step - values).mean())
        found.append((error, -below * step, (bert.LEVELS - 1 - below) * step))
    return min(found)[1:]


def _rows(mined: Path, model: Path, seed: int) -> list[Row]:
    assemble = Assembler(load_tokenizer(model / "tokenizer.json"))
    with mined.open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    chosen = random.Random(seed).sample(lines, min(_INPUTS, len(lines)))
    inputs = [assemble(line["question"], [(line["title"], line["context"])])[0] for line in chosen]
    return [(item.ids, item.type_ids) for item in inputs]
