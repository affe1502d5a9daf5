"""What people said about answers, one JSON object a line in DATA/feedback.jsonl, beside the library.

    {"at": "2026-03-01T09:30:00+00:00", "answer_id": "ans_…", "rating": "up" | "down", "reason": null, "comment": null,
     "question": "…", "filters": {"source": ["Courier"]}, "status": "answered" | "no_answer", "answer": "…" | null,
     "citations": [{"article": "id", "start": 12, "end": 17, "exact": "Morlo"}], "generation": 7,
     "correct": null | {"article": "id", "start": 12, "end": 17, "exact": "Morlo", "evidence": "the whole sentence"}}

A line is whole or absent: it is appended and synced before it is acknowledged, and a torn last line is passed over.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from index.errors import QuotelineError

FILE = "feedback.jsonl"
LIMIT = 256 * 1024 * 1024
_lock = threading.Lock()


class FeedbackFullError(QuotelineError):
    """The file has reached its limit, or the disk its end."""

    status = 503
    code = "feedback_full"


def append(data: Path, record: Mapping[str, Any]) -> None:
    """Adds a record to the file in folder `data`, durably; raises FeedbackFullError."""
    line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
    try:
        with _lock, (data / FILE).open("ab") as file:
            if file.tell() + len(line) > LIMIT:
                raise FeedbackFullError("the feedback file is full; move it away to keep more")
            if file.tell() and not _ends_whole(data / FILE):
                file.write(b"\n")
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise FeedbackFullError(f"the feedback cannot be kept: {error.strerror}") from None


def read(path: Path, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """(offset of the next record, record) for each record from `offset` on, oldest first; lines that are no JSON
    objects are passed over. Nothing when there is no file."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        file.seek(min(offset, LIMIT))  # no file system seeks as far as a number can be written
        for line in file:
            offset += len(line)
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield offset, record


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
