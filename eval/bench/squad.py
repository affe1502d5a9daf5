"""The reader on SQuAD questions: alone with the gold passage, or at the end of the whole path.

    python -m eval bench squad --data squad-dev-v2.0.json.gz [--limit N] [--record]
    python -m eval bench squad --data squad-dev-v1.1.json.gz --open --distractors squad-train.json.gz --limit 1000

Alone, each question is read with its own paragraph and declined when its best span scores no more than the null score
plus a threshold. Open, all paragraphs become a library and each answerable question is asked of it; the same questions
are read with their gold paragraph beside, for the share of F1 that retrieval keeps.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.progress import track
from rich.table import Table

from eval.abstention import ece
from eval.bench import paragraphs
from index.library import Library
from rag import squad
from rag.answer import Answerer
from rag.decode import best_spans
from rag.reader import Reader


@dataclass(frozen=True, slots=True)
class Score:
    """Means over `questions`, 0..1."""

    questions: int
    exact_match: float
    f1: float


@dataclass(frozen=True, slots=True)
class Alone:
    """The reader with the gold passage; `forced` are the answerable questions when it may not decline.

    `best` is the F1 at `best_threshold`, the threshold that suits these very questions best: the official script's
    best_f1. It is fitted on what it measures and stands beside the plain score, not for it.
    """

    threshold: float
    all: Score
    answerable: Score
    unanswerable: Score | None
    forced: Score
    best_f1: float
    best_threshold: float


@dataclass(frozen=True, slots=True)
class Open:
    """The whole path, not allowed to decline, and the same questions `alone` with their gold passage.

    At the calibrated threshold: answered, the share of questions answered; wrong, the share of those that are wrong.
    calibration_error: expected calibration error of all best answers, ten equal bins.
    """

    passages: int
    end_to_end: Score
    alone: Score
    threshold: float
    answered: float
    wrong: float
    calibration_error: float

    @property
    def kept(self) -> float:
        """End-to-end F1 as a share of F1 with the gold passage."""
        return self.end_to_end.f1 / self.alone.f1


def sampled(data: Path, limit: int | None, seed: int, *, answerable: bool) -> list[squad.Example]:
    """`limit` questions (all when None) in file order."""
    return paragraphs.sampled([e for e in squad.read(data) if e.answers or not answerable], limit, seed)


def alone(reader: Reader, examples: Sequence[squad.Example], threshold: float = 0.0) -> Alone:
    """Each question with its own paragraph and no headline."""
    read = [_read(reader, example) for example in track(examples, "reading", transient=True)]
    golds = [[text for text, _ in example.answers] for example in examples]
    forced = [squad.f1(text, gold) for (text, _), gold in zip(read, golds, strict=True)]
    best_f1, best_threshold = _best_threshold([score for _, score in read], forced, [not gold for gold in golds])
    given = [text if score > threshold else "" for text, score in read]
    pairs = list(zip(given, golds, strict=True))
    without = [pair for pair in pairs if not pair[1]]
    return Alone(
        threshold,
        score(pairs),
        score([pair for pair in pairs if pair[1]]),
        score(without) if without else None,
        score([(text, gold) for (text, _), gold in zip(read, golds, strict=True) if gold]),
        best_f1,
        best_threshold,
    )


def record(found: Alone, reader: Reader, data: Path, folder: Path) -> None:
    """Keeps the figures, 0..1, among the `scores` of FOLDER/recipe.json, by the file's name."""
    file = folder / "recipe.json"
    recipe = json.loads(file.read_bytes())
    scores = {"reader": reader.name, "sha256": hashlib.sha256(data.read_bytes()).hexdigest(), **asdict(found)}
    recipe["scores"] = {**recipe.get("scores", {}), data.name: scores}
    file.write_text(json.dumps(recipe, indent=1) + "\n", encoding="utf-8")


