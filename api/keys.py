"""Keys: made at random, kept as SHA-256 in a JSON file, compared in constant time.

A key has 256 random bits, so its plain hash gives nothing away. The file is read again when it changes: a key that is
revoked is refused from the next request on. It also holds a secret that signs links: a browser that follows one sends
no key, and whoever was given the link may read that one article.
"""

import hashlib
import hmac
import json
import logging
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from pathlib import Path

from index.errors import QuotelineError

logger = logging.getLogger(__name__)
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
)


class Scope(IntEnum):
    """What a key may do; each includes those before it. A public key stands in a page that anyone can read."""

    PUBLIC = 1  # ask and give feedback, from its origins alone
    ASK = 2  # read everything
    INGEST = 3  # write articles
    ADMIN = 4  # read feedback


class KeysError(QuotelineError):
    """The keys file, or a wish about it, cannot be used."""

    status = 500
    code = "keys"


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret."""

    name: str
    scope: Scope
    sha256: str
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeysFile:
    """What a keys file holds; `link_secret` is 64 hexadecimal digits, or "" in a file of before there were any."""

    keys: tuple[Key, ...] = ()
    link_secret: str = ""


class Keys:
    """The keys of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int, int] | None = None
        self._file = KeysFile()
        self._load()

    def find(self, token: bytes) -> Key | None:
        """The key with this secret; takes as long whichever it is, and when it is none."""
        digest = hashlib.sha256(token).hexdigest()
        found = None
        for key in self.all():
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found

    def all(self) -> Sequence[Key]:
        """The keys of this moment; while the file is broken, those of the moment before."""
        return self._now().keys

    def sign(self, article_id: str) -> str | None:
        """What opens the article's page to whoever has the link; None as long as the file holds no secret for links."""
        secret = self._now().link_secret
        return hmac.digest(bytes.fromhex(secret), article_id.encode(), "sha256").hex() if secret else None

    def is_signed(self, article_id: str, signature: str) -> bool:
        """Whether `sign` made this signature, for this article."""
        made = self.sign(article_id)
        return made is not None and hmac.compare_digest(made.encode(), signature.encode())

    def _now(self) -> KeysFile:
        try:
            if self._stamp != _stamp(self.path):
                self._load()
        except (KeysError, OSError) as error:
            logger.error("the keys of before stay in use: %s", error)
        return self._file

    def _load(self) -> None:
        stamp = _stamp(self.path)
        self._file = read(self.path)
        self._stamp = stamp


def read(path: Path) -> KeysFile:
    """What a file holds; nothing when there is none. Raises KeysError when it is not what `add` writes."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return KeysFile(
            tuple(
                Key(
                    str(key["name"]),
                    Scope[key["scope"].upper()],
                    _digest(key["sha256"]),
                    tuple(str(origin).lower() for origin in key["origins"]),  # one that is none never matches
                )
                for key in found["keys"]
            ),
            _digest(found["link_secret"]) if "link_secret" in found else "",
        )
    except FileNotFoundError:
        return KeysFile()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise KeysError(
            f"the keys file {path.name!r} cannot be read as keys; make it with python -m api keys add"
        ) from None


def add(path: Path, name: str, scope: Scope, origins: Sequence[str] = ()) -> str:
    """Adds a key and returns its secret, which is kept nowhere; raises KeysError when the name is taken."""
    if (scope is Scope.PUBLIC) != bool(origins):
        raise KeysError("a public key needs --origin, and no other key has one; name the pages it stands in")
    before = read(path)
    if any(key.name == name for key in before.keys):
        raise KeysError(f"there is a key {name!r} already; revoke it first, or choose another name")
    secret = ("pk_" if scope is Scope.PUBLIC else "qk_") + secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    key = Key(name, scope, digest, tuple(map(origin, origins)))
    _write(path, KeysFile((*before.keys, key), before.link_secret or secrets.token_hex(32)))
    return secret


def revoke(path: Path, name: str) -> None:
    """Removes a key; raises KeysError when there is none of that name."""
    before = read(path)
    kept = tuple(key for key in before.keys if key.name != name)
    if len(kept) == len(before.keys):
        raise KeysError(f"there is no key {name!r}; python -m api keys list names those there are")
    _write(path, replace(before, keys=kept))


def origin(text: str) -> str:
    """An origin as browsers write it: `https://example.org`, with a port when it is not the usual one."""
    found = _ORIGIN.fullmatch(text.lower())
    usual = {"http": "80", "https": "443"}
    if found is None or found["port"] == usual[found["scheme"]]:
        raise KeysError(f"{text!r} is no origin; write it as browsers do: https://example.org, xn--… for other letters")
    return text.lower()


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _digest(text: str) -> str:
    if len(bytes.fromhex(text)) != 32:
        raise ValueError("no SHA-256")
    return text


def _write(path: Path, file: KeysFile) -> None:
    rows = [{**asdict(key), "scope": key.scope.name.lower()} for key in file.keys]
    text = json.dumps({"keys": rows, "link_secret": file.link_secret}, indent=2)
    temporary = path.with_name(f"{path.name}.new")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(text)
        temporary.replace(path)
    except OSError as error:
        raise KeysError(f"the keys file {path.name!r} cannot be written ({error.strerror}); name another") from None
