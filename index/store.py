"""SQLite, the truth: articles, passages with their embeddings, full text, and the generation.

Every write is one transaction, durable before it is acknowledged (WAL, synchronous=FULL). Passage ids are never
reused. Connections of this process: one that writes, and one for each thread that reads.
"""

import json
import shutil
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw
import numpy as np

from index.errors import CorruptLibraryError, DiskFullError, ModelMismatchError
from index.moment import TOKENIZER, Moment, prepare
from index.types import Ids, Intake, Vectors

FILE = "quoteline.sqlite3"
_STARTED = "STARTED"  # written once the database stands: from then on a missing or empty one is a loss, not a start
_APPLICATION_ID = 0x51754C31  # "QuL1"
_ROOM = 64 * 1024  # bytes; with fewer free, a file that cannot be opened or written has met a full disk
_CHECK_STEPS = (
    4_000_000  # virtual machine steps (about 2 s) given to the structure check at open; `doctor` has no limit
)
_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE article (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, text TEXT NOT NULL,
    url TEXT, source TEXT, published TEXT, language TEXT, sha256 TEXT NOT NULL, removed TEXT NOT NULL
) STRICT;
CREATE INDEX article_published ON article (published);
CREATE INDEX article_source ON article (source);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES article (number),
    start INTEGER NOT NULL, end INTEGER NOT NULL, embedding BLOB NOT NULL
) STRICT;
CREATE INDEX passage_article ON passage (article);
CREATE VIRTUAL TABLE passage_text USING fts5 (
    headline, body, content='', contentless_delete=1, tokenize='{TOKENIZER[0]} {" ".join(TOKENIZER[1])}'
);
PRAGMA application_id = {_APPLICATION_ID};
"""
_COUNTED = """
INSERT OR IGNORE INTO meta VALUES ('identity', hex(randomblob(16)));
INSERT OR IGNORE INTO meta SELECT 'articles', count(*) FROM article;
INSERT OR IGNORE INTO meta SELECT 'passages', count(*) FROM passage;
"""  # counting a million rows takes longer than a search: every write keeps these


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article with its passages' spans and embeddings, shape (len(spans), dimension), ready to be written."""

    intake: Intake
    spans: Sequence[tuple[int, int]]
    embeddings: Vectors


