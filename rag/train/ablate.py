"""Short trainings of equal length, each with one part of the recipe more: what every part is worth.

    python -m rag.train ablate --work WORK --train squad-train.json.gz --steps 1000

Leaves a reader in WORK/ablation/ROW/model for each of ROWS, and for the last one's running average; a row that is there
is not made again. `python -m eval bench squad --model` and `python -m rag.train calibrate --model` measure them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rag.train.examples import Examples
from rag.train.export import export
from rag.train.prepare import Settings as Prepare
from rag.train.prepare import prepare
from rag.train.quantize import quantize
from rag.train.train import Settings as Train
from rag.train.train import train

_PARTS: Mapping[str, Sequence[str]] = {
    "negatives": ("negatives", "positives", "swaps"),
    "titles": ("title", "sentence_headline"),
    "questions": ("no_question_mark", "keywords", "typo"),
}
ROWS = ("base", *_PARTS)
_AVERAGE = 0.99  # a step: the last hundred of a short run, not its start


def ablate(files: Sequence[Path], base: Path, work: Path, steps: int) -> None:
    """Trains a reader for every row; each goes on from its own checkpoint when it was broken off."""
    for row in range(len(ROWS)):
        folder = work / "ablation" / ROWS[row]
        if (folder / "model" / "recipe.json").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "prepare.json").exists():
            (folder / "mined.jsonl").unlink(missing_ok=True)
            (folder / "mined.jsonl").symlink_to((work / "mined.jsonl").resolve())
            prepare(files, base / "tokenizer.json", folder, settings(row))
        usual = Train(average=_AVERAGE)
        whole = len(Examples(folder / "examples.npz").batches(usual.tokens, 1, usual.seed))
        train(folder, base, replace(usual, epochs=steps / whole))
        export(folder, base, folder / "model", f"ablation-{ROWS[row]}", averaged=False)
    last = work / "ablation" / ROWS[-1]
    export(last, base, last / "average", "ablation-average")
    quantize(work, last / "average")


def settings(row: int) -> Prepare:
    """How the examples of ROWS[row] are prepared: with the parts up to it and without those after."""
    without = [name for part in ROWS[row + 1 :] for name in _PARTS[part]]
    return Prepare(**dict.fromkeys(without, 0))
