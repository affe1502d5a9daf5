"""Argument types for argparse: each returns its value or says what to give instead."""

import argparse
from pathlib import Path


def existing_file(value: str) -> Path:
    """A file that exists."""
    path = Path(value)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {value!r}; name one that exists")
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
