"""Library: open, add, remove, search. The one door the other rooms use."""

import os
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from index.both_sides import BothSides, Mode
from index.chunk import ChunkSettings, in_context, passage_spans
from index.embed import Embedder
from index.learner import Learner
from index.owner import own
from index.spelling import corrected
from index.stoppable import StoppableEmbedder
from index.store import Prepared, Store
from index.types import Article, Filters, Found, Ids, Intake, Outcome, Stats, Vectors, content_hash
from index.vectors import VectorIndex

_BATCH = 256  # passages embedded and committed together
_PAGE = 20  # articles read at once


class Library:
    """Articles on disk, searchable. Thread-safe: many readers, one writer at a time; one process writes.

    `generation` is the last one whose every passage is found by searches of this Library: a search that begins and ends
    under it, with it in its stats, saw that generation whole.
    """

    generation: int

    def __init__(self, data: Path, embedder: Embedder, *, read_only: bool, chunks: ChunkSettings) -> None:
        self.embedder = embedder
        self._careful = StoppableEmbedder(embedder)
        self._chunks = chunks
        self._read_only = read_only
        self._write_lock = threading.Lock()
        self._lock_file = None if read_only else own(data)
        try:
            self._store = Store(data, read_only=read_only)
            self._store.bind("embedder", embedder.fingerprint)
            self._store.bind("chunks", f"{chunks.budget}/{chunks.lead}")
            self._vectors = VectorIndex(data / "index", embedder.dimension, embedder.fingerprint, read_only=read_only)
            with self._store.moment() as moment:
                self._vectors.open(moment.passage_ids(), self._stored)
                self.generation = moment.generation()
            self._both = BothSides(self._vectors)
            self._learner = Learner(self._vectors, self._write_lock)
            if not read_only:
                self._learner.start_if_due()
        except BaseException:
            self._release()
            raise

    @classmethod
    def open(
        cls, data: Path, embedder: Embedder, *, read_only: bool = False, chunks: ChunkSettings = ChunkSettings()
    ) -> Self:
        """Opens or creates the library in folder `data`.

        Raises LibraryInUseError when another process writes it, CorruptLibraryError when the database is damaged
        (nothing is touched), ModelMismatchError when it was built with another embedder or other passage sizes. A
        damaged vector index is set aside and rebuilt; `set_aside` says so. `read_only` opens beside a writer and sees
        the library as it was then.
        """
        return cls(data, embedder, read_only=read_only, chunks=chunks)

    @property
    def set_aside(self) -> Sequence[str]:
        """Why index files were not used at open, one sentence each."""
        return tuple(self._vectors.set_aside)

    def add(self, intakes: Iterable[Intake | Outcome]) -> Iterator[Outcome]:
        """Adds or replaces articles, lazily and in batches; each Outcome comes after its commit.

        Same content again is `unchanged` and embeds nothing. Outcomes among the intakes (refusals) pass through.
        """
        batch: list[tuple[Intake, list[tuple[int, int]]] | Outcome] = []
        ids: set[str] = set()
        size = 0
        for item in intakes:
            again = isinstance(item, Intake) and item.article.id in ids
            if again or size >= _BATCH or len(batch) >= _BATCH:
                yield from self._commit(batch)
                batch, ids, size = [], set(), 0
            if isinstance(item, Outcome):
                batch.append(item)
                continue
            article = item.article
            if self._digest(article.id) == article.sha256:
                batch.append(Outcome(article.id, "unchanged"))
                continue
            spans = passage_spans(article.text, article.title, article.language, self._careful, self._chunks)
            batch.append((item, spans))
            ids.add(article.id)
            size += len(spans)
        yield from self._commit(batch)

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Removes articles; returns the ids that existed. Once it returns, none of them is found again."""
        with self._write_lock:
            existing = [id for id in dict.fromkeys(ids) if self._digest(id) is not None]
            if existing:
                _, gone = self._store.write([], existing)
                self._show(np.empty(0, np.int64), np.empty((0, self.embedder.dimension), np.float32), gone)
        return existing

    def get(self, id: str) -> Intake | None:
        """An article and what cleaning removed from it."""
        with self._store.moment() as moment:
            return moment.intake(id)

    def articles(self, filters: Filters = Filters(), after: str | None = None, limit: int = 50) -> list[Article]:
        """The next `limit` articles by id, after that id."""
        with self._store.moment() as moment:
            return moment.articles(filters, after, limit)

    def all_articles(self, filters: Filters = Filters(), after: str | None = None) -> Iterator[Article]:
        """Every article by id, after that id, read a few at a time: texts may be long."""
        page: list[Article] | None = None
        while page is None or len(page) == _PAGE:
            page = self.articles(filters, page[-1].id if page else after, _PAGE)
            yield from page

    def search(self, query: str, k: int, filters: Filters = Filters(), mode: Mode = "hybrid") -> Found:
        """The k best passages for the `corrected` query. Filters are exact and applied before ranking."""
        meant = self.corrected(query)
        found = self.search_vector(meant, self.embedder.encode([meant])[0], k, filters, mode)
        return replace(found, hits=found.hits[:k], corrected_query=meant if meant != query else None)

    def corrected(self, query: str) -> str:
        """The query with its misspelt words as the library spells them."""
        with self._store.moment() as moment:
            return corrected(query, moment.standing)

    def search_vector(
        self, query: str, vector: np.ndarray, k: int, filters: Filters, mode: Mode = "hybrid", reach: float = np.inf
    ) -> Found:
        """`search` with the query's embedding given, shape (dimension,); no hit's score is `reach` below the best's.

        Copies of other passages come beside the k, not among them.
        """
        with self._store.moment() as moment:
            return self._both.search(moment, query, vector, k, filters, mode, reach)

    def mentioned(self, article: str, words: Collection[str]) -> set[str]:
        """Those of the words (see index.search.words) that stand in the article of that id, in any of their forms."""
        with self._store.moment() as moment:
            return moment.mentioned(article, words)

    def stems(self, text: str) -> set[str]:
        """The text's words as the full text has them, where the forms of a word are one."""
        with self._store.moment() as moment:
            return set(moment.terms(text))

    def unknown(self, text: str, copied: Collection[int]) -> set[str]:
        """The text's stems that stand in no passage, those `copied` aside."""
        with self._store.moment() as moment:
            return self._both.unknown(moment, text, copied)

    def is_current(self, articles: Iterable[Article]) -> bool:
        """Whether each article still stands in the library as it is here."""
        with self._store.moment() as moment:
            return all(moment.digest(article.id) == article.sha256 for article in articles)

    @property
    def identity(self) -> str:
        """What tells this library from any other; "" of one that was never written since there are identities."""
        with self._store.moment() as moment:
            return moment.meta("identity") or ""

    def stats(self) -> Stats:
        """Generation and sizes at this moment."""
        with self._store.moment() as moment:
            return moment.stats()

    def compact(self) -> bool:
        """Publishes the vector index without delta and tombstones, and learns its lists where it has outgrown them.

        False where its files could not be written, which harms nothing.
        """
        with self._write_lock:
            return self._vectors.publish(anew=True)

    def check(self) -> list[str]:
        """What is wrong, one sentence each: the database in full, each article's hash, the vector index's size."""
        problems = [f"the database: {line}" for line in self._store.check()]
        changed = (article.id for article in self.all_articles() if content_hash(article) != article.sha256)
        problems += [f"article {id!r} is not what was stored; add it again" for id in changed]
        passages = self.stats().passages
        if len(self._vectors) != passages:
            problems.append(
                f"the vector index holds {len(self._vectors)} passages, the database {passages}; run compact"
            )
        return problems

    def stop_adding(self) -> None:
        """Ends what is being added at its next step, for good: LibraryClosingError. What is committed stays."""
        self._careful.stop()

    def close(self) -> None:
        """Publishes what is new and lets go of the files."""
        self._learner.stop()
        if not self._read_only:
            with self._write_lock:
                self._vectors.publish()
        self._store.close()
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stored(self, ids: Ids) -> Vectors:
        """Embeddings of passages, a row of NaN where one is gone."""
        with self._store.moment() as moment:
            return moment.embeddings(ids, self.embedder.dimension)

    def _digest(self, id: str) -> str | None:
        with self._store.moment() as moment:
            return moment.digest(id)

    def _commit(self, batch: Sequence[tuple[Intake, list[tuple[int, int]]] | Outcome]) -> Iterator[Outcome]:
        """Embeds outside any transaction, writes once, then makes it visible."""
        fresh = [entry for entry in batch if not isinstance(entry, Outcome)]
        if fresh:
            texts = [in_context(intake.article, *span) for intake, spans in fresh for span in spans]
            vectors = self._careful.encode(texts)
            ends = np.cumsum([len(spans) for _, spans in fresh])
            parts = np.split(vectors, ends[:-1])
            prepared = [Prepared(intake, spans, part) for (intake, spans), part in zip(fresh, parts, strict=True)]
            with self._write_lock:
                known = [self._digest(intake.article.id) is not None for intake, _ in fresh]
                added, gone = self._store.write(prepared)
                self._show(np.concatenate(added), vectors, gone)
        statuses = iter(["changed" if was else "added" for was in known] if fresh else [])
        for entry in batch:
            if isinstance(entry, Outcome):
                yield entry
            else:
                yield Outcome(entry[0].article.id, next(statuses), passages=len(entry[1]))

    def _show(self, ids: Ids, vectors: Vectors, gone: Ids) -> None:
        """Makes a committed write visible to searches; the write lock is held."""
        self._vectors.apply(ids, vectors, gone)
        self.generation = self.stats().generation
        self._learner.start_if_due()

    def _release(self) -> None:
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None
