"""Reads passages for a question: the Reader protocol and the transformer one."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.embed import has_bf16
from index.errors import ModelMismatchError
from rag.encode import HEADLINE, PASSAGE, Encoded, assemble, load_tokenizer, tokenize

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


class TransformerReader:
    """A transformers question-answering model from a local folder, in bf16 matrix products where there are any.

    One padded batch a question, sorted by length; shape (passages, longest).
    """

    LIMIT = 512  # tokens of one input: question, headline and passage

    def __init__(self, folder: Path) -> None:
        recipe = json.loads((folder / "recipe.json").read_bytes())
        found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        if found != recipe["sha256"]:
            raise ModelMismatchError(
                f"the reader has sha256 {found[:12]}…, its recipe says {recipe['sha256'][:12]}…; restore them"
            )
        import torch
        from transformers import AutoModelForQuestionAnswering
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._torch = torch
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._bf16 = self._device.type == "cuda" or has_bf16()
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        model = AutoModelForQuestionAnswering.from_pretrained(
            folder, local_files_only=True, attn_implementation="eager", dtype=torch.float32
        )
        self._model = model.eval().to(self._device)
        self.name = f"{recipe['name']} {found[:12]}"

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """See Reader."""
        if not passages:
            return []
        pieces = tokenize(self._tokenizer, [question, *(piece for passage in passages for piece in passage)])
        asked, heads, texts = pieces[0], pieces[1::2], pieces[2::2]
        inputs = [assemble(self._tokenizer, asked, h, t, self.LIMIT) for h, t in zip(heads, texts, strict=True)]
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
