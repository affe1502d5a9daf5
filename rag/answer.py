"""Answerer: retrieve -> read -> decide -> cite."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.library import Library
from index.sentences import around
from index.types import Article, Filters, Found, Hit
from rag.candidates import Candidate, Said, distinct
from rag.confidence import Confidence
from rag.decode import Pointed, best_spans
from rag.features import named, seen
from rag.headline import headlines
from rag.reader import Reader
from rag.table import AskedCell
from rag.types import Answer, Citation, Considered, Quote, Reason, Span

_COPY = 0.2  # of search score, by which a copy may be found above its original
_ATTEMPTS = 5  # readings of one question before an article that keeps changing is given up


@dataclass(frozen=True, slots=True)
class Settings:
    """How a question is answered."""

    passages: int = 8  # different texts read for one question; with their copies twice as many at most
    reach: float = 0.5  # of search score: what is further below the best passage hardly ever answers (0.3 %)
    pool: int = 64  # passages among which near-copies are looked for
    dense_weight: float = 4.0  # logits a cosine of 1 adds to a span's score: the retriever's word in the ranking
    relevant: float = 0.2  # a best cosine below this, without a word in common, is no relevant passage
    citations: int = 5  # places listed for one answer
    see_also: int = 3


class Answerer:
    """Answers questions from a library with exact words. Deterministic and thread-safe."""

    def __init__(
        self, library: Library, reader: Reader, confidence: Confidence, settings: Settings = Settings()
    ) -> None:
        self.library = library
        self.reader = reader
        self.confidence = confidence
        self.settings = settings

    def ask(
        self, question: str, *, top_k: int = 3, filters: Filters = Filters(), min_confidence: float | None = None
    ) -> Answer:
        """The best answer and up to `top_k` - 1 different ones, or why there is none.

        min_confidence 0..1 replaces the calibrated threshold. Never cites an article that was gone or changed when the
        answer was ready.
        """
        question = question.encode(errors="replace").decode()  # half a surrogate pair is no text
        threshold = self.confidence.threshold if min_confidence is None else min_confidence
        for _ in range(_ATTEMPTS):
            answer = self._ask(question, top_k, filters, threshold)
            if self.library.is_current(_cited(answer)):
                break
        else:
            answer = replace(_declined(answer, "low_confidence"), alternatives=(), see_also=(), trace=())
        return answer

    def _ask(self, question: str, top_k: int, filters: Filters, threshold: float) -> Answer:
        clock = [time.perf_counter()]
        asked, question = question, self.library.corrected(question)
        vector = self.library.embedder.encode([question])[0]
        clock.append(time.perf_counter())
        reach = self.settings.reach
        found = self.library.search_vector(question, vector, self.settings.pool, filters, reach=reach + _COPY)
        clock.append(time.perf_counter())
        hits = _to_read(found.hits, self.settings.passages, reach)
        trace, candidates = self._read(question, hits)
        asked_for = list(headlines(question, hits, self.library))
        quotes = self._weigh(question, distinct(asked_for or candidates), found.hits, max(1, top_k))
        clock.append(time.perf_counter())
        stages = zip(("embed", "search", "read"), clock, clock[1:], strict=False)
        timings = {name: round(1000 * (end - start), 2) for name, start, end in stages}
        timings["total"] = round(1000 * (clock[-1] - clock[0]), 2)
        answer = Answer(
            status="answered",
            best=quotes[0] if quotes else None,
            alternatives=tuple(quotes[1:]),
            reason=None,
            best_confidence=quotes[0].confidence if quotes else 0.0,
            see_also=(),
            threshold=threshold,
            stats=found.stats,
            timings_ms=timings,
            trace=trace,
            corrected_question=question if question != asked else None,
        )
        reason = self._why_not(found, quotes, threshold)
        if reason is None:
            return answer
        nearest = hits[: self.settings.see_also] if reason == "low_confidence" else []
        return replace(_declined(answer, reason), see_also=tuple(_nearest(hit) for hit in nearest))

    def _read(self, question: str, hits: Sequence[Hit]) -> tuple[list[Considered], list[Candidate]]:
        headlines = [hit.article.headline_before(hit.passage.start) for hit in hits]
        passages = [(headline, hit.passage.text) for headline, hit in zip(headlines, hits, strict=True)]
        asked_cell = AskedCell(question, self.library.stems)
        trace, candidates = [], []
        for hit, headline, reading in zip(hits, headlines, self.reader.read(question, passages), strict=True):
            spans = best_spans(reading, headline, hit.passage.text)
            found = [placed for pointed in spans if (placed := self._place(hit, pointed, asked_cell))]
            best = Span(found[0].start, found[0].end, found[0].score) if found else None
            trace.append(Considered(hit, best, round(reading.null, 4)))
            candidates += found
        return trace, candidates

    def _place(self, hit: Hit, pointed: Pointed, asked_cell: AskedCell) -> Candidate | None:
        """The one rule of arithmetic: citation.start = passage.start + span.start; the headline starts at 0."""
        offset = 0 if pointed.in_headline else hit.passage.start
        start, end = offset + pointed.span.start, offset + pointed.span.end
        if not pointed.in_headline:
            cell = asked_cell(hit.article.text, start, end)
            if cell is None:
                return None
            start, end = cell if hit.passage.start <= cell[0] and cell[1] <= hit.passage.end else (start, end)
        score = round(pointed.span.score + self.settings.dense_weight * (hit.dense or 0.0), 4)
        return Candidate(hit, start, end, score)

    def _weigh(self, question: str, answers: Sequence[Said], hits: Sequence[Hit], count: int) -> list[Quote]:
        """The `count` answers of most confidence, the best first."""
        features = [named(found) for found in seen(question, answers, hits, self.library)]
        weighed = [(self.confidence(found), found, said) for found, said in zip(features, answers, strict=True)]
        weighed.sort(key=lambda entry: -entry[0])
        return [self._quote(*entry) for entry in weighed[:count]]

    def _quote(self, confidence: float, features: dict[str, float], said: Said) -> Quote:
        cited = tuple(_cite(c.hit.article, c.start, c.end) for c in said.members[: self.settings.citations])
        return Quote(said.best.text, confidence, cited, features)

    def _why_not(self, found: Found, quotes: list[Quote], threshold: float) -> Reason | None:
        if found.stats.articles == 0:
            return "empty_index"
        if found.matching == 0:
            return "filters_match_nothing"
        if not any((h.dense or 0.0) >= self.settings.relevant or h.lexical is not None for h in found.hits):
            return "no_relevant_passage"
        if not quotes or quotes[0].confidence < threshold:
            return "low_confidence"
        return None


def _declined(answer: Answer, reason: Reason) -> Answer:
    return replace(answer, status="no_answer", best=None, alternatives=(), reason=reason)


def _to_read(hits: Sequence[Hit], count: int, reach: float) -> list[Hit]:
    """In order: the `count` best originals, none `reach` below the best, and copies that rank above the last of them.

    Of more than `count` such copies the oldest, so that what comes later keeps nothing older from being read.
    """
    if not hits:
        return []
    originals = [hit for hit in hits if hit.copy_of is None] or hits
    near = [hit for hit in originals if hit.score > originals[0].score - reach][:count]
    lowest = near[-1].score if len(near) == count else originals[0].score - reach
    above = sorted((hit for hit in hits if hit.copy_of and hit.score > lowest), key=lambda hit: hit.passage.id)[:count]
    chosen = {hit.passage.id for hit in [*near, *above]}
    return [hit for hit in hits if hit.passage.id in chosen]


def _cite(article: Article, start: int, end: int) -> Citation:
    first, last = around(article.text, start, end, article.language)
    text = article.text
    return Citation(article, start, end, text[start:end], text[first:start], text[end:last])


def _nearest(hit: Hit) -> Citation:
    return _cite(hit.article, hit.passage.start, hit.passage.end)


def _cited(answer: Answer) -> list[Article]:
    quotes = [answer.best, *answer.alternatives] if answer.best else []
    citations = [c for quote in quotes for c in quote.citations] + list(answer.see_also)
    return list({c.article.id: c.article for c in citations}.values())
