"""BERT (Devlin et al. 2019) as an OpenVINO network, straight from config.json and model.safetensors.

Inputs: ids, types (int32) and mask (float32; 1 for a token, 0 for padding), shape (rows, width) each.

With ranges.json beside the weights, {layer's input: {"low", "high", "divisors": {channel: number}}}, the encoder's
linear layers multiply in 8-bit integers: inputs in 255 steps of their range, weights in 254 steps of each row's (Jacob
et al. 2018). Channels that go far beyond the others are divided first, and their weights multiplied, so that the steps
suit the others (SmoothQuant, Xiao et al. 2023). `python -m rag.train quantize` finds both.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from index.engine import Floats, import_openvino

RANGES = "ranges.json"
LEVELS = 256  # of an input in 8 bits
_HIDDEN = 1e4  # taken from a padding token's attention logits: its softmax is exactly 0
_HEAD = "qa_outputs"  # stays as exact as the engine is
_op = import_openvino().opset13
Node = Any  # openvino ships no types


@dataclass(frozen=True, slots=True)
class Range:
    """How an input is rounded: what its channels are divided by, if not by 1, and the bounds of the levels then."""

    low: float
    high: float
    divisors: Mapping[int, float]

    def divisor(self, channels: int) -> Floats:
        """Of each channel, shape (channels,)."""
        every = np.ones(channels, dtype=np.float32)
        every[list(self.divisors)] = list(self.divisors.values())
        return every


Ranges = Mapping[str, Range]


def supports(folder: Path) -> bool:
    """Whether the folder holds a BERT of the kind built here: erf GELU, absolute positions."""
    config = json.loads((folder / "config.json").read_bytes())
    kind = (config["model_type"], config.get("hidden_act"), config.get("position_embedding_type", "absolute"))
    return kind == ("bert", "gelu", "absolute")


def sentences(folder: Path) -> Any:
    """The network whose output is the mean of each row's token vectors, shape (rows, hidden)."""
    bert = _Bert(folder, prefix="")
    mask = _op.unsqueeze(bert.mask, _ints(2))
    total = _op.reduce_sum(_op.multiply(bert.tokens(), mask), _ints(1), False)
    return bert.network(_op.divide(total, _op.reduce_sum(mask, _ints(1), False)))


def spans(folder: Path, ranges: Ranges | None = None) -> Any:
    """The network whose output is each token's start and end logit, shape (rows, width, 2); in 8 bits with `ranges`."""
    bert = _Bert(folder, prefix="bert.", ranges=ranges)
    return bert.network(bert.linear(bert.tokens(), _HEAD))


def linear_inputs(folder: Path) -> tuple[Any, dict[str, Floats]]:
    """The network of `spans` as far as its linear layers: its outputs are what they are given.

    With the name of each output, as ranges have it, and the weights that multiply it, shape (all their rows, channels).
    """
    bert = _Bert(folder, prefix="bert.")
    bert.tokens()
    weights = {name: np.concatenate([bert.weight(*layer) for layer in bert.readers[name]]) for name in bert.inputs}
    return bert.network(*bert.inputs.values()), weights


def ranges_of(folder: Path) -> Ranges | None:
    """The ranges beside the weights, if there are any."""
    path = folder / RANGES
    if not path.exists():
        return None
    ranges = {}
    for name, found in json.loads(path.read_bytes()).items():
        divisors = {int(channel): number for channel, number in found["divisors"].items()}
        ranges[name] = Range(found["low"], found["high"], divisors)
    return ranges


