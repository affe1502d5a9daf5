"""python -m tests.fake_service […]: the service as `python -m api` runs it, on predictable models."""

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import api.__main__
import api.feedback
import rag.load
from index.library import Library
from index.types import Vectors
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.reader import Reading
from tests.fakes import CapitalReader, WordEmbedder

PUBLISHED = "published"
_REMEMBERED = 200  # answers that may be rated: all that are kept there soon, so that what grows later is a leak


class SlowReader(CapitalReader):
    """CapitalReader, taking its time as a model does: without holding the interpreter."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        time.sleep(self._seconds)
        return super().read(question, passages)


class SlowEmbedder(WordEmbedder):
    """WordEmbedder, taking its time for each text."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def encode(self, texts: Sequence[str]) -> Vectors:
        time.sleep(self._seconds * len(texts))
        return super().encode(texts)


def publish(library: Library, seconds: float) -> None:
    """Publishes the whole library again and again, and says so on stderr each time."""
    while True:
        time.sleep(seconds)
        library.compact()
        print(PUBLISHED, file=sys.stderr, flush=True)


def main() -> int:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--read-seconds", type=float, default=0.0, help="of one question")
    parser.add_argument("--embed-seconds", type=float, default=0.0, help="of one text")
    parser.add_argument("--publish-seconds", type=float, help="between two publishings of the whole library")
    slow, sys.argv[1:] = parser.parse_known_args()

    def open_answerer(data: Path, *, embedder: Path | None = None) -> Answerer:
        library = Library.open(data, SlowEmbedder(slow.embed_seconds))
        if slow.publish_seconds is not None:
            threading.Thread(target=publish, args=(library, slow.publish_seconds), daemon=True).start()
        return Answerer(library, SlowReader(slow.read_seconds), Confidence.plain())

    api.feedback._REMEMBERED = _REMEMBERED
    rag.load.open_answerer = open_answerer  # type: ignore[assignment]
    return api.__main__.main()


if __name__ == "__main__":
    sys.exit(main())
