"""The encoder with its span head, as it is trained and taught: loaded, frozen in part, run, and its earlier weights."""

import json
import re
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForQuestionAnswering, PreTrainedModel


def load_base(base: Path) -> PreTrainedModel:
    """The encoder with a fresh span head, dropout off; frozen word embeddings."""
    model = AutoModelForQuestionAnswering.from_pretrained(
        base,
        local_files_only=True,
        attn_implementation="eager",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        dtype=torch.float32,
    )
    model.get_input_embeddings().weight.requires_grad_(False)
    return model


@cache
def computed_in(device: torch.device) -> torch.dtype:
    """bf16, unless that is a CPU which multiplies float32 faster, as those of Intel do without AMX."""
    if device.type != "cpu":
        return torch.bfloat16
    return min((torch.bfloat16, torch.float32), key=_seconds_of_products)


def _seconds_of_products(dtype: torch.dtype) -> float:
    """The shortest of five products of matrices as large as a layer's."""
    tokens, weights = torch.ones(4096, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        torch.mm(tokens, weights)
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def freeze(model: PreTrainedModel, layers: int) -> None:
    """Keeps that many of the lowest layers, and what lies below them, as they are: no gradient has to go down there."""
    for name, parameter in model.named_parameters():
        layer = re.search(r"encoder\.layer\.(\d+)\.", name)
        below = int(layer[1]) < layers if layer else "embeddings." in name or "relative_attention_bias" in name
        if layers and below:
            parameter.requires_grad_(False)


def pointed(model: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> list[torch.Tensor]:
    """Start and end logits in float32, shape (batch, length) each."""
    typed = {"token_type_ids": types} if hasattr(model.config, "type_vocab_size") else {}
    output = model(input_ids=ids, attention_mask=mask, **typed)
    return [output.start_logits.float(), output.end_logits.float()]


def earlier(before: Path) -> tuple[Mapping[str, torch.Tensor], list[dict[str, object]]]:
    """Weights and stages of a checkpoint.pt, or of the folder of an exported reader."""
    if before.is_dir():
        recipe = json.loads((before / "recipe.json").read_text())
        mean = {name: recipe.get(name) for name in ("averaged_with", "share")}
        averaged = [mean] if mean["averaged_with"] else []
        return load_file(before / "model.safetensors"), [*recipe["stages"], *averaged]
    saved = torch.load(before, map_location="cpu", weights_only=True)
    return saved["model"], saved.get("stages", [])
