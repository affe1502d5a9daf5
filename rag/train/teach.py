"""What a larger reader, trained on the same examples, says of every token: targets for a smaller one.

    python -m rag.train train --work TEACHER --base MPNET …
    python -m rag.train teach --work WORK --base MPNET --from TEACHER/checkpoint.pt
    python -m rag.train train --work WORK --from READER --taught 0.7

A reader that is trained further may be its own teacher: `teach --base READER --from READER`. What a teacher said of
each example before it had learnt from it (`train --recorded`) costs nothing, and cannot be known by heart:

    python -m rag.train teach --work WORK --recorded TEACHER

With `--from READER` too, that reader's word is mixed in, for two who were trained apart know more than either: with
SHARE of the log-probabilities, the pupil itself mostly, which then keeps what it knows. `--mix` mixes one more into
what WORK/taught.npy has.

The pupil's loss is then, for that share, its difference from the teacher's distribution (Hinton et al. 2015).
"""

import json
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedModel

from rag.train.encoder import computed_in, earlier, load_base, pointed
from rag.train.examples import Examples, open_logits, padded, pieces_of

_BATCH = 4096  # tokens, padding included
_PARTIAL = "taught.part.npy"
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
    model, about = _opened(base, teacher)
    batches = _all_batches(examples.lengths, np.flatnonzero(~examples.untaught))
    partial, mark = work / _PARTIAL, work / "taught.part.json"
    done = json.loads(mark.read_text())["batches"] if mark.exists() and partial.exists() else 0
    taught = open_logits(partial, len(examples.ids), going_on=done > 0)
    for number in range(done, len(batches)):
        examples.keep(_said(model, examples, batches[number]), taught, batches[number])
        if (number + 1) % _SAVED == 0 or number + 1 == len(batches):
            taught.flush()
            mark.write_text(json.dumps({"batches": number + 1, "of": len(batches)}) + "\n")
            print(mark.read_text(), end="", flush=True)
    _finish(work, about)
    mark.unlink(missing_ok=True)


def take_recorded(work: Path, teacher: Path) -> int:
    """Writes WORK/taught.npy from TEACHER/recorded.npy, for the examples that both have; how many it knows.

    The others stay 0: those that only WORK has, and those that the teacher saw before it recorded.
    """
    ours, theirs = Examples(work / "examples.npz"), Examples(teacher / "examples.npz")
    said = np.load(teacher / "recorded.npy", mmap_mode="r")
    places = {theirs.ids[part].tobytes(): part for part in map(theirs.tokens, range(len(theirs.lengths)))}
    taught = open_logits(work / _PARTIAL, len(ours.ids))
    known = 0
    for part in map(ours.tokens, range(len(ours.lengths))):
        place = places.get(ours.ids[part].tobytes())
        if place is not None:
            taught[part] = said[place]
            known += bool(said[place].any())
    taught.flush()
    stages = earlier(teacher / "checkpoint.pt")[1]
    _finish(work, {"recorded": f"{known} of {len(ours.lengths)} examples", "stages": stages})
    return known


@torch.inference_mode()
def mix_in(work: Path, base: Path, reader: Path, share: float) -> int:
    """Mixes what a reader says into WORK/taught.npy, for what is taught there and may be; how many examples that is.

    share 0..1: of the reader's log-probabilities, the others' being 1 - share. base, reader: as for `teach`.
    """
    torch.set_flush_denormal(True)
    examples = Examples(work / "examples.npz", pieces_of(base, work / "tokenizer.json"))
    model, mixed = _opened(base, reader)
    before = np.load(work / "taught.npy", mmap_mode="r")
    taught = open_logits(work / _PARTIAL, len(examples.ids))
    taught[:] = before
    numbers = np.flatnonzero(examples.to_learn(before) & ~examples.untaught)
    for batch in _all_batches(examples.lengths, numbers):
        said = _said(model, examples, batch)
        for row, number in enumerate(batch):
            tokens = examples.tokens(number)
            ours, theirs = _log_softmax(said[row, : examples.lengths[number]]), _log_softmax(before[tokens])
            taught[tokens] = share * ours + (1 - share) * theirs
    taught.flush()
    about = json.loads((work / "taught.json").read_text())
    _finish(work, about | {"mixed_in": [*about.get("mixed_in", []), mixed | {"share": share}]})
    return len(numbers)


def _opened(base: Path, teacher: Path) -> tuple[PreTrainedModel, dict[str, object]]:
    """The teacher, and what the pupil's recipe tells of it: its stages, or the sha256 of an exported reader."""
    model = load_base(base)
    weights, stages = earlier(teacher)
    model.load_state_dict(weights)
    about: dict[str, object] = {"base": base.name}
    if teacher.is_dir():
        about["reader"] = json.loads((teacher / "recipe.json").read_text())["sha256"]
    else:
        about["stages"] = stages
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return model.to(device, computed_in(device)).eval(), about


def _said(model: PreTrainedModel, examples: Examples, batch: np.ndarray) -> np.ndarray:
    """Start and end logits of one batch, shape (batch, length, 2)."""
    ids, mask, types = (part.to(model.device) for part in examples.tensors(batch)[:3])
    return torch.stack(pointed(model, ids, mask, types), dim=-1).cpu().numpy()


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    """Over the tokens of one example, shape (length, 2)."""
    wide = logits.astype(np.float32)
    return np.asarray(wide - np.logaddexp.reduce(wide, axis=0))


def _finish(work: Path, about: dict[str, object]) -> None:
    (work / "taught.json").write_text(json.dumps(about, indent=1) + "\n")
    (work / _PARTIAL).replace(work / "taught.npy")


def _all_batches(lengths: np.ndarray, numbers: np.ndarray) -> list[np.ndarray]:
    """The example numbers a batch, shortest first, every example once."""
    order, width = numbers[np.argsort(lengths[numbers], kind="stable")], padded(lengths)
    batches, start = [], 0
    while start < len(order):
        size = max(1, _BATCH // int(width[order[start]]))  # of the first, the others are a little longer at most
        batches.append(order[start : start + size])
        start += size
    return batches
