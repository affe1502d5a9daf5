"""Plain text: the words as they stand."""

from index.formats.draft import Draft


def read(text: str) -> Draft:
    """The whole text; whether its first line is a headline is decided once it is clean."""
    return Draft(text, headline_first=True)
