"""Fine-tunes the encoder to point at answer spans: few batch shapes, computed in bf16, checkpoints, resume, averaging.

A run may start from another run's checkpoint or from an exported reader; `stages` in a checkpoint lists all the runs
that its weights went through. `--base` may be a larger encoder of the same word pieces under other numbers
(MPNet, say), which is trained on the same examples: a teacher.

Batches hold about `tokens` tokens each, padded to multiples of 32, so that the CPU kernels see few distinct shapes
(varied shapes double the step time). Unanswerable questions point at [CLS]. The weights are kept in float32; forward
and backward go through a copy of them in bf16, which on a CPU is faster than converting them in every layer.
"""

import copy
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from rag.encode import load_tokenizer

PAD = 32
_AS_IN_ROBERTA = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Optimisation settings; one epoch is one pass over examples.npz."""

    seed: int = 13
    epochs: float = 1.0
    tokens: int = 4096
    learning_rate: float = 1e-4
    warmup: float = 0.06  # share of the steps over which the rate rises
    decay: float = 0.94  # share of the steps, at the end, over which it falls to 0
    average: float = 0.999  # what the running average of the weights keeps at each step
    weight_decay: float = 0.01
    checkpoint_every: int = 250


class Examples:
    """The arrays of examples.npz, cut into padded batches."""

    def __init__(self, path: Path, pieces: np.ndarray | None = None) -> None:
        """pieces: the id in another vocabulary of each id, when an encoder with that one is to be trained."""
        arrays = np.load(path)
        self.ids, self.type_ids = arrays["ids"], arrays["type_ids"]
        if pieces is not None:
            self.ids = pieces[self.ids]
        self.lengths, self.start, self.end = arrays["lengths"], arrays["start"], arrays["end"]
        self.offsets = np.concatenate([[0], np.cumsum(self.lengths)])

    def batches(self, tokens: int, epochs: float, seed: int) -> list[np.ndarray]:
        """Example numbers a batch: equal padded length within a batch, batches in random order."""
        rng = np.random.default_rng(seed)
        result: list[np.ndarray] = []
        width = -(-self.lengths // PAD) * PAD
        whole = int(np.ceil(epochs))
        for _ in range(whole):
            epoch: list[np.ndarray] = []
            for size in np.unique(width):
                members = rng.permutation(np.flatnonzero(width == size))
                step = max(1, tokens // int(size))
                epoch += [members[at : at + step] for at in range(0, len(members) - step + 1, step)]
            order = rng.permutation(len(epoch))
            result += [epoch[i] for i in order]
        return result[: int(len(result) * epochs / whole)]

    def tensors(self, batch: np.ndarray) -> tuple[torch.Tensor, ...]:
        """ids, attention mask and type ids of shape (batch, length), start and end of shape (batch,)."""
        width = int(-(-self.lengths[batch].max() // PAD) * PAD)
        ids, mask, types = (np.zeros((len(batch), width), dtype=np.int64) for _ in range(3))
        for row, number in enumerate(batch):
            at, length = self.offsets[number], self.lengths[number]
            ids[row, :length] = self.ids[at : at + length]
            types[row, :length] = self.type_ids[at : at + length]
            mask[row, :length] = 1
        arrays = (ids, mask, types, self.start[batch].astype(np.int64), self.end[batch].astype(np.int64))
        return tuple(torch.from_numpy(a) for a in arrays)


def pieces_of(base: Path, tokenizer_path: Path) -> np.ndarray | None:
    """The number that `base` has for each word piece of the tokenizer, shape (pieces,); None if it is the same."""
    if not tokenizer_path.exists() or tokenizer_path.read_bytes() == (base / "tokenizer.json").read_bytes():
        return None
    theirs = load_tokenizer(base / "tokenizer.json").get_vocab()
    theirs |= {ours: theirs[name] for ours, name in _AS_IN_ROBERTA.items() if name in theirs}
    ours = load_tokenizer(tokenizer_path).get_vocab()
    return np.array([theirs.get(piece, theirs["[UNK]"]) for piece in sorted(ours, key=ours.__getitem__)])


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


def train(work: Path, base: Path, settings: Settings = Settings(), before: Path | None = None) -> None:
    """Runs to the end from the newest WORK/checkpoint.pt, or from earlier weights, or from the base ones."""
    random.seed(settings.seed)
    torch.manual_seed(settings.seed)
    torch.set_flush_denormal(True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    examples = Examples(work / "examples.npz", pieces_of(base, work / "tokenizer.json"))
    batches = examples.batches(settings.tokens, settings.epochs, settings.seed)
    model = load_base(base).to(device).train()
    stages: list[dict[str, object]] = []
    if before is not None:
        weights, stages = _earlier(before)
        model.load_state_dict(weights)
    stages = [*stages, {"train": asdict(settings), "prepare": json.loads((work / "prepare.json").read_text())}]
    computing = copy.deepcopy(model).to(torch.bfloat16)
    pairs = [
        (kept, used)
        for kept, used in zip(model.parameters(), computing.parameters(), strict=True)
        if kept.requires_grad
    ]
    trained = [kept for kept, _ in pairs]
    optimizer = torch.optim.AdamW(
        trained, lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True, betas=(0.9, 0.98)
    )
    warmup = max(1, int(len(batches) * settings.warmup))
    falling = max(1, int(len(batches) * settings.decay))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warmup, 1.0, max(0.0, (len(batches) - s) / falling))
    )
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(settings.average))  # type: ignore[no-untyped-call]
    checkpoint = work / "checkpoint.pt"
    first = 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if saved["settings"] != asdict(settings):
            raise SystemExit(
                f"{checkpoint} was made with other settings ({saved['settings']}); remove it to start anew"
            )
        model.load_state_dict(saved["model"])
        average.module.load_state_dict(saved["average"])
        average.n_averaged.fill_(saved["step"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        first = saved["step"]
        _refresh(pairs)
    print(f"{len(batches)} steps, from step {first}, on {device}", flush=True)
    began, seen, total = time.monotonic(), 0, 0.0
    for step in range(first, len(batches)):
        ids, mask, types, start, end = (t.to(device) for t in examples.tensors(batches[step]))
        typed = {"token_type_ids": types} if hasattr(model.config, "type_vocab_size") else {}
        pointed = computing(input_ids=ids, attention_mask=mask, **typed)
        loss = (cross_entropy(pointed.start_logits.float(), start) + cross_entropy(pointed.end_logits.float(), end)) / 2
        torch.autograd.backward(loss)
        for kept, used in pairs:
            if used.grad is not None:
                kept.grad, used.grad = used.grad.float(), None
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        _refresh(pairs)
        average.update_parameters(model)
        seen, total = seen + 1, total + float(loss.detach())
        done = step + 1
        if done % 50 == 0 or done == len(batches):
            pace = (time.monotonic() - began) / (done - first)
            left = pace * (len(batches) - done) / 60
            line = {
                "step": done,
                "loss": round(total / seen, 4),
                "s_per_step": round(pace, 3),
                "minutes_left": round(left),
            }
            print(json.dumps(line), flush=True)
            seen, total = 0, 0.0
        if done % settings.checkpoint_every == 0 or done == len(batches):
            state = {
                "step": done,
                "steps": len(batches),
                "settings": asdict(settings),
                "stages": [*stages[:-1], {**stages[-1], "steps": f"{done} of {len(batches)}"}],
                "model": model.state_dict(),
                "average": average.module.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
            }
            torch.save(state, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)


def _earlier(before: Path) -> tuple[Mapping[str, torch.Tensor], list[dict[str, object]]]:
    """Weights and stages of a checkpoint.pt, or of the folder of an exported reader."""
    if before.is_dir():
        recipe = json.loads((before / "recipe.json").read_text())
        averaged = [{"averaged_with": recipe["averaged_with"]}] if recipe.get("averaged_with") else []
        return load_file(before / "model.safetensors"), [*recipe["stages"], *averaged]
    saved = torch.load(before, map_location="cpu", weights_only=True)
    return saved["model"], saved.get("stages", [])


@torch.no_grad()
def _refresh(pairs: Sequence[tuple[torch.nn.Parameter, torch.nn.Parameter]]) -> None:
    """Copies the weights that are kept into those that compute."""
    for kept, used in pairs:
        used.copy_(kept)
