"""The arguments of `python -m eval bench …`, and what runs them."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from eval.arguments import count, existing_file
from eval.gold import load
from rag.load import MODEL, open_answerer

_HERE = Path(__file__).parents[1]
_WIDTH = 160  # of tables that go to a file or pipe


def add_commands(bench: argparse.ArgumentParser) -> None:
    """Adds `bench`'s subcommands; each parsed command has `command(args) -> exit code`."""
    commands = bench.add_subparsers(
        required=True, metavar="retrieval | ingest | squad | question | copies | engines | peers | scale"
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data", type=existing_file, required=True, metavar="FILE", help="SQuAD JSON, plain or gzipped"
    )
    shared.add_argument("--seed", type=int, default=0, metavar="N", help="of the sample (default 0)")

    help_retrieval = "does search find a SQuAD question's paragraph among all of them?"
    retrieval = commands.add_parser("retrieval", parents=[shared], help=help_retrieval)
    retrieval.add_argument("--limit", type=count, default=1000, metavar="N", help="questions to sample (default 1000)")
    retrieval.set_defaults(command=_retrieval)

    ingest = commands.add_parser("ingest", parents=[shared], help="how fast are passages added, beside encode alone?")
    ingest.add_argument("--passages", type=count, default=20_000, metavar="N", help="to add (default 20000)")
    ingest.set_defaults(command=_ingest)

    reader = commands.add_parser("squad", parents=[shared], help="EM and F1 of the reader, alone or at the end")
    reader.add_argument("--limit", type=count, metavar="N", help="questions to sample (default: all)")
    reader.add_argument("--model", type=Path, default=MODEL, metavar="DIR", help="another reader")
    reader.add_argument("--threshold", type=float, default=0.0, help="decline at or below this score (default 0)")
    reader.add_argument("--record", action="store_true", help="keep the scores in the reader's recipe.json")
    reader.add_argument("--open", action="store_true", help="ask a library of all paragraphs, no passage given")
    _more_paragraphs(reader)
    reader.set_defaults(command=_squad)

    question = commands.add_parser("question", parents=[shared], help="where the time of one question goes")
    question.add_argument("--limit", type=count, default=200, metavar="N", help="questions to sample (default 200)")
    _more_paragraphs(question)
    question.set_defaults(command=_question)

    newspaper = argparse.ArgumentParser(add_help=False)
    newspaper.add_argument(
        "--articles", type=Path, default=_HERE / "corpus", metavar="PATH", help="default: the sample newspaper"
    )
    newspaper.add_argument(
        "--gold",
        type=existing_file,
        nargs="+",
        default=sorted((_HERE / "gold").glob("*.jsonl")),
        metavar="FILE",
        help="their questions",
    )

    copies = commands.add_parser("copies", parents=[newspaper], help="do edited copies of an article change answers?")
    copies.add_argument("--limit", type=count, metavar="N", help="questions to sample (default: all)")
    copies.add_argument("--seed", type=int, default=0, metavar="N", help="of the sample (default 0)")
    copies.set_defaults(command=_copies)

    help_engines = "both models on OpenVINO and on PyTorch, by turns: speed, agreement"
    engines = commands.add_parser("engines", parents=[newspaper], help=help_engines)
    engines.add_argument("--limit", type=count, default=50, metavar="N", help="questions asked (default 50)")
    engines.add_argument("--threads", type=count, metavar="N", help="for each engine (default: every core)")
    engines.set_defaults(command=_engines)

    peers = commands.add_parser(
        "peers", parents=[shared], help="beside Haystack, txtai and a plain loop: speed, F1, size"
    )
    peers.add_argument(
        "--distractors", type=existing_file, nargs="+", default=[], metavar="FILE", help="more paragraphs"
    )
    peers.add_argument("--limit", type=count, default=300, metavar="N", help="questions to sample (default 300)")
    peers.add_argument("--threads", type=count, default=2, metavar="N", help="and cores, for each (default 2)")
    peers.add_argument(
        "--environments", type=Path, default=Path(".peers"), metavar="DIR", help="of make peers (default .peers)"
    )
    peers.add_argument("--work", type=Path, metavar="DIR", help="keep the indexes here (default: temporary)")
    peers.add_argument("--chart", type=Path, metavar="F", help="write the times as SVG")
    peers.set_defaults(command=_peers)

    scale = commands.add_parser("scale", help="kinds of vector index, from a thousand passages to a million")
    scale.add_argument("--data", type=existing_file, required=True, nargs="+", metavar="FILE", help="SQuAD JSON")
    sizes = [10**power for power in range(3, 7)]
    scale.add_argument("--sizes", type=count, nargs="+", default=sizes, metavar="N", help="default: 10^3 to 10^6")
    scale.add_argument("--real", type=count, default=20_000, metavar="N", help="passages embedded (default 20000)")
    scale.add_argument("--kinds", nargs="+", metavar="KIND", help="of flat, ivf-sq8, ivf-pq, hnsw-sq8 (default: all)")
    scale.add_argument("--chart", type=Path, metavar="F", help="write the search times as SVG")
    scale.set_defaults(command=_scale)


