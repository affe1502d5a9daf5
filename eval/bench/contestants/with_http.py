"""Quoteline over HTTP: the service in a process of its own on the loopback, and one client with one connection."""

import argparse
import atexit
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable

IDLE = 10  # seconds between two questions after which the service may have closed the connection


def load(args: argparse.Namespace) -> tuple[Callable[[str], str], int]:
    """Starts the service; raises RuntimeError when it does not come up."""
    command = [sys.executable, "-m", "api", "--data", str(args.index), "--port", "0"]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    atexit.register(service.terminate)
    ready = re.search(r"ready at http://([^/]+)/", service.stdout.readline() if service.stdout else "")
    if ready is None:
        raise RuntimeError("the service did not start; its log is above")
    connection = http.client.HTTPConnection(ready[1])
    last = 0.0

    def ask(question: str) -> str:
        nonlocal last
        if time.monotonic() - last > IDLE:
            connection.close()  # the next request opens it again
        last = time.monotonic()
        body = json.dumps({"question": question, "min_confidence": 0})
        connection.request("POST", "/v1/ask", body, {"content-type": "application/json"})
        answer = json.loads(connection.getresponse().read())["answer"]
        return str(answer["text"]) if answer else ""

    return ask, service.pid
