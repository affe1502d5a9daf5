"""A run against itself: other batch sizes, another thread count and another order must change no answer."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from eval.gold import Gold
from eval.opening import Target, models, opened
from eval.outcome import Outcome
from eval.run import Run, run
from index.embed import Embedder
from index.types import Vectors
from rag.reader import Reader, Reading


class SplitEmbedder:
    """An embedder that is given a few texts at a time."""

    def __init__(self, embedder: Embedder, size: int) -> None:
        self.name, self.fingerprint, self.dimension = embedder.name, embedder.fingerprint, embedder.dimension
        self.lengths = embedder.lengths
        self._embedder = embedder
        self._size = size

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        parts = [self._embedder.encode(texts[at : at + self._size]) for at in range(0, len(texts), self._size)]
        return np.concatenate(parts) if parts else self._embedder.encode(texts)


class SplitReader:
    """A reader that is given a few passages at a time, so that each is padded to another length."""

    def __init__(self, reader: Reader, size: int) -> None:
        self.name = reader.name
        self._reader = reader
        self._size = size

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """See Reader."""
        return [
            reading
            for at in range(0, len(passages), self._size)
            for reading in self._reader.read(question, passages[at : at + self._size])
        ]


def differences(one: Run, two: Run) -> list[tuple[Outcome, Outcome]]:
    """The questions that were answered with other words, declined on one side only, or not answered at all."""
    other = {outcome.gold.id: outcome for outcome in two.outcomes}
    pairs = [(outcome, other[outcome.gold.id]) for outcome in one.outcomes]
    return [(a, b) for a, b in pairs if _said(a) != _said(b) or a.error or b.error]


def twice(
    target: Target, questions: Sequence[Gold], seen: Callable[[Outcome], None] = lambda _: None
) -> tuple[Run, Run]:
    """Both runs, nothing from a cache. The second: articles and questions in small batches, the questions reversed, and
    one thread where the first had several (two where it had one)."""
    with opened(target, given=models(target, None)) as first:
        one = run(first.subject, questions, seen)
    threads = 1 if (os.cpu_count() or 1) > 1 else 2
    embedder, reader, confidence = models(target, None, threads)
    split = SplitEmbedder(embedder, 5), SplitReader(reader, 3), confidence
    with _torch_threads(threads), opened(target, given=split) as second:
        two = run(second.subject, list(reversed(questions)), seen)
    return one, two


@contextmanager
def _torch_threads(count: int) -> Iterator[None]:
    """For models that PyTorch runs; nothing where it was not loaded."""
    if (torch := sys.modules.get("torch")) is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _said(outcome: Outcome) -> tuple[bool, bool, str]:
    return outcome.passed, outcome.answered, outcome.prediction
