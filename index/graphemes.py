"""User-perceived characters (Unicode grapheme clusters, UAX #29): places where text may be cut."""

from collections.abc import Container

import regex

_CLUSTER = regex.compile(r"\X")


def boundaries(text: str) -> Container[int]:
    """The offsets, in code points, at which a cut splits no grapheme; 0 and len(text) are among them."""
    if text.isascii() and "\r" not in text:
        return range(len(text) + 1)
    return {0, *(match.end() for match in _CLUSTER.finditer(text))}


def is_boundary(text: str, at: int) -> bool:
    """Whether `at` is among the `boundaries`; two ASCII characters have one between them, unless they are CR LF."""
    around = text[max(0, at - 1) : at + 1]
    return (around.isascii() and around != "\r\n") or at in boundaries(text)


def trim(text: str, start: int, end: int, cuts: Container[int]) -> tuple[int, int]:
    """[start, end) without the white space around it, as far as `cuts` allow."""
    while start < end and text[start].isspace() and start + 1 in cuts:
        start += 1
    while start < end and text[end - 1].isspace() and end - 1 in cuts:
        end -= 1
    return start, end
