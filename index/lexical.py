"""BM25 of a large library: the scores of FTS5, from postings kept in arrays.

FTS5 scores each passage that has any word of a question: on a busy machine 0.3 to 0.6 s a question among a million
synthetic passages. Arrays took 57 ms there when a word was new to this generation, 16 ms when all were known.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.moment import Moment
from index.search import asked_words, match_expression
from index.types import Filters, Ids

ARRAYS_FROM = 10_000  # passages; among 4,911 real ones FTS5 took 1.7 ms a question, new arrays 1.3
_K1, _B = 1.2, 0.75  # of FTS5's bm25()
_KEPT = 24_000_000  # postings, 6 bytes each
_LONGEST = np.iinfo(np.uint16).max


@dataclass(frozen=True, slots=True)
class _Postings:
    """The passages that have a term, ascending, and how often; shape (n,)."""

    ids: npt.NDArray[np.int32]
    counts: npt.NDArray[np.uint16]


class Lexical:
    """Finds the best full-text matches of any of some words. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lengths = np.zeros(0, dtype=np.uint16)  # by passage id, which never comes again with another text
        self._postings: OrderedDict[tuple[int, str], _Postings] = OrderedDict()
        self._kept = 0

    def best(
        self, moment: Moment, question: str, limit: int, filters: Filters, allowed: Ids | None
    ) -> list[tuple[int, float]]:
        """(passage id, BM25) of the best `limit` matches of any content word, best first, from arrays or from FTS5.

        allowed: the passages that pass the filters, None for all.
        """
        words = asked_words(question)
        if not words:
            return []
        found = None
        if moment.stats().passages > ARRAYS_FROM:
            found = self.by_arrays(moment, words, limit, allowed)
        return moment.lexical(match_expression(words), filters, limit) if found is None else found

    def by_arrays(
        self, moment: Moment, words: Sequence[str], limit: int, allowed: Ids | None
    ) -> list[tuple[int, float]] | None:
        """(passage id, BM25) of the best `limit`, best first, ties by id; None when a word is not exactly one term."""
        terms = [moment.terms(word) for word in words]
        if any(len(found) != 1 for found in terms):
            return None
        found = [self._of(moment, term) for (term,) in terms]
        ids = np.concatenate([postings.ids for postings in found])
        if not len(ids):
            return []
        passages, tokens = moment.text_size(f'"{words[int(np.argmax([len(p.ids) for p in found]))]}"')
        lengths = self._lengths_upto(moment, int(ids.max()))[ids]
        norm = _K1 * (1 - _B + _B * lengths / (tokens / passages))
        counts = np.concatenate([postings.counts for postings in found])
        weights = np.repeat([_idf(len(p.ids), passages) for p in found], [len(p.ids) for p in found])
        gained = weights * counts * (_K1 + 1) / (counts + norm)
        if allowed is not None:
            within = np.isin(ids, allowed)
            ids, gained = ids[within], gained[within]
        scores = np.bincount(ids, gained)
        most = limit * len(words)  # a passage may be there once for each word
        if len(ids) > most:
            each = scores[ids]
            ids = ids[each >= np.partition(each, -most)[-most]]
        matched = np.unique(ids)
        best = matched[np.lexsort((matched, -scores[matched]))[:limit]]
        return list(zip(best.tolist(), scores[best].tolist(), strict=True))

    def _of(self, moment: Moment, term: str) -> _Postings:
        key = (moment.stats().generation, term)
        with self._lock:
            if key in self._postings:
                self._postings.move_to_end(key)
                return self._postings[key]
        occurrences = moment.occurrences(term)
        firsts = np.flatnonzero(np.diff(occurrences, prepend=-1))
        ids, counts = occurrences[firsts], np.diff(firsts, append=len(occurrences))
        found = _Postings(ids.astype(np.int32), np.minimum(counts, _LONGEST).astype(np.uint16))
        with self._lock:
            if key not in self._postings:
                self._postings[key] = found
                self._kept += len(ids)
            while self._kept > _KEPT and len(self._postings) > 1:
                self._kept -= len(self._postings.popitem(last=False)[1].ids)
        return found

    def _lengths_upto(self, moment: Moment, last: int) -> npt.NDArray[np.uint16]:
        """Tokens of each passage by its id, at least up to `last`."""
        with self._lock:
            known = len(self._lengths)
            if last >= known:
                ids, lengths = moment.text_lengths(known)
                grown = np.zeros(max(last, int(ids.max(initial=0))) + 1, dtype=np.uint16)
                grown[:known] = self._lengths
                grown[ids] = np.minimum(lengths, _LONGEST)
                self._lengths = grown
            return self._lengths


def _idf(having: int, passages: int) -> float:
    """Never negative: a word that most passages have weighs next to nothing."""
    return max(float(np.log((passages - having + 0.5) / (having + 0.5))), 1e-6)
