"""Argument types for argparse: each returns its value or says what to give instead."""

import argparse
import os
from pathlib import Path


def existing_file(value: str) -> Path:
    """A file that exists."""
    path = Path(value)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {value!r}; name one that exists")
    return path


def new_file(value: str) -> Path:
    """A file that can be written; its folder is made."""
    path = Path(value)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writable = os.access(path if path.exists() else path.parent, os.W_OK) and not path.is_dir()
    except OSError:
        writable = False
    if not writable:
        raise argparse.ArgumentTypeError(f"{value!r} cannot be written; name a file in a folder of yours")
    return path


def existing_folder(value: str) -> Path:
    """A folder that exists."""
    path = Path(value)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {value!r}; name one that exists")
    return path


def count(value: str) -> int:
    """A whole number from 1."""
    if not value.isascii() or not value.isdigit() or int(value) == 0:
        raise argparse.ArgumentTypeError(f"{value!r} is no count; write a whole number from 1")
    return int(value)


def tags(value: str) -> frozenset[str]:
    """T,…: a set of tags."""
    return frozenset(tag.strip() for tag in value.split(",") if tag.strip())


def reason(value: str) -> str:
    """Words that are kept with a baseline."""
    if not value.strip():
        raise argparse.ArgumentTypeError("a reason is empty; say why this run is the one to hold others against")
    return value.strip()


def points(value: str) -> float:
    """Percentage points above 0, as a share."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 < number <= 100:
        raise argparse.ArgumentTypeError(f"{value!r} is no number of points; write one above 0, at most 100")
    return number / 100
