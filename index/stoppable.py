"""An embedder whose work on many texts can be given up: a service that is told to stop must not finish a book first."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from index.embed import Embedder
from index.errors import LibraryClosingError
from index.types import Vectors

_TEXTS = 128  # worked on between two looks: half a second


class StoppableEmbedder:
    """Another embedder's `encode` and `lengths`, slice by slice; LibraryClosingError once `stop` was called."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ends what is in progress at its next slice, and whatever would begin."""
        self._stopped.set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        parts = [self._embedder.encode(part) for part in self._slices(texts)]
        return np.concatenate([np.empty((0, self._embedder.dimension), np.float32), *parts])

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """See Embedder."""
        return [length for part in self._slices(texts) for length in self._embedder.lengths(part)]

    def _slices(self, texts: Sequence[str]) -> Iterator[Sequence[str]]:
        for at in range(0, len(texts), _TEXTS):
            if self._stopped.is_set():
                raise LibraryClosingError("the library is being closed; add the article again later")
            yield texts[at : at + _TEXTS]
