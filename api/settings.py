"""The service's settings: one frozen object, built from argv and environ at the edge."""

import argparse
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


class SettingsError(Exception):
    """A setting that cannot be used; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the library lies, where the service listens, what is ingested before it is ready, and what embeds."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    insecure: bool = False
    ingest: tuple[Path, ...] = ()
    embedder: Path | None = None  # a sentence-transformers model's folder; None is the bundled one

    @classmethod
    def read(cls, argv: Sequence[str], environ: Mapping[str, str]) -> Self:
        """From the command line, with QUOTELINE_DATA, _HOST, _PORT, _INSECURE and _EMBEDDER as defaults.

        Raises SettingsError for a value that cannot be used; argparse prints usage and exits for unknown options.
        """
        parser = argparse.ArgumentParser(prog="python -m api", description="Serve questions over HTTP.")
        parser.add_argument("--data", type=Path, default=Path(environ.get("QUOTELINE_DATA", ".quoteline")))
        parser.add_argument("--host", default=environ.get("QUOTELINE_HOST", "127.0.0.1"))
        parser.add_argument("--port", default=environ.get("QUOTELINE_PORT", "8000"))
        parser.add_argument("--insecure", action="store_true", help="listen beyond this machine without any key")
        parser.add_argument(
            "--ingest", type=Path, nargs="+", action="extend", default=[], metavar="PATH", help="add these files first"
        )
        embedder = environ.get("QUOTELINE_EMBEDDER")
        parser.add_argument("--embedder", type=Path, default=Path(embedder) if embedder else None, metavar="FOLDER")
        args = parser.parse_args(argv)
        insecure = args.insecure or _flag("QUOTELINE_INSECURE", environ)
        if not insecure and not _is_loopback(args.host):
            raise SettingsError(
                f"host {args.host!r} can be reached from other machines, and there are no keys to keep them out; "
                "listen on 127.0.0.1, or say --insecure if that is meant"
            )
        return cls(args.data, args.host, _port(args.port), insecure, tuple(args.ingest), args.embedder)


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
