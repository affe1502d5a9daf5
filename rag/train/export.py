"""A checkpoint -> the bundled reader: half-precision safetensors, tokenizer, config and recipe.json."""

import hashlib
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import load_file

from rag.train.encoder import load_base

LARGEST = 50_000_000  # bytes of the weights file


def export(
    work: Path,
    base: Path,
    out: Path,
    name: str,
    *,
    averaged: bool = True,
    beside: Path | None = None,
    share: float = 0.5,
) -> None:
    """Writes OUT/model.safetensors (float16), config.json, tokenizer.json and, last, recipe.json with the sha256.

    The running average of the weights, or those of the last step. beside: the folder of an exported reader, whose
    weights are averaged with these (Wortsman et al. 2022), which have that share, 0..1, of the mean.
    """
    saved = torch.load(work / "checkpoint.pt", map_location="cpu", weights_only=True)
    model = load_base(base)
    state = saved["average" if averaged else "model"]
    if beside is not None:
        other = load_file(beside / "model.safetensors")
        state = {key: share * tensor + (1 - share) * other[key].float() for key, tensor in state.items()}
    model.load_state_dict(state)
    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(out)
    shutil.copyfile(base / "tokenizer.json", out / "tokenizer.json")
    weights = (out / "model.safetensors").read_bytes()
    if len(weights) > LARGEST:
        raise SystemExit(f"the weights are {len(weights)} bytes, more than {LARGEST}; train a smaller model")
    recipe = {
        "name": name,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "base": "sentence-transformers/all-MiniLM-L6-v2",
        "weights": "running average" if averaged else "last step",
        "averaged_with": json.loads((beside / "recipe.json").read_text())["sha256"] if beside else None,
        "share": share if beside else None,
        "stages": saved["stages"],
        "versions": {package: version(package) for package in ("torch", "transformers", "tokenizers", "numpy")},
    }
    (out / "recipe.json").write_text(json.dumps(recipe, indent=1) + "\n")
    print(f"{out}: {len(weights)} bytes, sha256 {recipe['sha256']}")
