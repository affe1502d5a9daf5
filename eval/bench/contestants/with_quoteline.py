"""Quoteline in process."""

import argparse
import json
import os
from collections.abc import Callable

from index.embed import load_embedder
from index.library import Library
from rag import squad
from rag.load import open_answerer


def build(args: argparse.Namespace) -> None:
    """Adds every passage as an article under its title."""
    passages = map(json.loads, args.passages.read_text(encoding="utf-8").splitlines())
    with Library.open(args.index, load_embedder()) as library:
        for _ in library.add(squad.article(p["id"], p["title"], p["text"]) for p in passages):
            pass


def load(args: argparse.Namespace) -> tuple[Callable[[str], str], int]:
    """Opens the library beside the service that may own it."""
    answerer = open_answerer(args.index, read_only=True)

    def ask(question: str) -> str:
        best = answerer.ask(question, min_confidence=0.0).best
        return best.text if best else ""

    return ask, os.getpid()
