"""Canonical text, and what was removed from it and why: conservative, nothing is removed without its record."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from index import dates
from index.formats.characters import readable
from index.formats.draft import single_line
from index.formats.text import headline
from index.types import Removed

_PASSES = 10
_BLANK_LINES = re.compile(r"\n{3,}")
_TOP_CHARACTERS = 5_000

_NOTICE = re.compile(
    r"(?:(?i:copyright)|\d{4})?\s*[©Ⓒⓒ]\s*(?:[^\W\d_a-z]|.*\b(?:19|20)\d\d\b)"
    r"|(?i:copyright)\s+\([cC]\)\s*\w|\([cC]\)\s*(?:19|20)\d\d\b"
    r"|(?i:copyright)\s+(?:19|20)\d\d\b(?!\s+(?!(?:by|the|all)\b)[a-z])"
)
_RIGHTS = re.compile(r"^\W*all rights reserved\W+(?:by|to|worldwide)\b|\ball rights reserved\W*$", re.I)
_NOTICE_CHARACTERS, _RIGHTS_WORDS = 200, 8
_NEAR_START, _NEAR_END = 3, 5

_BEYOND_LATIN = re.compile("[\u0370-\u1dff\u1f00-\u1fff\u2c00-\ud7ff\uf900-\U0003ffff]")
_SCRIPTS = {
    name: name
    for name in "LATIN GREEK CYRILLIC ARMENIAN HEBREW ARABIC DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU "
    "KANNADA MALAYALAM SINHALA THAI LAO TIBETAN MYANMAR GEORGIAN HANGUL ETHIOPIC KHMER MONGOLIAN CJK".split()
} | {"HIRAGANA": "CJK", "KATAKANA": "CJK", "BOPOMOFO": "CJK"}
_SAMPLE = 100_000
_MAIN_SHARE, _STRAY_SHARE = 0.7, 0.3
_STRAY_LETTERS, _STRAY_CHARACTERS, _STRAY_LINES = 4, 200, 3
_QUOTES = tuple("\"'“‘„«‹「『")

_RUN, _REPEATED_SHARE = 5, 0.8
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Clean:
    """Canonical text that starts with `title` when there is one ("" when not); `dated` is its date line's day."""

    title: str
    text: str
    removed: tuple[Removed, ...]
    dated: date | None


def canonical(text: str) -> str:
    """Readable characters, no white space at either end of a line, at most one blank line in a row."""
    return _joined(line.strip() for line in readable(text).split("\n"))


def clean(
    body: str, *, title: str | None = None, headline_first: bool = False, description: str | None = None
) -> Clean:
    """Make an article's text canonical and take out what is not its own words.

    `title` is known from metadata; otherwise, with `headline_first`, the first line is taken when it looks like one.
    Cleaning a clean text again changes nothing: the steps are repeated until none finds anything.
    """
    text = canonical(body)
    given = found = single_line(title or "")
    removed: list[Removed] = []
    _note(removed, "repeated description", [description] if description and repeats(description, text) else [])
    dated = dates.near_top(text[:_TOP_CHARACTERS].split("\n"))
    caption = ""
    for _ in range(_PASSES):
        known = len(removed)
        lines = text.split("\n")
        caption = _take_date_markers(lines, removed) or caption
        _take_notices(lines, removed)
        _take_stray_lines(lines, removed)
        text = _joined(lines)
        if not given:
            captioned = caption != "" and text.split("\n", 1)[0] == caption
            found = headline(text) or "" if headline_first and not captioned else ""
            text = text.partition("\n")[2].strip("\n") if found else text
        if found:
            text = _without_repeated(found, text, removed)
        if not given:
            text = _under(found, text)
        if len(removed) == known:
            break
    return Clean(found, _under(given, text), tuple(removed), dated)