def _more_paragraphs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--distractors", type=existing_file, nargs="+", default=[], metavar="FILE", help="more paragraphs"
    )
    parser.add_argument("--library", type=Path, metavar="DIR", help="keep the library here (default: temporary)")


def _retrieval(args: argparse.Namespace) -> int:
    from eval.bench import retrieval

    with _temporary() as folder:
        return _show(retrieval.table(retrieval.measure(args.data, folder, limit=args.limit, seed=args.seed)))


def _ingest(args: argparse.Namespace) -> int:
    from eval.bench import ingest

    with _temporary() as folder:
        return _show(ingest.table(ingest.measure(args.data, folder, passages=args.passages)))


def _squad(args: argparse.Namespace) -> int:
    from eval.bench import squad

    if not args.open:
        from rag.reader import load_reader

        examples = squad.sampled(args.data, args.limit, args.seed, answerable=False)
        reader = load_reader(args.model)
        found = squad.alone(reader, examples, args.threshold)
        if args.record:
            squad.record(found, reader, args.data, args.model)
        return _show(squad.table(found))
    with _temporary(args.library) as folder:
        answerer = open_answerer(folder, reader=args.model)
        with answerer.library:
            result = squad.end_to_end(answerer, args.data, args.distractors, limit=args.limit, seed=args.seed)
    return _show(squad.table(result))


def _question(args: argparse.Namespace) -> int:
    from eval.bench import question

    with _temporary(args.library) as folder:
        answerer = open_answerer(folder)
        with answerer.library:
            found = question.measure(answerer, [args.data, *args.distractors], limit=args.limit, seed=args.seed)
    return _show(question.table(found))


def _copies(args: argparse.Namespace) -> int:
    from eval.bench import copies

    with _temporary() as folder:
        answerer = open_answerer(folder)
        with answerer.library:
            found = copies.measure(answerer, args.articles, load(args.gold), args.limit, args.seed)
    return _show(copies.table(found, answerer.confidence.threshold))


def _engines(args: argparse.Namespace) -> int:
    from eval.bench import engines

    questions = [question.question for question in load(args.gold)][: args.limit]
    with _temporary() as folder:
        return _show(engines.table(engines.measure(args.articles, questions, folder, threads=args.threads)))


def _peers(args: argparse.Namespace) -> int:
    from eval.bench import peers, peers_report

    with _temporary(args.work) as folder:
        files = [args.data, *args.distractors]
        found = peers.measure(files, folder, args.environments, limit=args.limit, seed=args.seed, threads=args.threads)
    if args.chart:
        args.chart.write_text(peers_report.chart(found.results), encoding="utf-8")
    return _show(peers_report.table(found))


def _scale(args: argparse.Namespace) -> int:
    from eval.bench import sample_vectors, scale
    from index.embed import load_embedder

    unknown = set(args.kinds or ()) - scale.KINDS.keys()
    if unknown:
        raise argparse.ArgumentTypeError(f"--kinds: {min(unknown)!r} is none; choose of {', '.join(scale.KINDS)}")
    known, questions = sample_vectors.real(args.data, load_embedder(), min(args.real, max(args.sizes)))
    with _temporary() as folder:
        vectors = sample_vectors.drawn(known, max(args.sizes), folder / "vectors.npy")
        rows = scale.measure(vectors, questions, folder, sizes=sorted(args.sizes), wanted=args.kinds or [*scale.KINDS])
    if args.chart:
        args.chart.write_text(scale.chart(rows), encoding="utf-8")
    return _show(scale.table(rows, len(known)))


def _show(table: Table) -> int:
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)
    return 0


@contextmanager
def _temporary(kept: Path | None = None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="quoteline-") as folder:
        yield Path(folder)
