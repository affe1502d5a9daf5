"""Measures answer quality and speed.

    python -m eval run [--gold FILE…] [--articles DIR] [--data DIR] [--tags T,…] [--json F] [--only-failed]
    python -m eval gold check [--gold FILE…] [--articles DIR]
    python -m eval bench retrieval --data FILE [--limit N] [--seed N]
    python -m eval bench ingest --data FILE [--passages N]
    python -m eval bench squad --data FILE [--limit N] [--open]
    python -m eval bench engines [--articles PATH] [--gold FILE…] [--limit N] [--threads N]

Exit codes: 0 pass, 1 gate failed (an invalid citation), 2 usage, 3 gold invalid or stale, 4 run incomplete.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from eval.arguments import existing_file, existing_folder
from eval.bench.cli import add_commands
from eval.gold import Checked, Gold, GoldError, check, load
from index.errors import QuotelineError
from index.ingest import ingest_paths, read_paths
from index.library import Library
from index.types import Intake, Outcome
from rag.answer import Answerer
from rag.load import open_answerer

_HERE = Path(__file__).parent
_CORPUS = _HERE / "corpus"
_WIDTH = 160  # of tables that go to a file or pipe

out = Console(width=None if sys.stdout.isatty() else _WIDTH)
err = Console(stderr=True, width=None if sys.stderr.isatty() else _WIDTH)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.command is _run and args.data and not args.articles and not args.data.is_dir():
        parser.error(f"--data: there is no library {str(args.data)!r}; name one, or --articles to make it of")
    try:
        code: int = args.command(args)
    except GoldError as error:
        for problem in error.problems:
            out.print(escape(str(problem)), soft_wrap=True)
        return 3
    except QuotelineError as error:
        err.print(escape(str(error)), soft_wrap=True)
        return 4
    return code


def _run(args: argparse.Namespace) -> int:
    from eval.report import print_failures, print_scores, to_json
    from eval.run import run

    questions = _selected(load(args.gold), args.tags)
    if not questions:
        err.print("no active question is selected; name other --gold files or --tags")
        return 4
    with _opened(args.articles, args.data) as answerer, Progress(console=err, transient=True) as progress:
        if stale := _stale(check(questions, _texts(answerer.library))):
            return stale
        task = progress.add_task("asking", total=len(questions))
        report = run(answerer, questions, lambda _: progress.advance(task))
    if args.json:
        args.json.write_text(json.dumps(to_json(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if not args.only_failed:
        print_scores(report.scores, out)
    print_failures(report.outcomes, out)
    return report.exit_code


def _gold_check(args: argparse.Namespace) -> int:
    questions = load(args.gold)
    texts = {}
    for item in read_paths([args.articles or _CORPUS]):
        if isinstance(item, Intake):
            texts[item.article.id] = item.article.text
        else:
            _refused(item)
    code = _stale(check(questions, texts))
    if not code:
        out.print(f"{len(questions)} questions, each with its evidence in {len(texts)} articles")
    return code


def _selected(questions: Sequence[Gold], tags: frozenset[str]) -> list[Gold]:
    return [gold for gold in questions if gold.status == "active" and (not tags or tags & set(gold.tags))]


def _stale(checked: Sequence[Checked]) -> int:
    problems = [one.problem for one in checked if one.problem]
    for problem in problems:
        out.print(escape(str(problem)), soft_wrap=True)
    return 3 if problems else 0


@contextmanager
def _opened(articles: Path | None, data: Path | None) -> Iterator[Answerer]:
    """The library in `data` with `articles` added; without `data`, the articles alone in a temporary one."""
    with _temporary() as folder:
        answerer = open_answerer(data or folder)
        with answerer.library as library:
            if articles or not data:
                with err.status("adding articles"):
                    for outcome in ingest_paths(library, [articles or _CORPUS]):
                        _refused(outcome)
            yield answerer


def _refused(outcome: Outcome) -> None:
    if outcome.status == "refused":
        err.print(escape(f"{outcome.id} is refused: {outcome.reason}"), soft_wrap=True)


@contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="quoteline-eval-") as folder:
        yield Path(folder)


def _texts(library: Library) -> dict[str, str]:
    texts: dict[str, str] = {}
    while page := library.articles(after=max(texts, default=None), limit=500):
        texts |= {article.id: article.text for article in page}
    return texts


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m eval", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="run | gold | bench")

    run = commands.add_parser("run", help="ask the gold questions and score the answers")
    _add_gold(run)
    run.add_argument(
        "--data", type=Path, metavar="DIR", help="a library to ask; --articles are added to it (default: temporary)"
    )
    run.add_argument("--tags", type=_tags, default=frozenset(), help="ask only questions with one of these tags: T,…")
    run.add_argument("--json", type=Path, metavar="F", help="write the scores and every outcome to this file")
    run.add_argument("--only-failed", action="store_true", help="print the failures without the scores")
    run.set_defaults(command=_run)

    gold = commands.add_parser("gold", help="look after the gold questions").add_subparsers(
        required=True, metavar="check"
    )
    gold_check = gold.add_parser("check", help="is every line valid, and its evidence in its article?")
    _add_gold(gold_check)
    gold_check.set_defaults(command=_gold_check)

    add_commands(commands.add_parser("bench", help="measure a part alone"))
    return parser


def _add_gold(parser: argparse.ArgumentParser) -> None:
    gold = sorted((_HERE / "gold").glob("*.jsonl"))
    parser.add_argument(
        "--gold", type=existing_file, nargs="+", default=gold, metavar="FILE", help="default: eval/gold/*.jsonl"
    )
    parser.add_argument("--articles", type=existing_folder, metavar="DIR", help="files to ask (default: eval/corpus)")


def _tags(value: str) -> frozenset[str]:
    return frozenset(tag.strip() for tag in value.split(",") if tag.strip())


if __name__ == "__main__":
    sys.exit(main())
