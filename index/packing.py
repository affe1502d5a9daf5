"""Neighbouring pieces of text joined up to a budget, by langchain-text-splitters.

(Its `add_start_index` is wrong when length is not counted in characters: whoever needs offsets adds up lengths.)
"""

from collections.abc import Mapping

from langchain_text_splitters import TextSplitter


class Packer(TextSplitter):
    """Nothing is stripped, so chunks concatenate to their text. `measured` gives the size of each piece."""

    def __init__(self, budget: int, measured: Mapping[str, int]) -> None:
        super().__init__(
            chunk_size=budget,
            chunk_overlap=0,
            length_function=lambda piece: measured[piece] if piece else 0,
            keep_separator=True,
            strip_whitespace=False,
        )

    def pack(self, pieces: list[str]) -> list[str]:
        """The pieces, joined where they fit into one chunk."""
        return self._merge_splits(pieces, "")

    def split_text(self, text: str) -> list[str]:
        """See TextSplitter."""
        return self.pack([text])