def repeats(description: str, text: str) -> bool:
    """Whether most words of the description stand in the text too, in runs of five or more, in whatever order."""
    words = _WORD.findall(description.casefold())
    size = min(_RUN, len(words))
    if size == 0:
        return False
    runs = [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]
    body = _WORD.findall(text.casefold())
    found = set(runs).intersection(zip(*(body[start:] for start in range(size)), strict=False))
    repeated = {start + place for start, run in enumerate(runs) if run in found for place in range(size)}
    return len(repeated) >= _REPEATED_SHARE * len(words)


def _under(title: str, text: str) -> str:
    return f"{title}\n\n{text}" if title and text else title or text


def _joined(lines: Iterable[str]) -> str:
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _take_date_markers(lines: list[str], removed: list[Removed]) -> str:
    """Take date markers off the first line; the words that follow one on its line (a caption, not a headline)."""
    first, rest = 0, ""
    taken = []
    while first < len(lines) and not rest:
        if line := lines[first]:
            if (found := dates.marker(line)) is None:
                break
            taken.append(line[: found[0]].strip())
            rest = single_line(line[found[0] :])
        first += 1
    lines[:first] = [rest, ""] if rest else []
    _note(removed, "date line", taken)
    return rest


def _take_notices(lines: list[str], removed: list[Removed]) -> None:
    """Take copyright lines among the first three and the last five lines that are not empty."""
    taken = []
    for places, near in ((range(len(lines)), _NEAR_START), (range(len(lines) - 1, -1, -1), _NEAR_END)):
        others = 0
        for place in places:
            if _is_notice(lines[place]):
                taken.append(lines[place])
                lines[place] = ""
            elif lines[place]:
                others += 1
                if others == near:
                    break
    _note(removed, "copyright line", taken)


def _is_notice(line: str) -> bool:
    if not line or len(line) > _NOTICE_CHARACTERS:
        return False
    return _NOTICE.match(line) is not None or (_RIGHTS.search(line) is not None and len(line.split()) <= _RIGHTS_WORDS)


def _take_stray_lines(lines: list[str], removed: list[Removed]) -> None:
    """Take up to three lines in another script than the article's from either end: advertising, most often.

    A longer run is part of the article; so is a quotation, or a line that the one before announces with a colon.
    """
    text = "\n".join(lines)
    if _BEYOND_LATIN.search(text) is None:
        return
    scripts = _scripts(text[:_SAMPLE])
    main, letters = max(scripts.items(), key=lambda item: item[1], default=("", 0))
    if letters < _MAIN_SHARE * scripts.total():
        return
    full = [place for place, line in enumerate(lines) if line]
    for places in (full, full[::-1]):
        run = []
        for place in places:
            if not _is_stray(lines[place], main):
                break
            run.append(place)
        before = max((place for place in full if place < min(run)), default=None) if run else None
        if len(run) > _STRAY_LINES or (before is not None and lines[before].endswith((":", "："))):
            continue
        _note(removed, "other language", [lines[place] for place in sorted(run)])
        for place in run:
            lines[place] = ""


def _is_stray(line: str, main: str) -> bool:
    if not line or len(line) > _STRAY_CHARACTERS or line.startswith(_QUOTES):
        return False
    scripts = _scripts(line)
    return scripts.total() >= _STRAY_LETTERS and scripts[main] <= _STRAY_SHARE * scripts.total()


def _scripts(text: str) -> Counter[str]:
    """How many letters of each script."""
    counts = Counter(map(_script, filter(str.isalpha, text)))
    del counts[""]
    return counts


@lru_cache(maxsize=20_000)
def _script(letter: str) -> str:
    words = unicodedata.name(letter, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ").split(" ", 1)
    return _SCRIPTS.get(words[0], "")


def _without_repeated(title: str, text: str, removed: list[Removed]) -> str:
    """`text` without first lines that only repeat the title."""
    lines = text.split("\n")
    wanted = title.casefold()
    first = 0
    while first < len(lines) and " ".join(lines[first].split()).casefold() in ("", wanted):
        first += 1
    _note(removed, "repeated title", [line for line in lines[:first] if line])
    return "\n".join(lines[first:])


def _note(removed: list[Removed], reason: str, lines: list[str]) -> None:
    if lines:
        removed.append(Removed(reason, "\n".join(lines)))