class Store:
    """The database file; every method is safe to call from any thread, writes one at a time."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.path = folder / FILE
        self._read_only = read_only
        self._refuse_damage(folder)
        self._local = threading.local()
        self._connections: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()  # one goes with its thread
        self._lock = threading.Lock()
        with _in_plain_words(self.path):
            if not read_only:
                self._writer = self._connect()
                self._writer.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
                if not self._writer.execute("SELECT count(*) FROM sqlite_schema").get:
                    with self._writer:
                        self._writer.execute(_SCHEMA)
                        self._writer.execute("INSERT INTO meta VALUES ('generation', '0'), ('schema', '1')")
                self._writer.execute(_COUNTED)
                (folder / _STARTED).touch()
            found = self._reader().execute("PRAGMA application_id").get
            if found != _APPLICATION_ID:
                raise CorruptLibraryError(f"{FILE} is not a Quoteline database; name the right data folder")

    def _refuse_damage(self, folder: Path) -> None:
        """Looks without writing: a damaged or lost database must be left as it is."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size == 0:
            if (folder / _STARTED).exists():
                raise CorruptLibraryError(
                    f"{FILE} is missing or empty in a data folder that had one; restore it from a backup"
                )
            if self._read_only:
                raise CorruptLibraryError("there is no library in this data folder; add articles first")
            return
        with _in_plain_words(self.path):
            connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
            try:
                steps = iter(range(_CHECK_STEPS // 10_000))
                connection.set_progress_handler(lambda: next(steps, None) is None, 10_000)
                try:
                    verdict = connection.execute("PRAGMA quick_check(1)").get
                except apsw.InterruptError:
                    return
                if verdict != "ok":
                    raise CorruptLibraryError(
                        f"{FILE} is damaged ({verdict}); it was left untouched: restore it from a backup"
                    )
            finally:
                connection.close()

    def _connect(self) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READONLY if self._read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = apsw.Connection(str(self.path), flags=flags)
        connection.set_busy_timeout(10_000)
        connection.execute("PRAGMA foreign_keys = ON; PRAGMA cache_size = -32000")
        with self._lock:
            self._connections.add(connection)
        return connection

    def _reader(self) -> apsw.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            prepare(connection)
            self._local.connection = connection
        return connection

    @contextmanager
    def moment(self) -> Iterator[Moment]:
        """One consistent view of the database for several reads; within another of this thread, the same one."""
        connection = self._reader()
        with _in_plain_words(self.path):
            if connection.in_transaction:
                yield Moment(connection)
                return
            connection.execute("BEGIN")
            try:
                yield Moment(connection)
            finally:
                connection.execute("ROLLBACK")

    def write(self, articles: Sequence[Prepared], remove: Sequence[str] = ()) -> tuple[list[Ids], Ids]:
        """Replaces `articles` and removes ids, in one durable transaction and one new generation.

        Returns the new passage ids of each article, and the passage ids that are gone.
        """
        connection = self._writer
        added: list[Ids] = []
        gone: list[int] = []
        replaced = 0
        with _in_plain_words(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                for id in [*(p.intake.article.id for p in articles), *remove]:
                    passages = _delete(connection, id)
                    replaced += passages is not None
                    gone += passages or []
                added += [_insert(connection, prepared) for prepared in articles]
                for key, change in (
                    ("generation", 1),
                    ("articles", len(articles) - replaced),
                    ("passages", sum(map(len, added)) - len(gone)),
                ):
                    connection.execute("UPDATE meta SET value = value + ? WHERE key = ?", (change, key))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has ended it
                    connection.execute("ROLLBACK")
                raise
        return added, np.array(gone, dtype=np.int64)

    def bind(self, key: str, value: str) -> None:
        """Remembers a setting the library was built with, and refuses another value later."""
        with self.moment() as moment:
            known = moment.meta(key)
        if known is None and not self._read_only:
            with _in_plain_words(self.path):
                self._writer.execute("INSERT INTO meta VALUES (?, ?)", (key, value))
        elif known is not None and known != value:
            raise ModelMismatchError(
                f"this library was built with {key} {known[:60]!r}, not {value[:60]!r}; use it, or build anew"
            )

    def check(self) -> list[str]:
        """The full structure check, without a time limit; empty when all is well."""
        found = [str(row[0]) for row in self._reader().execute("PRAGMA integrity_check(20)")]
        found += [f"foreign key: {row}" for row in self._reader().execute("PRAGMA foreign_key_check")]
        for table in ("article", "passage"):
            counted, kept = self._reader().execute(
                f"SELECT (SELECT count(*) FROM {table}), value + 0 FROM meta WHERE key = '{table}s'"
            ).get or (0, 0)
            if counted != kept:
                found.append(f"{kept} {table}s are told where there are {counted}")
        return [line for line in found if line != "ok"]

    def close(self) -> None:
        """Closes every connection; the last one folds the WAL into the database."""
        with self._lock:
            for connection in list(self._connections):
                connection.close()


@contextmanager
def _in_plain_words(path: Path) -> Iterator[None]:
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise CorruptLibraryError(
            f"{path.name} is damaged ({error}); it was left untouched: restore it from a backup"
        ) from None
    except (apsw.FullError, apsw.IOError, apsw.CantOpenError, OSError) as error:
        if not isinstance(error, apsw.FullError) and shutil.disk_usage(path.parent).free >= _ROOM:
            raise
        raise DiskFullError("the disk is full; free some space, then do this again") from None


def _delete(connection: apsw.Connection, id: str) -> list[int] | None:
    """Removes an article; returns its passages' ids, or None when there was none."""
    number = connection.execute("SELECT number FROM article WHERE id = ?", (id,)).get
    if number is None:
        return None
    gone = [row[0] for row in connection.execute("SELECT id FROM passage WHERE article = ?", (number,))]
    connection.executemany("DELETE FROM passage_text WHERE rowid = ?", [(i,) for i in gone])
    connection.execute("DELETE FROM passage WHERE article = ?", (number,))
    connection.execute("DELETE FROM article WHERE number = ?", (number,))
    return gone


def _insert(connection: apsw.Connection, prepared: Prepared) -> Ids:
    article = prepared.intake.article
    published = article.published.isoformat() if article.published else None
    removed = json.dumps([[r.reason, r.text] for r in prepared.intake.removed], ensure_ascii=False)
    connection.execute(
        "INSERT INTO article (id, title, text, url, source, published, language, sha256, removed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (article.id, article.title, article.text, article.url, article.source, published, article.language,
         article.sha256, removed),
    )  # fmt: skip
    number = connection.last_insert_rowid()
    ids = []
    for (start, end), embedding in zip(prepared.spans, prepared.embeddings, strict=True):
        connection.execute(
            "INSERT INTO passage (article, start, end, embedding) VALUES (?, ?, ?, ?)",
            (number, start, end, embedding.astype("<f4").tobytes()),
        )
        id = connection.last_insert_rowid()
        connection.execute(
            "INSERT INTO passage_text (rowid, headline, body) VALUES (?, ?, ?)",
            (id, article.title, article.text[start:end]),
        )
        ids.append(id)
    return np.array(ids, dtype=np.int64)
