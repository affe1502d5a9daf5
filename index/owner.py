"""Who writes a library: the lock on its folder."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from index.errors import LibraryInUseError, RefusedError


def refuse_if_owned(data: Path) -> None:
    """Raises LibraryInUseError when another process writes the library in `data`."""
    os.close(own(data))


def own(data: Path) -> int:
    """Takes the write lock of a data folder: the file to close to let go of it; it goes with the process.

    Raises LibraryInUseError when another process has it, RefusedError where no folder can be written.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        handle = os.open(data / "LOCK", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise RefusedError(f"{data.name!r} can be no library ({error.strerror}); name a folder to write in") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(handle, 32, 0).decode(errors="replace").strip()
        os.close(handle)
        raise LibraryInUseError(
            f"the library {data.name!r} belongs to running process {owner or 'unknown'};"
            " stop it, or send articles to its HTTP service"
        ) from None
    with suppress(OSError):  # on a full disk the lock holds, though nobody is named
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
    return handle
