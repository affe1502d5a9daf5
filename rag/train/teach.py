"""What a larger reader, trained on the same examples, says of every token: targets for a smaller one.

    python -m rag.train train --work TEACHER --base MPNET …
    python -m rag.train teach --work WORK --base MPNET --from TEACHER/checkpoint.pt
    python -m rag.train train --work WORK --from READER --taught 0.7

A reader that is trained further may be its own teacher: `teach --base READER --from READER`.

The pupil's loss is then, for that share, its difference from the teacher's distribution (Hinton et al. 2015).
"""

import json
from pathlib import Path

import numpy as np
import torch

from rag.train.examples import Examples, padded, pieces_of
from rag.train.train import earlier, load_base, pointed

_BATCH = 4096  # tokens, padding included
_SAVED = 100  # batches between two marks of how far it is


@torch.inference_mode()
def teach(work: Path, base: Path, teacher: Path) -> None:
    """Writes WORK/taught.npy: start and end logit of each token of examples.npz, shape (tokens, 2), float16.

    Those of untaught examples stay 0, for no pupil looks at them.
    teacher: checkpoint.pt of a training of `base`, or the folder of an exported reader. Of a checkpoint, its last
    weights are taken, since in a short training their average lags far behind.
    Goes on where it was broken off. WORK/taught.json tells of the teacher, for the pupil's recipe.
    """
    torch.set_flush_denormal(True)
    examples = Examples(work / "examples.npz", pieces_of(base, work / "tokenizer.json"))
    model = load_base(base)
    weights, stages = earlier(teacher)
    model.load_state_dict(weights)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model.to(device, torch.bfloat16).eval()
    batches = _all_batches(examples.lengths, np.flatnonzero(~examples.untaught))
    partial, mark = work / "taught.part.npy", work / "taught.part.json"
    done = json.loads(mark.read_text())["batches"] if mark.exists() and partial.exists() else 0
    shape = (len(examples.ids), 2)
    taught = np.lib.format.open_memmap(partial, mode="r+" if done else "w+", dtype=np.float16, shape=shape)
    for number in range(done, len(batches)):
        batch = batches[number]
        ids, mask, types = (part.to(device) for part in examples.tensors(batch)[:3])
        logits = torch.stack(pointed(model, ids, mask, types), dim=-1).cpu().numpy()
        for row, example in enumerate(batch):
            at, length = examples.offsets[example], examples.lengths[example]
            taught[at : at + length] = logits[row, :length]
        if (number + 1) % _SAVED == 0 or number + 1 == len(batches):
            taught.flush()
            mark.write_text(json.dumps({"batches": number + 1, "of": len(batches)}) + "\n")
            print(mark.read_text(), end="", flush=True)
    (work / "taught.json").write_text(json.dumps({"base": base.name, "stages": stages}, indent=1) + "\n")
    partial.replace(work / "taught.npy")
    mark.unlink(missing_ok=True)


def _all_batches(lengths: np.ndarray, numbers: np.ndarray) -> list[np.ndarray]:
    """The example numbers a batch, shortest first, every example once."""
    order, width = numbers[np.argsort(lengths[numbers], kind="stable")], padded(lengths)
    batches, start = [], 0
    while start < len(order):
        size = max(1, _BATCH // int(width[order[start]]))  # of the first, the others are a little longer at most
        batches.append(order[start : start + size])
        start += size
    return batches
