"""The documents say what the code does, and the packages are this repository's."""

import importlib
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from api.app import create_app
from api.guard import needed
from api.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROOMS = ("index", "rag", "api", "eval")


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_is_the_one_in_this_repository(room: str) -> None:
    module = importlib.import_module(room)
    assert Path(str(module.__file__)).parent == ROOT / room


def test_every_environment_setting_is_in_the_readme_and_every_one_there_exists() -> None:
    sources = [path.read_text(encoding="utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    read = set(re.findall(r"[\"'](QUOTELINE_[A-Z_]+)[\"']", "\n".join(sources)))
    assert read == set(re.findall(r"`(QUOTELINE_[A-Z_]+)`", README))


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_runs_alone_and_helps(room: str) -> None:
    done = subprocess.run([sys.executable, "-m", room, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:5]) == (0, "usage")


def test_the_readme_names_only_commands_that_exist() -> None:
    for room, command in set(re.findall(r"python -m (index|eval) ([a-z]+)", README)):
        with pytest.raises(SystemExit, match=r"^0$"):
            importlib.import_module(f"{room}.__main__").main([command, "--help"])


def test_the_readme_has_no_placeholder() -> None:
    assert not re.search(r"\b[A-Z]+_FIGURES\b|TODO|TBD", README)


def test_what_is_installed_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + list(chain(*project["optional-dependencies"].values()))
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()
    names = {re.split(r"[=<>]", requirement)[0].lower() for requirement in wanted}
    assert {name for name in names if not re.search(rf"^{name.replace('-', '[-_]')}==", pinned, re.M)} == set()
    assert "torch==2.13.0" in pinned


def test_every_route_has_its_line_in_the_readme() -> None:
    table = {
        (method, path.split("?")[0]): scope
        for cell, scope in re.findall(r"^\| (`[A-Z]+ /.*?) \| (\w*) ?\| ", README, re.M)
        for method, path in re.findall(r"`([A-Z]+) (/[^`]*)`", cell)
    }
    routes = {
        (method, str(route.path).replace(":path", "")): scope.name.lower() if scope else ""
        for route in iter_route_contexts(create_app(Settings(Path())).routes)
        for scope in [needed(route.original_route)]
        for method in set(route.methods or ()) - {"HEAD"}
    }
    assert table == routes
