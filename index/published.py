"""The files of a vector index: an immutable published generation, and a manifest that vouches for it.

INDEX/gen-<seq>.faiss     an index, never changed once published
INDEX/MANIFEST.json       seq, sha256, count, trained, dimension, fingerprint; written last
"""

import hashlib
import json
import logging
import os
from pathlib import Path

import faiss

logger = logging.getLogger(__name__)

MANIFEST = "MANIFEST.json"


class Published:
    """What is on disk; whatever does not match its manifest is set aside, and `set_aside` says why."""

    def __init__(self, folder: Path, dimension: int, fingerprint: str, *, read_only: bool) -> None:
        self._folder = folder
        self._dimension = dimension
        self._fingerprint = fingerprint
        self._read_only = read_only
        self._seq = 0
        self._failed = False
        self.set_aside: list[str] = []

    @property
    def kept(self) -> bool:
        """Whether the last generation that was read or to be written is on disk."""
        return self._seq > 0 and not self._failed

    def read(self) -> tuple[faiss.Index, int] | None:
        """The published index and `trained`, or None when there is none or it is not exactly what was published."""
        path = self._folder / MANIFEST
        try:
            manifest = json.loads(path.read_bytes())
            self._seq = int(manifest["seq"])
            file = self._folder / f"gen-{self._seq}.faiss"
            if _sha256(file) != manifest["sha256"]:
                raise ValueError(f"{file.name} does not have the published sha256")
            if (manifest["dimension"], manifest["fingerprint"]) != (self._dimension, self._fingerprint):
                raise ValueError(f"{file.name} is of another model")
            base, trained = faiss.read_index(str(file)), int(manifest.get("trained", manifest["count"]))
            if (base.ntotal, base.d) != (manifest["count"], self._dimension):
                raise ValueError(f"{file.name} does not hold what its manifest says")
        except FileNotFoundError as error:
            if Path(error.filename) != path:
                self.put_aside(f"{Path(error.filename).name} is missing")
            return None
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            self.put_aside(str(error))
            return None
        return base, trained

    def put_aside(self, reason: str) -> None:
        """Keeps the files out of use, under another name."""
        self.set_aside.append(reason)
        if not self._read_only:
            for file in self._folder.glob("gen-*.faiss"):
                file.replace(file.with_suffix(".damaged"))

    def write(self, base: faiss.Index, trained: int) -> None:
        """Index file, fsync, rename, folder fsync, manifest last; then older files go. Nothing when `read_only`.

        What cannot be written is told to the log, and by `kept`: the generation before stands, and the database knows
        the rest.
        """
        self._failed = True
        if self._read_only:
            return
        try:
            self._publish(base, trained)
            self._failed = False
        except (OSError, RuntimeError) as error:  # FAISS knows no other
            for file in self._folder.glob("*.tmp"):
                file.unlink()
            reason = error.strerror if isinstance(error, OSError) else str(error).rpartition(": ")[2]
            logger.warning("the vector index could not be written (%s); it will be, from the database", reason)

    def _publish(self, base: faiss.Index, trained: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        seq = self._seq + 1
        name = f"gen-{seq}.faiss"
        temporary = (self._folder / name).with_suffix(".tmp")
        faiss.write_index(base, str(temporary))
        manifest = {
            "seq": seq,
            "sha256": _sha256(temporary),
            "count": base.ntotal,
            "trained": trained,
            "dimension": self._dimension,
            "fingerprint": self._fingerprint,
        }
        _settle(temporary, self._folder / name)
        manifest_file = (self._folder / MANIFEST).with_suffix(".tmp")
        manifest_file.write_text(json.dumps(manifest))
        _settle(manifest_file, self._folder / MANIFEST)
        self._seq = seq
        for file in self._folder.glob("gen-*.faiss"):
            if file.name != name:
                file.unlink(missing_ok=True)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _settle(temporary: Path, path: Path) -> None:
    """Makes a written file durable under its name."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
