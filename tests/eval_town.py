"""A town of short articles and questions that the predictable models answer, large enough for the gate's statistics."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.gold import Gold
from eval.run import Run, run
from eval.subject import Local
from index.library import Library
from index.types import Article, Filters, Intake, content_hash
from rag.answer import Answerer, Settings
from rag.confidence import Confidence
from rag.reader import Reading
from rag.types import Answer, Citation, Quote
from tests.fakes import CapitalReader, WordEmbedder

SIZE = 60
_NAMES = ["".join(parts).capitalize() for parts in product("bdfgklmnprstv", "aeiou", "lnrst")]
_THINGS = ["".join(parts) for parts in product("bcdfghlmprst", "aeiou", "ckmp", "ers")]


def person(at: int) -> str:
    return _NAMES[at * 5 % len(_NAMES)] + "ton"


def texts(size: int = SIZE) -> dict[str, str]:
    """An article for each trade, and for every second one a decoy that search likes better and that names nobody."""
    found = {}
    for at in range(size):
        thing, place = _THINGS[2 * at], _THINGS[2 * at + 1]
        found[f"trade-{at:02}"] = f"each day {person(at)} mends {thing} near {place}. gulls watch over roofs and walls."
        if at % 2:
            found[f"decoy-{at:02}"] = f"mends {thing} near {place}."
    return found


def questions(size: int = SIZE) -> list[Gold]:
    """A question for each trade, and one that nothing answers for every fourth; the first two must pass."""
    found = []
    for at in range(size):
        thing, place = _THINGS[2 * at], _THINGS[2 * at + 1]
        evidence = f"each day {person(at)} mends {thing} near {place}."
        gold = Gold(
            f"q-{at:02}", f"Who mends {thing} near {place}?", "answer", (person(at),), (f"trade-{at:02}",), evidence
        )
        found.append(
            replace(gold, must_pass=at < 2, tags=("even" if at % 2 == 0 else "odd",), file="gold.jsonl", line=at + 1)
        )
        if at % 4 == 0:
            found.append(
                Gold(
                    f"n-{at:02}",
                    f"Which zephyr{at} quaffs xebec{at}?",
                    "no_answer",
                    tags=("none",),
                    file="gold.jsonl",
                    line=size + at,
                )
            )
    return found


@contextmanager
def library(articles: dict[str, str], order: Callable[[Iterable[str]], list[str]] = sorted) -> Iterator[Library]:
    with TemporaryDirectory() as folder, Library.open(Path(folder), WordEmbedder()) as library:
        found = [Article(id, "", articles[id], None, "town", None, "en", "") for id in order(articles)]
        list(library.add(Intake(replace(article, sha256=content_hash(article))) for article in found))
        yield library


def ask(
    articles: dict[str, str] | None = None,
    gold: Sequence[Gold] | None = None,
    *,
    reader: CapitalReader | None = None,
    settings: Settings = Settings(),
    confidence: Confidence = Confidence.plain(),
    answerer: type[Answerer] = Answerer,
    order: Callable[[Iterable[str]], list[str]] = sorted,
) -> Run:
    """A run over the town, with whatever is changed about it."""
    with library(articles or texts(), order) as opened:
        subject = Local(answerer(opened, reader or CapitalReader(), confidence, settings))
        return run(subject, questions() if gold is None else gold)


def misses(question: str) -> bool:
    return zlib.crc32(question.encode()) % 3 == 0


class OtherCheckpoint(CapitalReader):
    """Misses the answer to a third of the questions."""

    name = "another"

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        readings = super().read(question, passages)
        return [replace(reading, null=100.0) if misses(question) else reading for reading in readings]


class _Changed(Answerer):
    def ask(
        self, question: str, *, top_k: int = 3, filters: Filters = Filters(), min_confidence: float | None = None
    ) -> Answer:
        answer = super().ask(question, top_k=top_k, filters=filters, min_confidence=min_confidence)
        if answer.best is None:
            return answer
        return replace(answer, best=self.changed(answer.best))

    def changed(self, quote: Quote) -> Quote:
        raise NotImplementedError


class Misplaced(_Changed):
    """Cites one character further than the words stand."""

    def changed(self, quote: Quote) -> Quote:
        return replace(quote, citations=tuple(replace(c, start=c.start + 1, end=c.end + 1) for c in quote.citations))


class Shifted(_Changed):
    """Reads off its words one character too late: every citation is valid, and every answer wrong."""

    def changed(self, quote: Quote) -> Quote:
        cited = tuple(self._shift(c) for c in quote.citations)
        return replace(quote, text=cited[0].exact, citations=cited)

    def _shift(self, c: Citation) -> Citation:
        text, start, end = c.article.text, c.start + 1, c.end + 1
        return replace(
            c, start=start, end=end, exact=text[start:end], prefix=c.prefix + text[c.start], suffix=c.suffix[1:]
        )
