"""Reads passages for a question: the Reader protocol, and transformers on OpenVINO or PyTorch."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.device import has_cuda, torch_device, torch_has_bf16
from index.engine import Engine, has_int8
from index.errors import ModelMismatchError
from rag.encode import HEADLINE, PASSAGE, Assembler, Encoded, load_tokenizer

_FILES = ("config.json", "model.safetensors", "recipe.json", "tokenizer.json")

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage's logits, only for tokens of its headline and text, shape (n,) each.

    start, end: logits; starts, ends: each token's code points in its own piece; in_headline: which piece that is.
    null: the passage's no-answer score, start plus end logit of [CLS].
    """

    start: Floats
    end: Floats
    null: float
    starts: Ints
    ends: Ints
    in_headline: Bools


class Reader(Protocol):
    """Points at answer spans. `name` identifies the exact weights."""

    name: str

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """One Reading for each (headline, text), in order; headline "" for none."""
        ...


class BertReader:
    """A BERT question-answering model on OpenVINO: a passage's logits have the same bits beside any others.

    int8: the linear layers in 8-bit integers; by default where the model has ranges and the processor is made for it.
    """

    def __init__(self, folder: Path, *, threads: int | None = None, int8: bool | None = None) -> None:
        self.name = _checked_name(folder)
        from index import bert

        ranges = bert.ranges_of(folder) if int8 or (int8 is None and has_int8()) else None
        if ranges is not None:
            self.name += f" int8 {hashlib.sha256((folder / bert.RANGES).read_bytes()).hexdigest()[:8]}"
        self._assemble = Assembler(load_tokenizer(folder / "tokenizer.json"))
        self._engine = Engine(bert.spans(folder, ranges), threads=threads)

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """See Reader."""
        inputs = self._assemble(question, passages)
        logits = self._engine.run([(item.ids, item.type_ids) for item in inputs])
        return [_reading(item, row[:, 0], row[:, 1]) for item, row in zip(inputs, logits, strict=True)]


class TransformerReader:
    """Any transformers question-answering model, on PyTorch: on a GPU, or in bf16 matrix products where there are any.

    One padded batch a question; shape (passages, longest).
    """

    def __init__(self, folder: Path, *, bf16: bool | None = None) -> None:
        self.name = _checked_name(folder)
        import torch
        from transformers import AutoModelForQuestionAnswering
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._torch = torch
        self._device = torch.device(torch_device())
        self._bf16 = self._device.type == "cuda" or torch_has_bf16() if bf16 is None else bf16
        self._assemble = Assembler(load_tokenizer(folder / "tokenizer.json"))
        model = AutoModelForQuestionAnswering.from_pretrained(
            folder, local_files_only=True, attn_implementation="eager", dtype=torch.float32
        )
        self._model = model.eval().to(self._device)

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """See Reader."""
        if not passages:
            return []
        inputs = self._assemble(question, passages)
        width = max(len(item) for item in inputs)
        ids, types, mask = (np.zeros((len(inputs), width), dtype=np.int64) for _ in range(3))
        for row, item in enumerate(inputs):
            ids[row, : len(item)], types[row, : len(item)], mask[row, : len(item)] = item.ids, item.type_ids, 1
        torch = self._torch
        tensors = {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
        with torch.inference_mode(), torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._bf16):
            out = self._model(**{key: torch.from_numpy(value).to(self._device) for key, value in tensors.items()})
        starts = out.start_logits.float().cpu().numpy()
        ends = out.end_logits.float().cpu().numpy()
        return [_reading(*row) for row in zip(inputs, starts, ends, strict=True)]


def load_reader(folder: Path, *, threads: int | None = None) -> Reader:
    """The reader in `folder` on OpenVINO; on PyTorch where there is a GPU, or when it is another kind of model.

    threads: of OpenVINO; PyTorch has one number for the whole process. Raises ModelMismatchError for another folder.
    """
    from index import bert

    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise ModelMismatchError(f"{folder} is no reader, it lacks {', '.join(missing)}; name an exported one")
    if has_cuda() or not bert.supports(folder):
        return TransformerReader(folder)
    return BertReader(folder, threads=threads)


def _checked_name(folder: Path) -> str:
    """The reader's name with the start of its weights' sha256; raises ModelMismatchError when they are not its own."""
    recipe = json.loads((folder / "recipe.json").read_bytes())
    with (folder / "model.safetensors").open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != recipe["sha256"]:
        raise ModelMismatchError(
            f"the reader has sha256 {found[:12]}…, its recipe says {recipe['sha256'][:12]}…; restore them"
        )
    return f"{recipe['name']} {found[:12]}"


def _reading(item: Encoded, start: Floats, end: Floats) -> Reading:
    keep = np.flatnonzero((item.part == HEADLINE) | (item.part == PASSAGE))
    return Reading(
        start=start[keep],
        end=end[keep],
        null=float(start[0] + end[0]),
        starts=item.starts[keep],
        ends=item.ends[keep],
        in_headline=item.part[keep] == HEADLINE,
    )
