"""Reads of the store within one transaction: everything seen belongs to one generation."""

import json
from collections.abc import Collection, Sequence
from datetime import date

import apsw
import numpy as np

from index.types import Article, Filters, Ids, Intake, Passage, Removed, Stats, Vectors

TOKENIZER = ("porter", ["unicode61", "remove_diacritics", "2"])  # of the full text
_ARTICLE = "a.id, a.title, a.text, a.url, a.source, a.published, a.language, a.sha256"


class Moment:
    """Reads within one transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._stats: Stats | None = None

    def meta(self, key: str) -> str | None:
        """A remembered setting."""
        value: str | None = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).get
        return value

    def stats(self) -> Stats:
        """Generation and sizes, as they are kept; counted in a library that no writer has opened since they are."""
        if self._stats is not None:
            return self._stats
        articles, passages = self.meta("articles"), self.meta("passages")
        if articles is None or passages is None:
            counts = "SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM passage)"
            articles, passages = self._connection.execute(counts).get
        self._stats = Stats(self.generation(), int(articles), int(passages))
        return self._stats

    def generation(self) -> int:
        """How many writes there were."""
        return int(self.meta("generation") or 0)

    def intake(self, id: str) -> Intake | None:
        """An article with what cleaning removed from it."""
        row = self._connection.execute(f"SELECT {_ARTICLE}, a.removed FROM article a WHERE a.id = ?", (id,)).get
        if row is None:
            return None
        return Intake(_article(row[:8]), tuple(Removed(reason, text) for reason, text in json.loads(row[8])))

    def digest(self, id: str) -> str | None:
        """The content hash of an article."""
        found: str | None = self._connection.execute("SELECT sha256 FROM article WHERE id = ?", (id,)).get
        return found

    def articles(self, filters: Filters, after: str | None, limit: int) -> list[Article]:
        """The next articles by id that pass the filters."""
        condition, values = _where(filters)
        query = f"SELECT {_ARTICLE} FROM article a WHERE {condition} AND a.id > ? ORDER BY a.id LIMIT ?"
        return [_article(row) for row in self._connection.execute(query, (*values, after or "", limit))]

    def count(self, filters: Filters) -> int:
        """How many articles pass the filters."""
        if filters == Filters():
            return self.stats().articles
        condition, values = _where(filters)
        total: int = self._connection.execute(f"SELECT count(*) FROM article a WHERE {condition}", values).get
        return total

    def passage_ids(self, filters: Filters = Filters()) -> Ids:
        """Ids of all passages of articles that pass the filters, ascending, shape (n,)."""
        condition, values = _where(filters)
        query = f"SELECT p.id FROM passage p JOIN article a ON a.number = p.article WHERE {condition}"
        if filters == Filters():
            query, values = "SELECT id FROM passage", ()  # in the order of an index that is far smaller than the table
        return np.sort(np.fromiter((row[0] for row in self._connection.execute(query, values)), dtype=np.int64))

    def embeddings(self, ids: Sequence[int] | Ids, dimension: int) -> Vectors:
        """Stored embeddings, shape (n, dimension), in the order of `ids`; a row of NaN where a passage is gone."""
        vectors = np.full((len(ids), dimension), np.nan, dtype=np.float32)
        places = {int(id): place for place, id in enumerate(ids)}
        query = "SELECT id, embedding FROM passage WHERE id = ?"
        for id, embedding in self._connection.executemany(query, ((id,) for id in places)):
            vectors[places[id]] = np.frombuffer(embedding, dtype="<f4")
        return vectors

    def terms(self, word: str) -> list[str]:
        """What a word is in the full text: one term, or several, or none."""
        tokenize = self._connection.fts5_tokenizer(*TOKENIZER)
        found = tokenize(word.encode(), apsw.FTS5_TOKENIZE_QUERY, None, include_offsets=False, include_colocated=False)
        return [str(term) for term in found]

    def occurrences(self, term: str) -> Ids:
        """The passage of each occurrence of a term of the full text, ascending."""
        query = "SELECT group_concat(doc, ' ') FROM passage_occurrence WHERE term = ?"  # a third of the time of rows
        return np.fromstring(self._connection.execute(query, (term,)).get or "", dtype=np.int64, sep=" ")

    def standing(self, words: Sequence[str]) -> dict[str, int]:
        """In how many passages each word stands, in any of the forms that are the same to the full text.

        words: of letters alone, so that each is one term.
        """
        terms = self.terms(" ".join(words))
        query = "SELECT term, doc FROM passage_term WHERE term IN (SELECT value FROM json_each(?))"
        counts = dict(self._connection.execute(query, (json.dumps(terms),)))
        return {word: counts.get(term, 0) for word, term in zip(words, terms, strict=True)}

    def mentioned(self, article: str, words: Collection[str]) -> set[str]:
        """Those of the words, each one term, that stand in the article of that id, in any form, or in its headline."""
        span = "SELECT min(p.id), max(p.id) FROM passage p JOIN article a ON a.number = p.article WHERE a.id = ?"
        first, last = self._connection.execute(span, (article,)).get  # with no other article's between: written at once
        query = "SELECT 1 FROM passage_text WHERE passage_text MATCH ? AND rowid BETWEEN ? AND ? LIMIT 1"
        return {word for word in words if self._connection.execute(query, (f'"{word}"', first, last)).get}

    def text_lengths(self, after: int) -> tuple[Ids, Ids]:
        """Ids from `after` on, and how many tokens each of their passages has."""
        rows = self._connection.execute("SELECT id, sz FROM passage_text_docsize WHERE id >= ?", (after,))
        found = np.array([(id, _tokens(sizes)) for id, sizes in rows], dtype=np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def passages(self, ids: Sequence[int], limit: int) -> list[tuple[Passage, Article]]:
        """The first `limit` of these passages that exist, each with its article."""
        found: list[tuple[Passage, Article]] = []
        articles: dict[int, Article] = {}
        for id in ids:
            if len(found) == limit:
                break
            row = self._connection.execute("SELECT article, start, end FROM passage WHERE id = ?", (int(id),)).get
            if row is None:
                continue
            number, start, end = row
            if number not in articles:
                query = f"SELECT {_ARTICLE} FROM article a WHERE a.number = ?"
                articles[number] = _article(self._connection.execute(query, (number,)).get)
            article = articles[number]
            found.append((Passage(id, article.id, start, end, article.text[start:end]), article))
        return found


def prepare(connection: apsw.Connection) -> None:
    """Gives a connection what the reads of the full text's postings need."""
    connection.execute("CREATE VIRTUAL TABLE temp.passage_occurrence USING fts5vocab(main, passage_text, instance)")
    connection.execute("CREATE VIRTUAL TABLE temp.passage_term USING fts5vocab(main, passage_text, row)")


def _tokens(sizes: bytes) -> int:
    """The sum of SQLite varints: the tokens of each column of one row of FTS5's docsize table."""
    total = value = 0
    for byte in sizes:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            total, value = total + value, 0
    return total


def _article(row: Sequence[str | None]) -> Article:
    id, title, text, url, source, published, language, digest = row
    when = date.fromisoformat(published) if published else None
    return Article(str(id), str(title), str(text), url, source, when, language, str(digest))


def _where(filters: Filters) -> tuple[str, tuple[str, ...]]:
    parts, values = ["1"], []
    if filters.published_gte is not None:
        parts.append("a.published >= ?")
        values.append(filters.published_gte.isoformat())
    if filters.published_lt is not None:
        parts.append("a.published < ?")
        values.append(filters.published_lt.isoformat())
    for column, allowed in (("source", filters.source), ("id", filters.article), ("language", filters.language)):
        if allowed:
            parts.append(f"a.{column} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(allowed))
    return " AND ".join(parts), tuple(values)
