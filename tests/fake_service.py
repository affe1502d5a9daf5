"""python -m tests.fake_service [--read-seconds S] …: the service as `python -m api` runs it, on predictable models."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import api.__main__
import rag.load
from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.reader import Reading
from tests.fakes import CapitalReader, WordEmbedder


class SlowReader(CapitalReader):
    """CapitalReader, taking its time as a model does: without holding the interpreter."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        time.sleep(self._seconds)
        return super().read(question, passages)


def main() -> int:
    """Serves until it is told to stop."""
    seconds = 0.0
    if sys.argv[1:2] == ["--read-seconds"]:
        seconds = float(sys.argv.pop(2))
        del sys.argv[1]

    def open_answerer(data: Path, *, embedder: Path | None = None) -> Answerer:
        return Answerer(Library.open(data, WordEmbedder()), SlowReader(seconds), Confidence.plain())

    rag.load.open_answerer = open_answerer  # type: ignore[assignment]
    return api.__main__.main()


if __name__ == "__main__":
    sys.exit(main())
