"""Does search find the paragraph a SQuAD question was written on, among all paragraphs: dense, lexical and hybrid.

python -m eval bench retrieval --data squad-dev-v1.1.json.gz --limit 1000
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from rich.table import Table

from eval import metrics
from eval.bench.paragraphs import read, sampled
from eval.outcome import ranked_articles
from index.both_sides import Mode
from index.embed import load_embedder
from index.library import Library
from index.types import Filters

DEPTHS = (1, 5, 10, 20)
_PASSAGES = 50


@dataclass(frozen=True, slots=True)
class ModeScores:
    """recall by depth and MRR@10 of one mode of search, each the mean over the questions."""

    recall: dict[int, float | None]
    mrr_10: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured on how much."""

    paragraphs: int
    passages: int
    questions: int
    seed: int
    modes: dict[Mode, ModeScores]


def measure(data: Path, folder: Path, *, limit: int, seed: int) -> Result:
    """Makes a library of the file's paragraphs in `folder` and asks it for `limit` questions, sampled by `seed`."""
    paragraphs = read(data)
    with Library.open(folder, load_embedder()) as library:
        for _ in library.add(paragraphs.articles):
            pass
        sample = sampled(paragraphs.questions, limit, seed)
        modes = {mode: search(library, sample, mode) for mode in get_args(Mode)}
        return Result(len(paragraphs.articles), library.stats().passages, len(sample), seed, modes)


def search(library: Library, questions: Sequence[tuple[str, str]], mode: Mode) -> ModeScores:
    """Searches for each question in one mode."""
    vectors = library.embedder.encode([question for question, _ in questions])
    ranks = []
    for (question, id), vector in zip(questions, vectors, strict=True):
        hits = library.search_vector(question, vector, _PASSAGES, Filters(), mode).hits
        ranks.append((ranked_articles(hits), [id]))
    recall = {k: metrics.mean(metrics.recall(ranked, right, k) for ranked, right in ranks) for k in DEPTHS}
    return ModeScores(recall, metrics.mean(metrics.reciprocal_rank(ranked, right, 10) for ranked, right in ranks))


def table(result: Result) -> Table:
    """The figures as a table."""
    asked = f"{result.questions} questions (seed {result.seed})"
    title = f"{asked}, {result.paragraphs} paragraphs in {result.passages} passages"
    shown = Table("search", *(f"recall@{k}" for k in DEPTHS), "MRR@10", title=title)
    for mode, found in result.modes.items():
        shown.add_row(mode, *(f"{value:.3f}" for value in (*found.recall.values(), found.mrr_10) if value is not None))
    return shown
