"""The verdict as GitHub workflow commands, each pointing at the gold file's line."""

from collections.abc import Iterator

from eval.verdict import Verdict

_MOST = 50  # GitHub shows 10 of a kind and step; more than this is only noise in the log


def github(verdict: Verdict) -> Iterator[str]:
    """One `::error file=…,line=…,title=…::text` a note, the gravest first."""
    notes = verdict.notes
    for note in notes[:_MOST]:
        place = f"file={_property(note.file)},line={note.line}," if note.file else ""
        yield f"::{note.severity} {place}title={_property(note.title)}::{_data(note.text)}"
    if len(notes) > _MOST:
        yield f"::notice title=more::{len(notes) - _MOST} more are in the report"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
