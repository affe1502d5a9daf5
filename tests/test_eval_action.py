"""action.yml: its shell, run as GitHub runs it, passes every input on and ends with the exit code of the run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from eval import __main__ as command

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEP = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "run")
PYTHON = """#!/usr/bin/env bash
printf "%s\\n" "$@" > "$SEEN"
mkdir -p "$REPORT"
echo "## verdict" > "$REPORT/report.md"
exit "$CODE"
"""


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A runner's folder whose Python only notes how it was called."""
    python = tmp_path / "quoteline" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def run(runner: Path, code: int = 0, **inputs: str) -> tuple[int, list[str]]:
    """The step's exit code, and the arguments it gave to Python."""
    given = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()} | inputs
    environment = {name: _filled(value, given) for name, value in STEP["env"].items()}
    environment |= {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(runner), "SEEN": str(runner / "seen")}
    environment |= {name: str(runner / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]]
    done = subprocess.run(shell, cwd=runner, env=environment | {"CODE": str(code)}, capture_output=True, check=False)
    assert done.stderr == b""
    return done.returncode, (runner / "seen").read_text().splitlines()


def _filled(value: str, given: dict[str, str]) -> str:
    name = value.removeprefix("${{ inputs.").removesuffix(" }}")
    return given[name]


@pytest.mark.parametrize("code", [0, 1, 3, 4, 5])
def test_the_step_ends_as_the_run_did_and_shows_its_verdict(runner: Path, code: int) -> None:
    assert run(runner, code, gold="gold/a.jsonl", articles="articles")[0] == code
    assert (runner / "github_output").read_text() == f"exit-code={code}\n"
    assert (runner / "github_step_summary").read_text() == "## verdict\n"


def test_every_input_reaches_the_command_line_as_one_word(runner: Path) -> None:
    _, said = run(runner, gold="a.jsonl\nb.jsonl\n", articles="my articles", tags="x,y", baseline="old.json")
    at = said.index("--gold")
    assert said[:at] + said[at : at + 3] == ["-P", "-m", "eval", "run", "--gold", "a.jsonl", "b.jsonl"]
    for option, value in (("--articles", "my articles"), ("--tags", "x,y"), ("--baseline", "old.json")):
        assert said[said.index(option) + 1] == value
    assert "--url" not in said


def test_a_folder_named_eval_does_not_stand_in_for_ours(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    for name in ("__init__.py", "__main__.py"):
        (tmp_path / "eval" / name).write_text("")
    gold = tmp_path / "gold.jsonl"
    gold.write_text("")
    command = [sys.executable, "-P", "-m", "eval", "run", "--gold", gold, "--articles", tmp_path, "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 4
    assert "No active question" in done.stdout


def test_a_service_is_asked_instead_of_articles(runner: Path) -> None:
    _, said = run(runner, gold="a.jsonl", url="https://answers.example.org")
    assert said[said.index("--url") + 1] == "https://answers.example.org"
    assert "--articles" not in said


def test_the_command_line_of_the_action_is_one_that_run_takes(runner: Path, tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text("")
    _, said = run(runner, gold=str(tmp_path / "gold.jsonl"), articles=str(tmp_path), tags="x")
    parsed = command._parser().parse_args(said[3:])
    assert parsed.gold == [tmp_path / "gold.jsonl"]
    assert (parsed.articles, parsed.annotations) == (tmp_path, "github")


def test_no_input_is_pasted_into_the_shell() -> None:
    assert all("${{" not in step.get("run", "") for step in ACTION["runs"]["steps"])
