"""`python -m api keys add NAME --scope SCOPE [--origin URL…] | list | revoke NAME   --keys FILE`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from api import keys


def keys_command(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Changes or lists the keys file, prints a new key once (it is kept nowhere); 1 with a sentence when it cannot."""
    path = environ.get("QUOTELINE_KEYS")
    parser = argparse.ArgumentParser(prog="python -m api keys", description="Make, list and revoke keys.")
    parser.add_argument("--keys", type=Path, default=Path(path) if path else None, required=not path, metavar="FILE")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="make a key and print it")
    add.add_argument("name")
    add.add_argument("--scope", choices=[scope.name.lower() for scope in keys.Scope], required=True)
    add.add_argument("--origin", nargs="+", default=[], metavar="URL", help="the pages a public key stands in")
    commands.add_parser("list", help="names, scopes and origins")
    commands.add_parser("revoke", help="make a key invalid at once").add_argument("name")
    args = parser.parse_args(argv)
    try:
        match args.command:
            case "add":
                print(keys.add(args.keys, args.name, keys.Scope[args.scope.upper()], args.origin))
            case "revoke":
                keys.revoke(args.keys, args.name)
            case _:
                for key in keys.read(args.keys).keys:
                    print(key.name, key.scope.name.lower(), *key.origins, sep="\t")
    except keys.KeysError as error:
        print(f"quoteline: {error}", file=sys.stderr)
        return 1
    return 0
