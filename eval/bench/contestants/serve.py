"""Runs one contestant in a process of its own, with the standard library alone: any environment's Python runs it.

    python serve.py with_NAME build|ask --passages FILE --index DIR --embedder DIR --reader DIR --threads N

passages: JSON lines {"id", "title", "text"}, the text without the title. `build` fills the folder and ends. `ask`
prints {"pid"} of the answering process when it is ready; then, for each question, a JSON string a line on standard
input, it prints {"text", "seconds"}.
"""

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Builds the index, or answers until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("task", choices=["build", "ask"])
    for name in ("passages", "index", "embedder", "reader"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    contestant = importlib.import_module(args.module)
    if args.task == "build":
        contestant.build(args)
        return
    ask, pid = contestant.load(args)
    print(json.dumps({"pid": pid}), file=answers, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        started = time.perf_counter()
        text = ask(question)
        seconds = time.perf_counter() - started
        print(json.dumps({"text": text, "seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    main()
