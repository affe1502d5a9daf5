"""Models a person can predict: vectors that count words, and a reader that points at capitalised words and numbers."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from index.types import Vectors
from rag.reader import Reading

_WORD = re.compile(r"\w+")
_STOP = frozenset("a an the of in on at to is are was were do does did what which who when where how many and".split())


def words(text: str) -> list[str]:
    return [w for w in _WORD.findall(text.lower()) if w not in _STOP]


class WordEmbedder:
    """Each word adds 1 to one of 256 places: texts are near when they share words. A token is a word."""

    name = "words"
    fingerprint = "words-256"
    dimension = 256

    def __init__(self) -> None:
        self.embedded = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in words(text):
                row[zlib.crc32(word.encode()) % self.dimension] += 1
            row[0] += 0.01
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return [len(_WORD.findall(text)) for text in texts]


class CapitalReader:
    """Answers with a capitalised word or number that the question lacks; one logit for each question word around it.

    A word's logit is the number of question words in its sentence; the null logit is 1.5, so an answer needs two.
    """

    name = "capitals"

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        asked = set(words(question))
        return [self._read(asked, headline, text) for headline, text in passages]

    def _read(self, asked: set[str], headline: str, text: str) -> Reading:
        starts, ends, logits, heads = [], [], [], []
        for in_headline, piece in ((True, headline), (False, text)):
            for sentence in re.finditer(r"[^.!?\n]+", piece):
                overlap = len(asked & set(words(sentence[0])))
                for word in _WORD.finditer(piece, sentence.start(), sentence.end()):
                    named = word[0][0].isupper() or word[0][0].isdigit()
                    starts.append(word.start())
                    ends.append(word.end())
                    heads.append(in_headline)
                    logits.append(float(overlap) if named and word[0].lower() not in asked | _STOP else -10.0)
        scores = np.array(logits, dtype=np.float32)
        return Reading(
            start=scores,
            end=scores,
            null=3.0,
            starts=np.array(starts, dtype=np.int64),
            ends=np.array(ends, dtype=np.int64),
            in_headline=np.array(heads, dtype=bool),
        )
