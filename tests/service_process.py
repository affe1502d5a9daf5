"""A service in a process of its own, started and stopped."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """A running service and its address."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def started(module: str, data: Path, *options: str) -> Iterator[ServiceProcess]:
    """`python -m module` over the library in `data`, once it is ready; killed at the end if it still runs."""
    command = [sys.executable, "-m", module, *options, "--data", str(data), "--port", "0"]
    log = (data.parent / f"{data.name}.log").open("wb")
    with log, subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            assert process.stdout is not None
            ready = re.search(r"ready at (\S+)/ ", process.stdout.readline())
            assert ready is not None, "the service did not start"
            yield ServiceProcess(process, ready[1])
        finally:
            if process.poll() is None:
                process.kill()
