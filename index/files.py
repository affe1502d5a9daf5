"""Files below given paths, in sorted order, each once and each with the id its article gets."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.types import Outcome

_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")
_PASSED_OVER = re.compile(r"\.|~\$|#.*#$|.*(?:~|\.(?:tmp|temp|bak|swp|part|crdownload))$", re.I | re.S)


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    top: Path

    def ids(self) -> tuple[str, ...]:
        """From the shortest to one no other file has: its name, its path below `top`, as given, and from the root; and
        with the bytes of a name that is not UTF-8."""
        below = self.path.relative_to(self.top) if self.path != self.top else Path(self.path.name)
        paths = (below.as_posix(), self.path.as_posix(), self.path.resolve().as_posix())
        names = (_bare(self.path.name), *(n for path in paths for n in (_bare(path), path)))
        return (*map(_printable, names), os.fsencode(paths[0]).decode("utf-8", "backslashreplace"))


def walk(paths: Sequence[Path]) -> Iterator[tuple[str, Path] | Outcome]:
    """(article id, path) for each file, or a refused Outcome for a path that is missing, unreadable or no file.

    Hidden and temporary files below a given folder are passed over; links are followed, and no folder or file comes
    twice. The id is the file's name without its ending; files whose names collide get their paths. Names are collected
    first, since ids depend on all of them; contents are never read.
    """
    entries = [entry for path in paths for entry in _below(path)]
    unique: dict[Path, _Found] = {}
    for entry in entries:
        if isinstance(entry, _Found):
            unique.setdefault(entry.path.resolve(), entry)
    ids = _ids(list(unique.values()))
    for entry in entries:
        if isinstance(entry, Outcome):
            yield entry
        elif (article_id := ids.pop(entry, None)) is not None:
            yield article_id, entry.path


def _below(top: Path) -> Iterator[_Found | Outcome]:
    visited: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        path = waiting.pop()
        try:
            info = path.stat()
            if stat.S_ISREG(info.st_mode):
                yield _Found(path, top)
            elif not stat.S_ISDIR(info.st_mode):
                yield _refused(path, "it is no regular file; give files with text")
            elif (info.st_dev, info.st_ino) not in visited:
                visited.add((info.st_dev, info.st_ino))
                waiting.extend(sorted((p for p in path.iterdir() if not _PASSED_OVER.match(p.name)), reverse=True))
        except OSError as error:
            yield _refused(path, f"it cannot be read ({error.strerror}); check that it exists and may be read")


def _ids(found: Sequence[_Found]) -> dict[_Found, str]:
    ids: dict[_Found, str] = {}
    taken: set[str] = set()
    choices = {entry: entry.ids() for entry in found}
    for stage in range(max(map(len, choices.values()), default=0)):
        waiting = [entry for entry in found if entry not in ids]
        counts = Counter(choices[entry][stage] for entry in waiting)
        for entry in waiting:
            choice = choices[entry][stage]
            if counts[choice] == 1 and choice not in taken:
                ids[entry] = choice
                taken.add(choice)
    return ids


def _refused(path: Path, reason: str) -> Outcome:
    return Outcome(_printable(path.as_posix()), "refused", reason)


def _bare(name: str) -> str:
    return _ENDING.sub("", name)


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")
