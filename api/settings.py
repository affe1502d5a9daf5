"""The service's settings: one frozen object, built from argv and environ at the edge."""

import argparse
import ipaddress
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from api import keys

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


class SettingsError(Exception):
    """A setting that cannot be used; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the library lies, where the service listens and to whom, what is ingested before it is ready."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    insecure: bool = False
    ingest: tuple[Path, ...] = ()
    embedder: Path | None = None  # a sentence-transformers model's folder; None is the bundled one
    keys: Path | None = None  # a file that `python -m api keys` writes; None: no key is asked for
    origins: frozenset[str] = frozenset()  # pages that may call, beside those listed with their public key
    rate: float = 20.0  # requests a second a client; 0: no limit
    wait: float = 6.0  # seconds a question may wait for its turn; past that it is refused at once
    deadline: float = 30.0  # seconds a question may take in all
    log_questions: bool = False
    proxies: str = ""  # whose X-Forwarded-For is believed, as uvicorn takes it

    @classmethod
    def read(cls, argv: Sequence[str], environ: Mapping[str, str]) -> Self:
        """From the command line, with QUOTELINE_… as defaults.

        Raises SettingsError for a value that cannot be used; argparse prints usage and exits for unknown options.
        """
        args = _parser(environ).parse_args(argv)
        insecure = args.insecure or _flag("QUOTELINE_INSECURE", environ)
        try:
            keyed = args.keys is not None and bool(keys.read(args.keys).keys)
            origins = frozenset(keys.origin(origin) for origin in args.origin)
        except keys.KeysError as error:
            raise SettingsError(str(error)) from None
        if args.keys is not None and not keyed:
            raise SettingsError(f"the keys file {args.keys.name!r} has no keys; make one with python -m api keys add")
        if not (insecure or keyed or _is_loopback(args.host)):
            raise SettingsError(
                f"host {args.host!r} can be reached from other machines, and there are no keys to keep them out; "
                "make some with python -m api keys, listen on 127.0.0.1, or say --insecure if that is meant"
            )
        return cls(
            data=args.data,
            host=args.host,
            port=_port(args.port),
            insecure=insecure,
            ingest=tuple(args.ingest),
            embedder=args.embedder,
            keys=args.keys,
            origins=origins,
            rate=_number("rate", args.rate),
            wait=_number("wait", args.wait),
            deadline=_number("deadline", args.deadline, zero=False),
            log_questions=args.log_questions or _flag("QUOTELINE_LOG_QUESTIONS", environ),
            proxies=args.proxies,
        )


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    embedder, keys_file = environ.get("QUOTELINE_EMBEDDER"), environ.get("QUOTELINE_KEYS")
    origins = environ.get("QUOTELINE_ORIGINS", "").split()
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve questions over HTTP.", allow_abbrev=False)
    parser.add_argument("--data", type=Path, default=Path(environ.get("QUOTELINE_DATA", ".quoteline")))
    parser.add_argument("--host", default=environ.get("QUOTELINE_HOST", "127.0.0.1"))
    parser.add_argument("--port", default=environ.get("QUOTELINE_PORT", "8000"))
    parser.add_argument("--insecure", action="store_true", help="listen beyond this machine without any key")
    parser.add_argument(
        "--ingest", type=Path, nargs="+", action="extend", default=[], metavar="PATH", help="add these files first"
    )
    parser.add_argument("--embedder", type=Path, default=Path(embedder) if embedder else None, metavar="FOLDER")
    parser.add_argument(
        "--keys", type=Path, default=Path(keys_file) if keys_file else None, metavar="FILE", help="ask for keys"
    )
    parser.add_argument(
        "--origin", action="extend", nargs="+", default=origins, metavar="URL", help="pages that may call"
    )
    parser.add_argument("--rate", default=environ.get("QUOTELINE_RATE", "20"), help="requests a second a client")
    parser.add_argument("--wait", default=environ.get("QUOTELINE_WAIT", "6"), help="seconds a question may wait")
    parser.add_argument("--deadline", default=environ.get("QUOTELINE_DEADLINE", "30"), help="seconds it may take")
    parser.add_argument("--log-questions", action="store_true", help="write each question to the log")
    parser.add_argument("--proxies", default=environ.get("QUOTELINE_PROXIES", ""), help="addresses of trusted proxies")
    return parser


def _number(name: str, value: str, *, zero: bool = True) -> float:
    """A number above 0, or 0 where that means something; what is no number, NaN or infinite is refused."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (0 < number < math.inf or (zero and number == 0)):
        raise SettingsError(f"{name} is {value!r}; give a number {'of at least' if zero else 'above'} 0")
    return number


def _flag(name: str, environ: Mapping[str, str]) -> bool:
    value = environ.get(name, "").lower()
    if value not in _TRUE | _FALSE:
        raise SettingsError(f"{name} is {value!r}; set it to 1 or 0")
    return value in _TRUE


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 5 and int(value) <= 65535):
        raise SettingsError(f"port {value!r} is no port; choose one of 1 to 65535, or 0 for any free one")
    return int(value)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
