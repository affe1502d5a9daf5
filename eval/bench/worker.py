"""A contestant in a process of its own: made its index, started, asked. Its end of the talk is contestants/serve.py."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from eval.bench import contestants, environments
from index.errors import QuotelineError

_SCRIPTS = Path(contestants.__file__).parent
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}


class ContestantError(QuotelineError):
    """A contestant ended before it had answered."""

    code = "contestant_failed"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One program: its name, its script, the name of its environment (None: this one)."""

    name: str
    script: str
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What all have in common: passages as serve.py reads them, models, environments, and a folder to work in."""

    passages: Path
    embedder: Path
    reader: Path
    environments: Path
    work: Path
    threads: int


class Worker:
    """A contestant that is ready to answer."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        started = time.perf_counter()
        self._log = log
        self._questions, self._answers = _pipe(process.stdin), _pipe(process.stdout)
        self._pid = int(self._said()["pid"])
        self.start_s = time.perf_counter() - started

    def ask(self, question: str) -> tuple[str, float]:
        """The answer, and the seconds it took inside."""
        self._questions.write(json.dumps(question) + "\n")
        self._questions.flush()
        said = self._said()
        return str(said["text"]), float(said["seconds"])

    def resident_mb(self) -> float:
        """Megabytes of memory the answering process holds now."""
        return resident_mb(self._pid)

    def cpu_s(self) -> float:
        """Seconds of processor the answering process has used, all its threads together."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _said(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise ContestantError(f"a contestant ended without an answer; {self._log} says why")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def started(contestant: Contestant, setting: Setting) -> Iterator[Worker]:
    """The contestant with its index open, ended at the end."""
    log = setting.work / f"{contestant.script}.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603
            _command(contestant, setting, "ask"),
            env=_environ(contestant, setting),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        yield Worker(process, log)  # on the way out its standard input is closed, and it ends


def build(contestant: Contestant, setting: Setting) -> None:
    """Makes the contestant's index, unless the working folder has it."""
    folder = index_folder(contestant, setting)
    done = folder / "DONE"
    if done.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    log = setting.work / f"{contestant.script}.log"
    with log.open("wb") as errors:
        command, environ = _command(contestant, setting, "build"), _environ(contestant, setting)
        code = subprocess.run(command, env=environ, stderr=errors, check=False).returncode  # noqa: S603
    if code:
        raise ContestantError(f"{contestant.name} could not make its index; {log} says why")
    done.touch()


def resident_mb(process: int) -> float:
    """Decimal megabytes of memory a process holds now."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def index_folder(contestant: Contestant, setting: Setting) -> Path:
    """Where its index lies: one for each environment."""
    return setting.work / (contestant.environment or "quoteline")


def _command(contestant: Contestant, setting: Setting, task: Literal["build", "ask"]) -> list[str]:
    python = Path(sys.executable)
    if contestant.environment:
        python = environments.python(setting.environments / contestant.environment)
    options = {
        "passages": setting.passages,
        "index": index_folder(contestant, setting),
        "embedder": setting.embedder,
        "reader": setting.reader,
        "threads": setting.threads,
    }
    settings = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return [str(python), str(_SCRIPTS / "serve.py"), contestant.script, task, *settings]


def _environ(contestant: Contestant, setting: Setting) -> dict[str, str]:
    """The environment: offline, so many threads, and this project only for itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QUOTELINE_", "PYTHON"))}
    ours = {} if contestant.environment else {"PYTHONPATH": str(environments.ROOT)}
    threads = {name: str(setting.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    return kept | _OFFLINE | threads | ours


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise ContestantError("a contestant was started without pipes; give it both")
    return stream
