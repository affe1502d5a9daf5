"""Files and folders -> library."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from index.errors import RefusedError
from index.files import walk
from index.intake import from_path
from index.library import Library
from index.types import Intake, Outcome


def ingest_paths(library: Library, paths: Sequence[Path]) -> Iterator[Outcome]:
    """Adds every article below the paths, one Outcome each; a refused one never stops the others."""
    yield from library.add(read_paths(paths))


def read_paths(paths: Sequence[Path]) -> Iterator[Intake | Outcome]:
    """Every article below the paths, read one at a time."""
    for found in walk(paths):
        if isinstance(found, Outcome):
            yield found
            continue
        name, path = found
        try:
            yield from from_path(path, name)
        except RefusedError as error:
            yield Outcome(name, "refused", str(error))
