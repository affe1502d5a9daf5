"""Command line of the index room: add, remove, list, show, doctor, compact.

Exit 0 when all went well, 1 when some file was refused or something was not found, 2 for wrong usage.
"""

import argparse
import dataclasses
import json
import os
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from index.embed import load_embedder
from index.errors import QuotelineError
from index.ingest import ingest_paths
from index.library import Library
from index.types import Article, Intake, Outcome

_SHOWN = {"added", "changed", "refused"}


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    args = _parser().parse_args(argv)
    console = Console(stderr=args.json, highlight=False, soft_wrap=True, markup=False, emoji=False)
    try:
        embedder = load_embedder(args.embedder)
        with Library.open(args.data, embedder, read_only=args.command in ("list", "show")) as library:
            for reason in library.set_aside:
                console.print(f"vector index set aside and rebuilt: {reason}", style="yellow")
            return int(args.run(args, library, console))
    except QuotelineError as error:
        Console(stderr=True, soft_wrap=True, markup=False, emoji=False).print(str(error), style="red")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m index", description="Articles in, articles out.")
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data", type=Path, default=Path(os.environ.get("QUOTELINE_DATA", ".quoteline")), metavar="DIR"
    )
    common.add_argument("--json", action="store_true", help="one JSON object a line")
    embedder = os.environ.get("QUOTELINE_EMBEDDER")
    common.add_argument("--embedder", type=Path, default=Path(embedder) if embedder else None, metavar="FOLDER")
    add = commands.add_parser("add", parents=[common], help="add or update files and folders of articles")
    add.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    add.set_defaults(run=_add)
    remove = commands.add_parser("remove", parents=[common], help="remove articles by id")
    remove.add_argument("ids", nargs="+", metavar="ID")
    remove.set_defaults(run=_remove)
    commands.add_parser("list", parents=[common], help="every article, by id").set_defaults(run=_list)
    show = commands.add_parser("show", parents=[common], help="one article, and what cleaning removed from it")
    show.add_argument("id", metavar="ID")
    show.set_defaults(run=_show)
    commands.add_parser("doctor", parents=[common], help="check everything").set_defaults(run=_doctor)
    commands.add_parser("compact", parents=[common], help="publish the vector index anew").set_defaults(run=_compact)
    return parser


def _add(args: argparse.Namespace, library: Library, console: Console) -> int:
    counts: Counter[str] = Counter()
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("reading", total=None)
        for outcome in ingest_paths(library, args.paths):
            counts[outcome.status] += 1
            progress.update(task, description=f"{counts.total()} articles, last {outcome.id[:40]}")
            if args.json:
                _line(dataclasses.asdict(outcome))
            elif outcome.status in _SHOWN:
                console.print(_said(outcome))
    summary = {status: counts[status] for status in ("added", "changed", "unchanged", "refused")}
    if args.json:
        _line({"summary": summary, **dataclasses.asdict(library.stats())})
    else:
        stats = library.stats()
        console.print(", ".join(f"{n} {status}" for status, n in summary.items()))
        console.print(f"the library now holds {stats.articles} articles in {stats.passages} passages")
    return 1 if counts["refused"] or not counts else 0


def _said(outcome: Outcome) -> str:
    if outcome.reason:
        return f"{outcome.status:9} {outcome.id}: {outcome.reason}"
    return f"{outcome.status:9} {outcome.id} ({outcome.passages} passages)"


def _remove(args: argparse.Namespace, library: Library, console: Console) -> int:
    removed = library.remove(args.ids)
    for id in dict.fromkeys(args.ids):
        status = "removed" if id in removed else "not found"
        if args.json:
            _line({"id": id, "status": status})
        else:
            console.print(f"{status:9} {id}")
    return 0 if len(removed) == len(set(args.ids)) else 1


def _list(args: argparse.Namespace, library: Library, console: Console) -> int:
    table = Table("id", "published", "source", "language", "title", box=None)
    for article in library.all_articles():
        row = _fields(article)
        if args.json:
            _line({key: value for key, value in row.items() if key != "text"})
        else:
            table.add_row(*(str(row[key] or "") for key in ("id", "published", "source", "language", "title")))
    if not args.json:
        console.print(table)
    return 0


def _show(args: argparse.Namespace, library: Library, console: Console) -> int:
    intake = library.get(args.id)
    if intake is None:
        console.print(f"no article {args.id!r}; `python -m index list` names them", style="red")
        return 1
    if args.json:
        _line(_fields(intake.article) | {"removed": [dataclasses.asdict(r) for r in intake.removed]})
        return 0
    _print_article(intake, console)
    return 0


def _print_article(intake: Intake, console: Console) -> None:
    for key, value in _fields(intake.article).items():
        if key != "text" and value:
            console.print(f"{key}: {value}", style="bold")
    console.print(f"\n{intake.article.text}\n")
    for removed in intake.removed:
        console.print(f"removed ({removed.reason}): {removed.text}", style="dim")


def _doctor(args: argparse.Namespace, library: Library, console: Console) -> int:
    problems = library.check()
    if args.json:
        _line({"problems": problems, **dataclasses.asdict(library.stats())})
    else:
        stats = library.stats()
        console.print(f"{stats.articles} articles, {stats.passages} passages, generation {stats.generation}")
        console.print("\n".join(problems) or "all is well")
    return 1 if problems else 0


def _compact(args: argparse.Namespace, library: Library, console: Console) -> int:
    published = library.compact()
    if args.json:
        _line({"published": published, **dataclasses.asdict(library.stats())})
    elif published:
        console.print(f"published {library.stats().passages} passages")
    else:
        console.print("the vectors could not be written; each start makes them again of the database")
    return 0 if published else 1


def _fields(article: Article) -> dict[str, str | None]:
    published = article.published.isoformat() if article.published else None
    return dataclasses.asdict(article) | {"published": published}


def _line(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
