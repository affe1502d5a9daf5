"""A reader with one of its layers twice: more to learn with, and nothing of what it knows is lost.

Each layer adds to its input, so that the same layer once more changes little at first (depth up-scaling, Kim et al.
2023). `train --base DEEPER --from DEEPER` goes on from there.
"""

import json
import re
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from rag.train.encoder import earlier

_LAYER = re.compile(r"(.*encoder\.layer\.)(\d+)(\..*)")


def deepen(before: Path, out: Path, layer: int) -> None:
    """Writes the reader of folder `before` to folder `out`, with a copy of `layer`, from 1, right after it."""
    _, stages = earlier(before)
    config = json.loads((before / "config.json").read_text())
    if not 1 <= layer <= config["num_hidden_layers"]:
        raise SystemExit(f"there is no layer {layer}: the reader in {before} has {config['num_hidden_layers']}")
    weights = {}
    for name, tensor in load_file(before / "model.safetensors").items():
        found = _LAYER.fullmatch(name)
        if found is None:
            weights[name] = tensor
            continue
        number = int(found[2])  # from 0
        places = [number] * (number < layer) + [number + 1] * (number >= layer - 1)
        weights |= {f"{found[1]}{place}{found[3]}": tensor.clone() for place in places}
    out.mkdir(parents=True, exist_ok=True)
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    config["num_hidden_layers"] += 1
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    shutil.copyfile(before / "tokenizer.json", out / "tokenizer.json")
    recipe = {"name": before.name, "stages": [*stages, {"repeated_layer": layer}]}
    (out / "recipe.json").write_text(json.dumps(recipe, indent=1) + "\n")