class _Bert:
    """The nodes of one graph, named as their weights are."""

    def __init__(self, folder: Path, prefix: str, ranges: Ranges | None = None) -> None:
        config: Mapping[str, Any] = json.loads((folder / "config.json").read_bytes())
        self._layers, self._heads = config["num_hidden_layers"], config["num_attention_heads"]
        self._hidden, self._epsilon = config["hidden_size"], config["layer_norm_eps"]
        self._file: Any = safe_open(folder / "model.safetensors", framework="numpy")
        self._prefix = prefix
        self._ranges = ranges
        self.inputs: dict[str, Node] = {}  # of the encoder's linear layers, by the name that a range has
        self.readers: dict[str, list[tuple[str, float]]] = {}  # the name and scale of each layer that is given it
        shape = import_openvino().PartialShape([-1, -1])
        self._ids = _op.parameter(shape, np.int32, "ids")
        self._types = _op.parameter(shape, np.int32, "types")
        self.mask = _op.parameter(shape, np.float32, "mask")

    def network(self, *outputs: Node) -> Any:
        """The whole graph, ending in `outputs`."""
        return import_openvino().Model(list(outputs), [self._ids, self._types, self.mask], "bert")

    def tokens(self) -> Node:
        """Each token's vector after the last layer, shape (rows, width, hidden)."""
        name = f"{self._prefix}embeddings."
        width = _op.gather(_op.shape_of(self._ids, "i32"), _ints(1), _ints(0))
        positions = _op.slice(self._table(f"{name}position_embeddings"), _ints(0), width, _ints(1), _ints(0))
        words = _op.gather(self._table(f"{name}word_embeddings"), self._ids, _ints(0))
        types = _op.gather(self._table(f"{name}token_type_embeddings"), self._types, _ints(0))
        summed = _op.add(_op.add(_single(words), _single(positions)), _single(types))
        x = self._normalized(summed, f"{name}LayerNorm")
        padding = _op.multiply(_op.subtract(self.mask, _floats(1)), _floats(_HIDDEN))
        bias = _op.unsqueeze(padding, _ints(1, 2))
        for layer in range(self._layers):
            x = self._layer(x, bias, f"{self._prefix}encoder.layer.{layer}.")
        return x

    def linear(self, x: Node, name: str, given: str | None = None, scale: float = 1.0) -> Node:
        """x W^T + b, times `scale`; `given` names the range that x was rounded to, if it was."""
        weight, bias = self.weight(name, scale), self._read(f"{name}.bias") * np.float32(scale)
        if given is not None:
            self.readers.setdefault(given, []).append((name, scale))
        if self._ranges is None or given is None:
            constant = _op.constant(weight)
        else:
            constant = _in_8_bits(weight * self._ranges[given].divisor(weight.shape[1]))
        return _op.add(_op.matmul(x, constant, False, True), _op.constant(bias))

    def weight(self, name: str, scale: float) -> Floats:
        """A linear layer's weights times `scale`, shape (rows, channels)."""
        return self._read(f"{name}.weight") * np.float32(scale)

    def _given(self, x: Node, name: str) -> Node:
        """What the linear layers `name` are given: x, rounded to its range in 8 bits."""
        self.inputs[name] = x
        if self._ranges is None:
            return x
        found = self._ranges[name]
        low, high = _floats(found.low), _floats(found.high)
        if found.divisors:
            x = _op.multiply(x, _op.constant(1 / found.divisor(x.get_output_partial_shape(0)[2].get_length())))
        return _op.fake_quantize(x, low, high, low, high, LEVELS)

    def _layer(self, x: Node, bias: Node, name: str) -> Node:
        split, across = _ints(0, 0, self._heads, self._hidden // self._heads), _ints(0, 2, 1, 3)
        attention, output = f"{name}attention.self", f"{name}attention.output.dense"
        asked = self._given(x, attention)

        def heads(kind: str, scale: float = 1.0) -> Node:
            linear = self.linear(asked, f"{attention}.{kind}", attention, scale)
            return _op.transpose(_op.reshape(linear, split, True), across)

        scale = (self._hidden // self._heads) ** -0.5
        logits = _op.add(_op.matmul(heads("query", scale), heads("key"), False, True), bias)
        mixed = _op.transpose(_op.matmul(_op.softmax(logits, -1), heads("value"), False, False), across)
        joined = self._given(_op.reshape(mixed, _ints(0, 0, self._hidden), True), output)
        x = self._normalized(_op.add(self.linear(joined, output, output), x), f"{name}attention.output.LayerNorm")
        wide, narrow = f"{name}intermediate.dense", f"{name}output.dense"
        inner = self._given(_op.gelu(self.linear(self._given(x, wide), wide, wide), "ERF"), narrow)
        return self._normalized(_op.add(self.linear(inner, narrow, narrow), x), f"{name}output.LayerNorm")

    def _normalized(self, x: Node, name: str) -> Node:
        centred = _op.mvn(x, _ints(-1), True, self._epsilon, "INSIDE_SQRT")
        weight, bias = (_op.constant(self._read(f"{name}.{part}")) for part in ("weight", "bias"))
        return _op.add(_op.multiply(centred, weight), bias)

    def _table(self, name: str) -> Node:
        """An embedding table, kept in float16: half the memory, and finer than the bf16 it is computed with."""
        return _op.constant(self._file.get_tensor(f"{name}.weight").astype(np.float16))

    def _read(self, name: str) -> Floats:
        tensor: Floats = self._file.get_tensor(name).astype(np.float32)
        return tensor


def rounded(weight: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """A weight as 254 equal steps of each row's largest value, and the rows' steps, shape (rows, 1)."""
    steps = np.maximum(np.abs(weight).max(axis=1, keepdims=True), 1e-12) / 127
    return np.round(weight / steps).astype(np.int8), steps.astype(np.float32)


def _in_8_bits(weight: Floats) -> Node:
    """What the engine multiplies as integers."""
    integers, steps = (_op.constant(part) for part in rounded(weight))
    return _op.multiply(_op.convert(integers, np.float32), steps)


def _ints(*values: int) -> Node:
    return _op.constant(np.array(values, dtype=np.int32))


def _floats(value: float) -> Node:
    return _op.constant(np.float32(value))


def _single(x: Node) -> Node:
    return _op.convert(x, np.float32)