def fill(library: Library, files: Sequence[Path]) -> None:
    """Adds all files' paragraphs; those that are there already cost nothing."""
    for file in files:
        articles = paragraphs.read(file, prefix=f"{file.name}:").articles
        for _ in track(library.add(articles), f"adding {file.name}", total=len(articles), transient=True):
            pass


def end_to_end(answerer: Answerer, data: Path, distractors: Sequence[Path], *, limit: int | None, seed: int) -> Open:
    """Adds all files' paragraphs to the answerer's library, then asks `limit` questions of `data`."""
    examples = sampled(data, limit, seed, answerable=True)
    fill(answerer.library, [data, *distractors])
    quotes = [answerer.ask(e.question, min_confidence=0.0).best for e in track(examples, "asking", transient=True)]
    threshold = answerer.confidence.threshold
    golds = [[text for text, _ in example.answers] for example in examples]
    said = [(quote.text if quote else "", gold) for quote, gold in zip(quotes, golds, strict=True)]
    sure = np.array([quote.confidence if quote else 0.0 for quote in quotes])
    right = np.array([squad.f1(text, gold) >= squad.RIGHT for text, gold in said])
    answered = sure >= threshold
    return Open(
        answerer.library.stats().passages,
        score(said),
        alone(answerer.reader, examples).forced,
        threshold,
        float(answered.mean()),
        float(1 - right[answered].mean()) if answered.any() else 0.0,
        ece(list(zip(sure.tolist(), right.tolist(), strict=True))) or 0.0,
    )


def table(result: Alone | Open) -> Table:
    """The figures, in per cent."""
    shown = Table("", "questions", "EM", "F1")
    if isinstance(result, Alone):
        rows = {
            f"all, declining at {result.threshold:g}": result.all,
            "answerable": result.answerable,
            "unanswerable": result.unanswerable,
            "answerable, not declining": result.forced,
        }
        if result.unanswerable:
            shown.caption = f"F1 {100 * result.best_f1:.1f} at the best threshold, {result.best_threshold:.2f}"
    else:
        rows = {"whole path": result.end_to_end, "gold passage given": result.alone}
        shown.title = f"{result.passages} passages"
        shown.caption = (
            f"{100 * result.kept:.1f} % of F1 kept; at {result.threshold:g}: {100 * result.answered:.1f} % answered,"
            f" {100 * result.wrong:.1f} % of those wrong; calibration error {result.calibration_error:.3f}"
        )
    for name, score in rows.items():
        if score:
            shown.add_row(name, str(score.questions), f"{100 * score.exact_match:.1f}", f"{100 * score.f1:.1f}")
    return shown


def _read(reader: Reader, example: squad.Example) -> tuple[str, float]:
    """The best span's text and its score."""
    (reading,) = reader.read(example.question, [("", example.context)])
    found = best_spans(reading, "", example.context, 1)
    if not found:
        return "", -np.inf
    span = found[0].span
    return example.context[span.start : span.end], span.score


def score(pairs: Sequence[tuple[str, list[str]]]) -> Score:
    """Means of what was said, each with its gold answers."""
    exact = np.mean([squad.exact_match(text, gold) for text, gold in pairs])
    return Score(len(pairs), float(exact), float(np.mean([squad.f1(text, gold) for text, gold in pairs])))


def _best_threshold(scores: Sequence[float], forced: Sequence[float], empty: Sequence[bool]) -> tuple[float, float]:
    """The mean F1 and the threshold of the best cut; a question below it scores 1 when it has no answer, else 0."""
    order = np.argsort(-np.array(scores), kind="stable")
    gained = np.where(empty, 0.0, forced)[order]
    declined = np.array(empty, dtype=float)[order]
    totals = np.concatenate([[0.0], np.cumsum(gained)]) + declined.sum() - np.concatenate([[0.0], np.cumsum(declined)])
    at = int(np.argmax(totals))
    ranked = np.array(scores)[order]
    return float(totals[at] / len(ranked)), float(ranked[at] if at < len(ranked) else ranked[-1] - 1)
