"""Plain text: the words as they stand, and the headline its first line may be."""

import re

from index.formats.draft import Draft, single_line

_CHARACTERS, _WORDS = 200, 30
_FULL_STOP = re.compile(r"[.。．…:;,、]['\"”’»)\]]*$")
_INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}$")
_SENTENCE_INSIDE = re.compile(r"\b[a-z]{4,}[.!?]['\"”’)\]]*\s+\S")
_NO_HEADLINE = re.compile(
    r"https?://|[-*•–—]\s|\d+[.)]\s|(?:photo|image|picture|source|author|category|tags?|updated|last updated)\s*:", re.I
)
_CREDIT = re.compile(r"\((?:photo|image|picture|credit|courtesy|file)\b[^()]*\)$", re.I)


def read(text: str) -> Draft:
    """The whole text; whether its first line is a headline is decided once it is clean."""
    return Draft(text, headline_first=True)


def headline(text: str) -> str | None:
    """The first line of a canonical text, on one line with single spaces, when it looks like a headline; else None.

    That is: at most 200 characters and 30 words, more text after it, no full stop, no caption, list item, label or
    address, and not the first line of a hard-wrapped paragraph.
    """
    line, _, rest = text.partition("\n")
    if len(line) > _CHARACTERS or len(line.split()) > _WORDS or not any(map(str.isalpha, line)):
        return None
    if _FULL_STOP.search(line) and not _INITIALS.search(line):
        return None
    if _SENTENCE_INSIDE.search(line) or _NO_HEADLINE.match(line) or _CREDIT.search(line):
        return None
    if any(following[:1].islower() for following in _same_paragraph(rest)):
        return None
    return single_line(line) if any(map(str.isalnum, rest)) else None


def _same_paragraph(rest: str) -> list[str]:
    """The next two lines, up to a blank one."""
    following = []
    for line in rest.split("\n", 2)[:2]:
        if not line:
            break
        following.append(line)
    return following
