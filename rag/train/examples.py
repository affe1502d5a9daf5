"""The examples that `prepare` made, in padded batches of few shapes, for any encoder with the same word pieces."""

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from rag.encode import load_tokenizer

PAD = 32
_NEVER = -1e4  # a padding token's logit
_AS_IN_ROBERTA = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>"}


class Examples:
    """The arrays of examples.npz, cut into padded batches."""

    def __init__(self, path: Path, pieces: np.ndarray | None = None) -> None:
        """pieces: the id in another vocabulary of each id, when an encoder with that one is to be trained."""
        arrays = np.load(path)
        self.ids, self.type_ids = arrays["ids"], arrays["type_ids"]
        if pieces is not None:
            self.ids = pieces[self.ids]
        self.lengths, self.start, self.end = arrays["lengths"], arrays["start"], arrays["end"]
        self.untaught: npt.NDArray[np.bool_] = (
            arrays["untaught"] if "untaught" in arrays else np.zeros(len(self.lengths), dtype=np.bool_)
        )
        self.offsets = np.concatenate([[0], np.cumsum(self.lengths)])

    def tokens(self, number: int) -> slice:
        """Where an example's tokens are among those of all."""
        return slice(int(self.offsets[number]), int(self.offsets[number + 1]))

    def batches(
        self, tokens: int, epochs: float, seed: int, among: npt.NDArray[np.bool_] | None = None
    ) -> list[np.ndarray]:
        """Example numbers a batch: equal padded length within a batch, batches in random order.

        among: which examples are taken, shape (examples,); all of them unless told.
        """
        rng = np.random.default_rng(seed)
        result: list[np.ndarray] = []
        width = padded(self.lengths) if among is None else padded(self.lengths) * among
        whole = int(np.ceil(epochs))
        for _ in range(whole):
            epoch: list[np.ndarray] = []
            for size in np.unique(width[width > 0]):
                members = rng.permutation(np.flatnonzero(width == size))
                step = max(1, tokens // int(size))
                epoch += [members[at : at + step] for at in range(0, len(members) - step + 1, step)]
            order = rng.permutation(len(epoch))
            result += [epoch[i] for i in order]
        return result[: int(len(result) * epochs / whole)]

    def tensors(self, batch: np.ndarray) -> tuple[torch.Tensor, ...]:
        """ids, attention mask and type ids of shape (batch, length), start and end of shape (batch,)."""
        width = int(padded(self.lengths[batch]).max())
        ids, mask, types = (np.zeros((len(batch), width), dtype=np.int64) for _ in range(3))
        for row, number in enumerate(batch):
            tokens, length = self.tokens(number), self.lengths[number]
            ids[row, :length], types[row, :length], mask[row, :length] = self.ids[tokens], self.type_ids[tokens], 1
        arrays = (ids, mask, types, self.start[batch].astype(np.int64), self.end[batch].astype(np.int64))
        return tuple(torch.from_numpy(a) for a in arrays)

    def to_learn(self, logits: np.ndarray) -> npt.NDArray[np.bool_]:
        """Which examples a pupil of these logits learns from, shape (examples,): what a teacher read, and the untaught.

        What a teacher should have read and has not is left out.
        """
        read = [bool(logits[self.tokens(number)].any()) for number in range(len(self.lengths))]
        return np.logical_or(read, self.untaught)

    def known(self, logits: np.ndarray, sure: float = 0.9) -> npt.NDArray[np.bool_]:
        """Of which examples that teacher gives both the start and the end at least that probability; (examples,)."""
        found = np.zeros(len(self.lengths), dtype=np.bool_)
        for number, (start, end) in enumerate(zip(self.start, self.end, strict=True)):
            said = logits[self.tokens(number)].astype(np.float32)
            if said.any():
                right = np.diag(said[[start, end]]) - np.logaddexp.reduce(said, axis=0)
                found[number] = bool((right >= np.log(sure)).all())
        return found

    def taught(self, logits: np.ndarray, batch: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """A teacher's logits, given for all tokens, shape (tokens, 2), of one batch, and which of it a teacher read.

        Shapes (batch, length, 2), and (batch,) of 1 or 0: what no teacher read has logits that are all 0.
        """
        width = int(padded(self.lengths[batch]).max())
        found = np.full((len(batch), width, 2), _NEVER, dtype=np.float32)
        told = np.zeros(len(batch), dtype=np.float32)
        for row, number in enumerate(batch):
            found[row, : self.lengths[number]] = said = logits[self.tokens(number)]
            told[row] = said.any()
        return torch.from_numpy(found), torch.from_numpy(told)

    def keep(self, found: np.ndarray, logits: np.ndarray, batch: np.ndarray) -> None:
        """Writes what a teacher says of one batch, shape (batch, length, 2), among the logits of all tokens."""
        for row, number in enumerate(batch):
            logits[self.tokens(number)] = found[row, : self.lengths[number]]


def open_logits(path: Path, tokens: int, *, going_on: bool = False) -> np.memmap:
    """The start and end logit of every token, shape (tokens, 2), float16: those of a run that goes on, else all 0."""
    mode: Literal["r+", "w+"] = "r+" if going_on else "w+"
    return np.lib.format.open_memmap(path, mode=mode, dtype=np.float16, shape=(tokens, 2))


def padded(lengths: np.ndarray) -> np.ndarray:
    """The lengths that examples have in a batch: multiples of PAD."""
    return -(-lengths // PAD) * PAD


def pieces_of(base: Path, tokenizer_path: Path) -> np.ndarray | None:
    """The number that `base` has for each word piece of the tokenizer, shape (pieces,); None if it is the same."""
    if not tokenizer_path.exists() or tokenizer_path.read_bytes() == (base / "tokenizer.json").read_bytes():
        return None
    theirs = load_tokenizer(base / "tokenizer.json").get_vocab()
    theirs |= {ours: theirs[name] for ours, name in _AS_IN_ROBERTA.items() if name in theirs}
    ours = load_tokenizer(tokenizer_path).get_vocab()
    return np.array([theirs.get(piece, theirs["[UNK]"]) for piece in sorted(ours, key=ours.__getitem__)])
