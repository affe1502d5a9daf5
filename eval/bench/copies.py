"""What edited copies of an article do to the answers it gives: nothing, if all is well.

    python -m eval bench copies [--gold FILE …] [--articles PATH] [--limit N]

Each question is asked of a library of the articles, and again beside three copies of the question's own article: one
reprinted under a line of its own and without a sentence, one shortened by a paragraph where it has three, one with
words changed all over and a notice at its end, as a client would send them. A question without an answer has the
article of its best passage copied.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track
from rich.table import Table

from eval.bench.paragraphs import sampled
from eval.gold import Gold
from index.errors import RefusedError
from index.ingest import ingest_paths
from index.intake import from_fields
from index.sentences import sentences
from index.types import Article, Intake
from rag.answer import Answerer
from rag.forms import canonical
from rag.types import Answer

MOVED = 0.02  # of confidence, which copies may move at most
_CHANGED = 25  # words of which one is changed
_ANOTHER = ("reportedly", "apparently", "indeed", "certainly")


@dataclass(frozen=True, slots=True)
class Pair:
    """What one question was answered, nothing being declined: without copies and beside them."""

    question: str
    alone: Answer
    copied: Answer

    @property
    def other_guess(self) -> bool:
        """Whether the best guess is another one."""
        guesses = [canonical(answer.best.text) if answer.best else None for answer in (self.alone, self.copied)]
        return guesses[0] != guesses[1]

    @property
    def moved(self) -> float:
        """By how much the best guess's confidence moved."""
        return abs(self.copied.best_confidence - self.alone.best_confidence)

    def crossed(self, threshold: float) -> bool:
        """Whether it is answered on one side alone."""
        return (self.alone.best_confidence >= threshold) != (self.copied.best_confidence >= threshold)


def measure(answerer: Answerer, articles: Path, gold: Sequence[Gold], limit: int | None, seed: int) -> list[Pair]:
    """Adds the articles to the answerer's library and asks `limit` questions (all when None), each twice.

    Raises RefusedError where no question is about any of them.
    """
    library = answerer.library
    list(ingest_paths(library, [articles]))
    by_article: dict[str, list[tuple[Gold, Answer]]] = {}
    for asked in track(sampled(gold, limit, seed), "alone", transient=True):
        alone = answerer.ask(asked.question, filters=asked.filters, min_confidence=0.0)
        own = next(iter(asked.articles), None) or next((seen.hit.article.id for seen in alone.trace), None)
        if own is not None:
            by_article.setdefault(own, []).append((asked, alone))
    pairs = []
    for id, questions in track(by_article.items(), "beside copies", transient=True):
        intake = library.get(id)
        if intake is None:
            continue
        copies = edited(intake.article)
        list(library.add(copies))
        for asked, alone in questions:
            copied = answerer.ask(asked.question, filters=asked.filters, min_confidence=0.0)
            pairs.append(Pair(asked.question, alone, copied))
        library.remove([copy.article.id for copy in copies])
    if not pairs:
        raise RefusedError(
            f"no question is about an article of {articles}; name the articles that the questions are about"
        )
    return pairs


def edited(article: Article) -> list[Intake]:
    """Three copies, each edited in its own way; the same ones every time."""
    random = np.random.default_rng(list(article.sha256.encode()))
    return [
        _copy(article, f"{article.id}-{edit.__name__[1:]}", edit(article.text[len(article.title) :], random))
        for edit in (_reprinted, _shortened, _reworded)
    ]


def _reprinted(body: str, random: np.random.Generator) -> str:
    spans = sentences(body)
    left_out = int(random.integers(len(spans))) if len(spans) > 3 else -1
    kept = "".join(body[start:end] for place, (start, end) in enumerate(spans) if place != left_out)
    return f"\n\nThis article first appeared elsewhere.\n\n{kept.strip()}"


def _shortened(body: str, random: np.random.Generator) -> str:
    paragraphs = [part for part in re.split(r"\n\s*\n", body) if part.strip()]
    if len(paragraphs) > 2:
        del paragraphs[int(random.integers(len(paragraphs)))]
    return "\n\n" + "\n\n".join(paragraphs)


def _reworded(body: str, random: np.random.Generator) -> str:
    words = re.split(r"(\s+)", body)
    plain = [at for at, word in enumerate(words) if word.isalpha() and word.islower() and len(word) > 4]
    for at in random.permutation(plain)[: len(words) // (2 * _CHANGED)]:
        words[at] = str(random.choice(_ANOTHER))
    return "".join(words).rstrip() + "\n\nAll rights reserved by the reprinting paper."


def _copy(article: Article, id: str, body: str) -> Intake:
    return from_fields(
        id,
        title=article.title or None,
        text=body,
        url=article.url,
        source=article.source,
        published=article.published,
        language=article.language,
    )


def table(pairs: Sequence[Pair], threshold: float) -> Table:
    """How many moved, and each that did."""
    strayed = [pair for pair in pairs if pair.other_guess or pair.moved > MOVED]
    guesses = sum(pair.other_guess for pair in pairs)
    crossed = sum(pair.crossed(threshold) for pair in pairs)
    title = (
        f"{len(pairs)} questions: {guesses} best guesses change, {len(strayed) - guesses} other confidences move by "
        f"more than {MOVED}; {crossed} cross the threshold, {threshold}"
    )
    shown = Table("question", "alone", "", "beside copies", "", title=title, min_width=80)
    for pair in strayed:
        shown.add_row(pair.question, *_cells(pair.alone), *_cells(pair.copied))
    return shown


def _cells(answer: Answer) -> Iterator[str]:
    yield answer.best.text if answer.best else "-"
    yield f"{answer.best_confidence:.3f}"
