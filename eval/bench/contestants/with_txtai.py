"""txtai: a hybrid index with content, and its questions pipeline over each passage found.

The pipeline gives no score that passages could be compared by: the first answer counts, in the order of the search.
"""

import argparse
import json
import os
from collections.abc import Callable
from typing import Any

import torch
from txtai import Embeddings
from txtai.pipeline import Questions

PASSAGES = 8


class Pointing(Questions):  # type: ignore[misc]  # txtai ships no types
    """Questions that says nothing where the span is not of the passage; the original raises a TypeError there."""

    def answer(self, context: str, tokens: Any, start: Any, end: Any) -> str | None:
        """The words from token `start` to token `end`."""
        if tokens.token_to_sequence(start) != 1 or tokens.token_to_sequence(end) != 1:
            return None
        words: str = super().answer(context, tokens, start, end)
        return words


def build(args: argparse.Namespace) -> None:
    """Indexes every passage, dense and lexical."""
    lines = map(json.loads, args.passages.read_text(encoding="utf-8").splitlines())
    embeddings = Embeddings(path=str(args.embedder), hybrid=True, content=True, gpu=False)
    embeddings.index((line["id"], f"{line['title']}\n\n{line['text']}", None) for line in lines)
    embeddings.save(str(args.index / "index"))


def load(args: argparse.Namespace) -> tuple[Callable[[str], str], int]:
    """Opens the index and the pipeline."""
    torch.set_num_threads(args.threads)
    embeddings = Embeddings(gpu=False)
    embeddings.load(str(args.index / "index"))
    pointing = Pointing(str(args.reader), gpu=False)

    def ask(question: str) -> str:
        found = [hit["text"] for hit in embeddings.search(question, PASSAGES)]
        return next(filter(None, pointing([question] * len(found), found)), "")

    return ask, os.getpid()
