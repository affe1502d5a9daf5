"""Fine-tunes the encoder to point at answer spans: few batch shapes, bf16 where it is fast, checkpoints, averaging.

A run may start from another run's checkpoint or from an exported reader; `stages` in a checkpoint lists all the runs
that its weights went through. `--base` may be a larger encoder of the same word pieces under other numbers
(MPNet, say), which is trained on the same examples: a teacher.

Batches hold about `tokens` tokens each, padded to multiples of 32, so that the CPU kernels see few distinct shapes
(varied shapes double the step time). Unanswerable questions point at [CLS]. The weights are kept in float32; forward
and backward go through a copy of them in bf16, which on a CPU is faster than converting them in every layer; where a
CPU multiplies float32 faster than bf16, through a copy in float32.
"""

import copy
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from rag.train.dropout import use_dropout
from rag.train.encoder import computed_in, earlier, freeze, load_base, pointed
from rag.train.examples import Examples, open_logits, pieces_of


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
    dropout: float = 0.0  # share of the hidden numbers set to 0 (see rag.train.dropout)
    frozen: int = 0  # lowest layers of the encoder that stay as they are (of 12, 4 make a step a quarter shorter)
    taught: float = 0.0  # share of the loss that is the difference from WORK/taught.npy (see rag.train.teach)
    known: float = 1.0  # share learnt once more of the examples that the teacher is right about and sure of
    recorded: float = 0.0  # share of the steps, at the end, whose logits go to WORK/recorded.npy
    temperature: float = 2.0  # of both distributions in it
    checkpoint_every: int = 250


def difference(logits: torch.Tensor, taught: torch.Tensor, temperature: float) -> torch.Tensor:
    """Cross entropy with a teacher's distribution at that temperature, shape (batch,); logits: (batch, length) each."""
    return cross_entropy(logits / temperature, (taught / temperature).softmax(-1), reduction="none") * temperature**2


def train(work: Path, base: Path, settings: Settings = Settings(), before: Path | None = None) -> None:
    """Runs to the end from the newest WORK/checkpoint.pt, or from earlier weights, or from the base ones."""
    random.seed(settings.seed)
    torch.manual_seed(settings.seed)
    torch.set_flush_denormal(True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    examples = Examples(work / "examples.npz", pieces_of(base, work / "tokenizer.json"))
    teacher = np.load(work / "taught.npy", mmap_mode="r") if settings.taught else None
    among = None
    if teacher is not None:
        among = examples.to_learn(teacher)
        if settings.known < 1:
            again = np.random.default_rng(settings.seed).random(len(among)) < settings.known
            among &= again | ~examples.known(teacher)
    batches = examples.batches(settings.tokens, settings.epochs, settings.seed, among)
    model = load_base(base).to(device).train()
    freeze(model, settings.frozen)
    stages: list[dict[str, object]] = []
    if before is not None:
        weights, stages = earlier(before)
        model.load_state_dict(weights)
    stage: dict[str, object] = {"train": asdict(settings), "prepare": json.loads((work / "prepare.json").read_text())}
    if settings.taught:
        stage["taught_by"] = json.loads((work / "taught.json").read_text())
    stages = [*stages, stage]
    computing = copy.deepcopy(model).to(computed_in(device))
    use_dropout(computing, settings.dropout)
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
    checkpoint, recorded = work / "checkpoint.pt", work / "recorded.npy"
    first = 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if asdict(Settings()) | saved["settings"] != asdict(settings):
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
    going_on = first > 0 and recorded.exists()
    record = open_logits(recorded, len(examples.ids), going_on=going_on) if settings.recorded else None
    print(f"{len(batches)} steps, from step {first}, on {device}", flush=True)
    began, seen, total = time.monotonic(), 0, 0.0
    for step in range(first, len(batches)):
        ids, mask, types, start, end = (t.to(device) for t in examples.tensors(batches[step]))
        starts, ends = pointed(computing, ids, mask, types)
        if record is not None and step >= len(batches) * (1 - settings.recorded):
            examples.keep(torch.stack([starts, ends], dim=-1).detach().cpu().numpy(), record, batches[step])
        losses = (cross_entropy(starts, start, reduction="none") + cross_entropy(ends, end, reduction="none")) / 2
        if teacher is not None:
            said, told = (part.to(device) for part in examples.taught(teacher, batches[step]))
            apart = difference(starts, said[..., 0], settings.temperature)
            apart += difference(ends, said[..., 1], settings.temperature)
            share = settings.taught * told
            losses = (1 - share) * losses + share * apart / 2
        loss = losses.mean()
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
            if record is not None:
                record.flush()
            torch.save(state, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)


@torch.no_grad()
def _refresh(pairs: Sequence[tuple[torch.nn.Parameter, torch.nn.Parameter]]) -> None:
    """Copies the weights that are kept into those that compute."""
    for kept, used in pairs:
        used.copy_(kept)
