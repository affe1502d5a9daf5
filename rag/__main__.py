"""Asks one question on the command line: python -m rag "Who …?" [--data DIR] [--json]

Exit 0 when answered, 3 when there is no answer, 1 on an error, 2 for wrong usage.
"""

import argparse
import dataclasses
import json
import os
import sys
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.text import Text

from index.errors import QuotelineError
from rag.load import open_answerer
from rag.types import Answer, Citation, Quote

_REASONS = {
    "low_confidence": "The articles come near, but none of their words answers it surely enough.",
    "no_relevant_passage": "No article is about this.",
    "filters_match_nothing": "No article passes the filters.",
    "empty_index": "There are no articles yet: python -m index add PATH",
}


def main(argv: list[str] | None = None) -> int:
    """Asks; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m rag", description="Answers a question with the articles' words.")
    parser.add_argument("question")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("QUOTELINE_DATA", ".quoteline")), metavar="DIR"
    )
    parser.add_argument("--top-k", type=int, choices=range(1, 11), default=3, metavar="1..10", help="answers at most")
    parser.add_argument("--json", action="store_true", help="the whole answer as JSON")
    embedder = os.environ.get("QUOTELINE_EMBEDDER")
    parser.add_argument("--embedder", type=Path, default=Path(embedder) if embedder else None, metavar="FOLDER")
    args = parser.parse_args(argv)
    console = Console(highlight=False)
    try:
        answerer = open_answerer(args.data, read_only=True, embedder=args.embedder)
        with answerer.library:
            answer = answerer.ask(args.question, top_k=args.top_k)
    except QuotelineError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False)
        return 1
    if args.json:
        sys.stdout.write(json.dumps(dataclasses.asdict(answer), ensure_ascii=False, default=_plain, indent=1) + "\n")
    else:
        _print(answer, console)
    return 0 if answer.status == "answered" else 3


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _print(answer: Answer, console: Console) -> None:
    if answer.corrected_question is not None:
        console.print(Text(f"Read as: {answer.corrected_question}\n", style="dim"))
    if answer.best is not None:
        _print_quote(answer.best, console)
        for quote in answer.alternatives:
            console.print("\nor", style="dim")
            _print_quote(quote, console)
    elif answer.reason is not None:
        console.print(f"I don't know. {_REASONS[answer.reason]}", style="bold")
        for citation in answer.see_also:
            console.print()
            _print_citation(citation, console)


def _print_quote(quote: Quote, console: Console) -> None:
    console.print(Text.assemble((quote.text, "bold green"), f"   confidence {quote.confidence:.2f}"))
    for citation in quote.citations:
        _print_citation(citation, console)


def _print_citation(citation: Citation, console: Console) -> None:
    sentence = Text.assemble(citation.prefix, (citation.exact, "reverse"), citation.suffix)
    console.print(Text("  ") + Text(" ").join(sentence.split("\n")))
    article = citation.article
    when = article.published.isoformat() if article.published else "undated"
    about = [article.title or article.id, article.source, when, f"{article.id}[{citation.start}:{citation.end}]"]
    console.print(Text("  — " + " · ".join(part for part in about if part), style="dim"), soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
