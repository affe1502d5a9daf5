"""Measures answer quality and speed, and guards it.

    python -m eval run [--articles DIR | --data DIR | --url URL] [--baseline auto|PATH|none] [--html F] …
    python -m eval compare A B          two run files of `run --json`
    python -m eval bless RUN -m WHY     a run becomes the baseline
    python -m eval explain ID           everything that led to one answer
    python -m eval aa                   the same twice: no answer may differ
    python -m eval promote              readers' thumbs-down become candidate questions
    python -m eval gold check | fmt | import | export | stats
    python -m eval bench retrieval | ingest | squad | question | engines | peers | scale

Exit codes: 0 pass, 1 gate failed, 2 usage, 3 gold invalid or stale, 4 run incomplete (an error, or no question
selected), 5 baseline missing or not comparable.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from rich.markup import escape

from eval import commands, goldcare
from eval.arguments import existing_file, existing_folder, new_file, points, reason, tags
from eval.bench.cli import add_commands
from eval.commands import Reports, err, out
from eval.compare import MIN_EFFECT
from eval.gold import GoldError
from eval.opening import Target
from index.errors import QuotelineError

_HERE = Path(__file__).parent
_CACHE = Path(".quoteline") / "eval-cache"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        code: int = args.command(args)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    except GoldError as error:
        for problem in error.problems:
            out.print(escape(str(problem)), soft_wrap=True)
        return 3
    except QuotelineError as error:
        err.print(escape(str(error)), soft_wrap=True)
        return 4
    return code


def _run(args: argparse.Namespace) -> int:
    named: dict[str, Literal["auto"] | None] = {"auto": "auto", "none": None}
    baseline = named.get(args.baseline, Path(args.baseline))
    return commands.run_gate(_target(args), args.gold, args.tags, baseline, _reports(args), args.min_effect)


def _target(args: argparse.Namespace) -> Target:
    if args.url and (args.data or args.articles):
        raise argparse.ArgumentTypeError("--url asks a service with its own articles; leave --data and --articles out")
    if args.data and not args.articles and not args.data.is_dir():
        raise argparse.ArgumentTypeError(
            f"--data: there is no library {str(args.data)!r}; name one, or --articles to make it of"
        )
    cache = None if args.no_cache else args.cache
    return Target(args.articles, args.data, args.url, args.key, args.embedder, args.reader, cache)


def _reports(args: argparse.Namespace) -> Reports:
    return Reports(args.json, args.junit, args.md, args.html, args.annotations, args.only_failed)


def _promote(args: argparse.Namespace) -> int:
    if bool(args.url) == bool(args.file):
        raise argparse.ArgumentTypeError("promote reads either --url or --from; name one of them")
    return goldcare.promote_feedback(args.file, args.url, args.key, args.into or args.gold[-1], args.gold)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m eval", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    verbs = parser.add_subparsers(
        required=True, metavar="run | compare | bless | explain | aa | promote | gold | bench"
    )

    run = verbs.add_parser("run", help="ask the gold questions, score the answers, hold them against the baseline")
    _add_gold(run)
    _add_target(run)
    _add_tags(run)
    run.add_argument(
        "--baseline", default="auto", metavar="auto|PATH|none", help="default: auto, baselines/NAME.json beside gold/"
    )
    _add_reports(run)
    run.add_argument("--json", type=new_file, metavar="F", help="write the run: every outcome, for compare and bless")
    run.set_defaults(command=_run)

    compare = verbs.add_parser("compare", help="hold one run against another")
    compare.add_argument("before", type=Path, metavar="A")
    compare.add_argument("after", type=Path, metavar="B")
    _add_reports(compare)
    compare.set_defaults(
        json=None, command=lambda a: commands.compare_runs(a.before, a.after, _reports(a), a.min_effect)
    )

    bless = verbs.add_parser("bless", help="make a run the baseline; it then covers exactly what ran")
    bless.add_argument("run", type=Path, metavar="RUN", help="a file of run --json")
    bless.add_argument("-m", dest="why", type=reason, required=True, metavar="WHY", help="the reason, kept with it")
    bless.add_argument("--baseline", type=Path, metavar="PATH", help="default: baselines/NAME.json beside gold/")
    bless.set_defaults(command=lambda a: commands.bless(a.run, a.why, a.baseline))

    explain = verbs.add_parser("explain", help="everything that led to one answer")
    explain.add_argument("id", metavar="ID")
    _add_gold(explain)
    _add_target(explain)
    explain.set_defaults(command=lambda a: commands.explain_one(_target(a), a.gold, a.id))

    aa = verbs.add_parser("aa", help="run twice with other batch sizes, threads and order; no answer may differ")
    _add_gold(aa)
    _add_target(aa)
    _add_tags(aa)
    aa.set_defaults(command=lambda a: commands.against_itself(_target(a), a.gold, a.tags))

    promote = verbs.add_parser("promote", help="make candidate questions of readers' thumbs-down")
    _add_gold(promote)
    _add_service(promote)
    promote.add_argument(
        "--from", dest="file", type=existing_file, metavar="FILE", help="feedback in a file instead of --url"
    )
    promote.add_argument("--into", type=Path, metavar="FILE", help="gold file to add to (default: the last --gold)")
    promote.set_defaults(command=_promote)

    _add_gold_verbs(verbs.add_parser("gold", help="look after the gold questions"))
    add_commands(verbs.add_parser("bench", help="measure a part alone"))
    return parser


def _add_gold_verbs(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="check | fmt | import | export | stats")
    check = verbs.add_parser("check", help="is every line valid, and its evidence in its article?")
    _add_gold(check)
    check.add_argument("--articles", type=existing_folder, metavar="DIR", help="default: eval/corpus")
    check.set_defaults(command=lambda a: goldcare.gold_check(a.gold, a.articles))
    fmt = verbs.add_parser("fmt", help="write the lines in canonical form")
    _add_gold(fmt)
    fmt.add_argument("--check", action="store_true", help="only say which files are not")
    fmt.set_defaults(command=lambda a: goldcare.gold_fmt(a.gold, check_only=a.check))
    read = verbs.add_parser("import", help="make gold and articles of SQuAD JSON")
    read.add_argument("squad", type=existing_file, metavar="SQUAD")
    read.add_argument("folder", type=Path, metavar="DIR", help="to write gold.jsonl and articles/ into")
    read.set_defaults(command=lambda a: goldcare.gold_import(a.squad, a.folder))
    export = verbs.add_parser("export", help="write the active questions as SQuAD 2.0 JSON")
    _add_gold(export)
    export.add_argument("--articles", type=existing_folder, metavar="DIR", help="default: eval/corpus")
    export.add_argument("to", type=Path, metavar="FILE")
    export.set_defaults(command=lambda a: goldcare.gold_export(a.gold, a.articles, a.to))
    stats = verbs.add_parser("stats", help="how many there are of what, and what so many can show")
    _add_gold(stats)
    stats.set_defaults(command=lambda a: goldcare.gold_stats(a.gold))


def _add_gold(parser: argparse.ArgumentParser) -> None:
    gold = [_below(path) for path in sorted((_HERE / "gold").glob("*.jsonl"))]
    parser.add_argument(
        "--gold", type=existing_file, nargs="+", default=gold, metavar="FILE", help="default: eval/gold/*.jsonl"
    )


def _add_service(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", metavar="URL", help="a running service")
    key = os.environ.get("QUOTELINE_KEY")
    parser.add_argument("--key", default=key, metavar="KEY", help="its key (default: $QUOTELINE_KEY)")


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--articles", type=existing_folder, metavar="DIR", help="files to ask (default: eval/corpus)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a library to ask; --articles are added to it")
    _add_service(parser)
    parser.add_argument("--embedder", type=existing_folder, metavar="FOLDER", help="another embedding model")
    parser.add_argument("--reader", type=existing_folder, metavar="FOLDER", help="another reader, with its calibration")
    parser.add_argument("--cache", type=Path, default=_CACHE, metavar="DIR", help=f"default: {_CACHE}")
    parser.add_argument("--no-cache", action="store_true", help="compute everything, and so measure the latency of all")


def _add_tags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tags", type=tags, default=frozenset(), help="ask only questions with one of these tags: T,…")


def _add_reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--junit", type=new_file, metavar="F", help="write JUnit XML")
    parser.add_argument("--md", type=new_file, metavar="F", help="write Markdown for a pull-request comment")
    parser.add_argument("--html", type=new_file, metavar="F", help="write the whole report as one offline page")
    parser.add_argument("--annotations", choices=["github"], help="print workflow commands at the gold lines")
    parser.add_argument("--only-failed", action="store_true", help="print the failures without the scores")
    parser.add_argument(
        "--min-effect", type=points, default=MIN_EFFECT, metavar="POINTS", help="smallest drop that fails (default 2)"
    )


def _below(path: Path) -> Path:
    """The path as it is written from here, where it lies below: so annotations and run files name no machine."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
