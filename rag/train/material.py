"""Which questions `prepare` takes, of the invented texts and of what our own retrieval brought (see rag.train.mine)."""

import json
import random
from collections.abc import Iterable
from pathlib import Path

from rag import squad

_HELD_OUT, _HELD_OUT_SEED = 30, 23  # titles left out for calibration


def held_out_titles(examples: Iterable[squad.Example]) -> frozenset[str]:
    """Titles of the main file that training never sees, whatever its seed: calibration asks about them."""
    titles = sorted({example.title for example in examples})
    return frozenset(random.Random(_HELD_OUT_SEED).sample(titles, min(_HELD_OUT, len(titles) // 2)))


def taken(path: Path, times: float, last: int, rng: random.Random) -> list[squad.Example]:
    """Every question of a file as many times as that says, and of a broken number the share that is left.

    last: of its last articles alone, so many; all where 0.
    """
    examples, share = list(squad.read(path)), times % 1
    articles = frozenset(list(dict.fromkeys(example.context for example in examples))[-last:])
    examples = [example for example in examples if example.context in articles]
    return examples * int(times) + [e for e in examples if share and rng.random() < share]


def retrieved(
    mined: Path,
    without: int,
    with_answer: int,
    rng: random.Random,
    *,
    held_out: frozenset[str] = frozenset(),
    unanswerable: bool = False,
) -> list[squad.Example]:
    """Passages that our own retrieval brings for questions: some with their answer, some without.

    unanswerable: also for questions without an answer in their own article, which then no other article may answer.
    """
    positives: list[squad.Example] = []
    negatives: list[squad.Example] = []
    if not without and not with_answer:
        return []
    with mined.open(encoding="utf-8") as file:
        for line in map(json.loads, file):
            if (line["answerable"] or unanswerable) and line["about"] not in held_out:
                answers = tuple((text, start) for text, start in line["answers"])
                example = squad.Example(line["id"], line["title"], line["context"], line["question"], answers)
                (positives if answers else negatives).append(example)
    drawn = rng.sample(negatives, min(without, len(negatives)))
    return drawn + rng.sample(positives, min(with_answer, len(positives)))
