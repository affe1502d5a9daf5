"""Question, headline and passage as one token sequence, the same in training and at run time.

    [CLS] question [SEP] headline [SEP] passage [SEP]        (no headline: [CLS] question [SEP] passage [SEP])

Token offsets are code points of the piece they come from; `part` says which piece that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from index.errors import ModelMismatchError

QUESTION, HEADLINE, PASSAGE, SPECIAL = 0, 1, 2, 3
MAX_QUESTION = 64
MAX_HEADLINE = 48

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text's token ids with their code point offsets, shape (n,) each."""

    ids: Ints
    starts: Ints
    ends: Ints

    def __getitem__(self, part: slice) -> "Tokens":
        return Tokens(self.ids[part], self.starts[part], self.ends[part])

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A reader input: ids, type_ids, part, starts and ends, shape (n,) each."""

    ids: Ints
    type_ids: Ints
    part: Ints
    starts: Ints
    ends: Ints

    def __len__(self) -> int:
        return len(self.ids)


class Assembler:
    """Questions and passages as reader inputs. A passage is tokenised when it is first read, not at every question."""

    LIMIT = 512  # tokens of one input: question, headline and passage
    KEPT = 4096  # texts whose tokens are remembered: about 15 MB of passages

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokens = lru_cache(self.KEPT)(lambda text: tokenize(tokenizer, [text])[0])

    def __call__(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Encoded]:
        """One input for each (headline, text), in order."""
        asked = self._tokens(question)
        pairs = ((self._tokens(headline), self._tokens(text)) for headline, text in passages)
        return [assemble(self._tokenizer, asked, headline, text, self.LIMIT) for headline, text in pairs]


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of `tokenizer.json`, with its own truncation and padding switched off."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def tokenize(tokenizer: Tokenizer, texts: list[str]) -> list[Tokens]:
    """Tokenises each text by itself, without special tokens."""
    result = []
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        result.append(Tokens(np.asarray(encoding.ids, dtype=np.int64), offsets[:, 0], offsets[:, 1]))
    return result


def assemble(tokenizer: Tokenizer, question: Tokens, headline: Tokens | None, passage: Tokens, limit: int) -> Encoded:
    """Joins the pieces into one input of at most `limit` tokens; the passage's end is what is cut."""
    cls, sep = _special(tokenizer, "[CLS]"), _special(tokenizer, "[SEP]")
    pieces = [(QUESTION, question[:MAX_QUESTION])]
    if headline is not None and len(headline):
        pieces.append((HEADLINE, headline[:MAX_HEADLINE]))
    used = 2 + sum(len(piece) + 1 for _, piece in pieces)
    pieces.append((PASSAGE, passage[: max(0, limit - used)]))
    size = 1 + sum(len(piece) + 1 for _, piece in pieces)
    ids = np.full(size, sep, dtype=np.int64)
    ids[0] = cls
    part = np.full(size, SPECIAL, dtype=np.int64)
    type_ids, starts, ends = (np.zeros(size, dtype=np.int64) for _ in range(3))
    at = 1
    for kind, piece in pieces:
        after = at + len(piece)
        ids[at:after], starts[at:after], ends[at:after] = piece.ids, piece.starts, piece.ends
        part[at:after] = kind
        type_ids[at : after + 1] = kind != QUESTION
        at = after + 1
    return Encoded(ids, type_ids, part, starts, ends)


def _special(tokenizer: Tokenizer, token: str) -> int:
    number = tokenizer.token_to_id(token)
    if number is None:
        raise ModelMismatchError(f"the reader's tokenizer has no {token} token; use a BERT-style tokenizer")
    return number
