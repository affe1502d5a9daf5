"""How an article comes in: a file, bytes or fields -> format -> clean -> Intake."""

import io
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from index import formats, language
from index.clean import clean
from index.errors import RefusedError
from index.formats import characters, jsonl
from index.formats.draft import Draft, Metadata, single_line
from index.types import Article, Intake, Outcome, content_hash

LIMIT = 10 * 1024 * 1024
_SIZE = f"{LIMIT // 1024 // 1024} MiB"
_ID_CHARACTERS, _TITLE_CHARACTERS, _SOURCE_CHARACTERS = 200, 500, 200
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINES_ENDINGS = frozenset((".jsonl", ".ndjson"))
_JSON_START = re.compile(r'\s*+(?:\[\s*+)?\{\s*+"')


def from_path(path: Path, name: str) -> Iterator[Intake | Outcome]:
    """The articles of a file: one, or one a line of JSON Lines, which are read one by one, whatever the file's size.

    `name` is the id of an article that has none of its own ("name:3" on line 3). A bad line gives a refused Outcome
    and the rest go on; a file that is refused as a whole (not a regular file, unreadable, more than 10 MiB in another
    format, binary, without words) raises RefusedError.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise RefusedError("this is no regular file; give a file with text")
        with path.open("rb") as stream:
            yield from _articles(stream, name, path.suffix.lower())
    except OSError as error:
        raise RefusedError(
            f"the file cannot be read ({error.strerror}); check that it exists and may be read"
        ) from None


def from_stream(stream: BinaryIO, name: str) -> Iterator[Intake | Outcome]:
    """As from_path, for an open file that can be rewound; `name` is a file name, its ending breaks ties of formats."""
    yield from _articles(stream, _ENDING.sub("", name), Path(name).suffix.lower())


def from_fields(
    id: str,
    *,
    title: str | None = None,
    text: str | None = None,
    html: str | None = None,
    markdown: str | None = None,
    url: str | None = None,
    source: str | None = None,
    published: date | str | None = None,
    language: str | None = None,
) -> Intake:
    """An article given field by field, with exactly one of text, html and markdown; given fields win over found ones.

    Raises RefusedError for a field that cannot be used as it is, and for a body without words.
    """
    bodies = {"text": text, "html": html, "markdown": markdown}
    given = jsonl.fields(bodies | {"title": title, "url": url, "source": source, "language": language})
    metadata = Metadata.named({**given, "published": published})
    if url and metadata.url is None:
        raise RefusedError("the url is no web address of at most 2,000 characters; give one that starts with https://")
    if language and metadata.language is None:
        raise RefusedError("the language is no language tag; give one such as en or pt-BR")
    if published and metadata.published is None:
        raise RefusedError("the publication date names no single day; write it as 2020-10-21")
    if source and len(single_line(source)) > _SOURCE_CHARACTERS:
        raise RefusedError(f"the source has more than {_SOURCE_CHARACTERS} characters; give its short name")
    return _intake(_draft(given, replace(metadata, id=id)), id)


def _articles(stream: BinaryIO, name: str, ending: str) -> Iterator[Intake | Outcome]:
    if _is_lines(stream, ending):
        yield from _lines(stream, name)
        return
    data = stream.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise RefusedError(f"the file has more than {_SIZE}; split it, or give its articles as JSON Lines")
    text = characters.decode(data)
    if ending in _LINES_ENDINGS:
        yield from _lines(io.BytesIO(text.encode("utf-8", "replace")), name)
    elif ending == ".json" or _JSON_START.match(text):
        value = jsonl.load(text.removeprefix("\ufeff"))
        if isinstance(value, list):
            for number, item in enumerate(value, 1):
                yield _one_of_many(item, f"{name}:{number}")
        else:
            yield _from_object(value, name)
    else:
        yield _intake(formats.read(text, ending), name)


def _is_lines(stream: BinaryIO, ending: str) -> bool:
    """JSON Lines by its ending, or because each of its first two lines is an object; UTF-16 cannot be read in lines."""
    start = stream.read(4)
    stream.seek(0)
    if characters.has_wide_mark(start):
        return False
    if ending in _LINES_ENDINGS:
        return True
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b""):
        return False
    first_two = [line for _, line in islice(jsonl.lines(stream, LIMIT), 2)]
    stream.seek(0)
    try:
        return len(first_two) == 2 and all(
            line is not None and isinstance(jsonl.load(line), dict) for line in first_two
        )
    except RefusedError:
        return False


def _lines(stream: BinaryIO, name: str) -> Iterator[Intake | Outcome]:
    empty = True
    for number, line in jsonl.lines(stream, LIMIT):
        empty = False
        place = f"{name}:{number}"
        if line is None:
            yield Outcome(place, "refused", f"the line has more than {_SIZE}; split the article")
            continue
        try:
            value = jsonl.load(line)
        except RefusedError as error:
            yield Outcome(place, "refused", str(error))
            continue
        yield _one_of_many(value, place)
    if empty:
        raise RefusedError("the file is empty; give one with text")


def _one_of_many(value: object, place: str) -> Intake | Outcome:
    try:
        return _from_object(value, place)
    except RefusedError as error:
        return Outcome(place, "refused", str(error))


def _from_object(value: object, name: str) -> Intake:
    given = jsonl.fields(value)
    return _intake(_draft(given, Metadata.named(given)), name)


def _draft(given: Mapping[str, object], metadata: Metadata) -> Draft:
    kind = next(kind for kind in formats.READERS if kind in given)
    return formats.with_front_matter(str(given[kind]), formats.READERS[kind]).under(metadata)


def _intake(draft: Draft, name: str) -> Intake:
    metadata = draft.metadata
    article_id = _checked_id(name if metadata.id is None else metadata.id)
    if metadata.title and len(metadata.title) > _TITLE_CHARACTERS:
        raise RefusedError(f"the title has {len(metadata.title):,} characters; give at most {_TITLE_CHARACTERS}")
    cleaned = clean(
        draft.body, title=metadata.title, headline_first=draft.headline_first, description=metadata.description
    )
    if not any(map(str.isalnum, draft.body)) or not any(map(str.isalnum, cleaned.text)):
        raise RefusedError("the article's body has no letter and no digit; give it some words")
    article = Article(
        id=article_id,
        title=cleaned.title,
        text=cleaned.text,
        url=metadata.url,
        source=metadata.source,
        published=metadata.published or cleaned.dated,
        language=metadata.language or language.detect(cleaned.text),
        sha256="",
    )
    return Intake(replace(article, sha256=content_hash(article)), (*draft.removed, *cleaned.removed))


def _checked_id(article_id: str) -> str:
    if not 1 <= len(article_id) <= _ID_CHARACTERS:
        raise RefusedError(f"the article id has {len(article_id)} characters; give one of 1 to {_ID_CHARACTERS}")
    if _UNPRINTABLE.search(article_id) or article_id != article_id.strip() or article_id in (".", ".."):
        raise RefusedError(
            f"the article id {article_id!a} cannot be used; give one without control characters, without spaces at its "
            "ends, and neither . nor .."
        )
    return article_id
