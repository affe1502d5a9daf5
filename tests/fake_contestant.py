"""A contestant that answers with the last word of the passage whose first word the question begins with."""

import argparse
import json
import os
from collections.abc import Callable


def build(args: argparse.Namespace) -> None:
    lines = map(json.loads, args.passages.read_text(encoding="utf-8").splitlines())
    found = {line["text"].split()[0]: line["text"].split()[-1] for line in lines}
    (args.index / "index.json").write_text(json.dumps(found), encoding="utf-8")
    print("libraries may say what they like")


def load(args: argparse.Namespace) -> tuple[Callable[[str], str], int]:
    index = json.loads((args.index / "index.json").read_text(encoding="utf-8"))
    print("on standard output, too")

    def ask(question: str) -> str:
        answer: str = index[question.split()[0]]
        return answer

    return ask, os.getpid()
