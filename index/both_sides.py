"""Search by both sides, vectors and full text, and which of the passages found are copies of others."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Literal

import numpy as np

from index.copies import copies
from index.lexical import Lexical
from index.moment import Moment
from index.search import fuse
from index.types import Article, Filters, Found, Hit
from index.vectors import VectorIndex

Mode = Literal["hybrid", "dense", "lexical"]
_CANDIDATES = 50  # listed by each side before fusion
_PASSES = 3  # again where there are copies: they take no place, and make no word of their original any commoner


class BothSides:
    """The vector index and the full text of a library, as one search. Thread-safe."""

    def __init__(self, vectors: VectorIndex) -> None:
        self._vectors = vectors
        self._lexical = Lexical()

    def search(
        self, moment: Moment, query: str, vector: np.ndarray, k: int, filters: Filters, mode: Mode, reach: float
    ) -> Found:
        """The k best passages for the query, whose embedding has shape (dimension,), beside their copies."""
        stats, matching = moment.stats(), moment.count(filters)
        if not matching:
            return Found(stats, matching)
        allowed = None if filters == Filters() else moment.passage_ids(filters)
        copied: dict[int, Article] = {}
        hits: list[Hit] = []
        for _ in range(_PASSES):
            depth = max(k, _CANDIDATES) + len(copied)
            dense = dict(self._vectors.search(vector, depth, allowed)) if mode != "lexical" else {}
            lexical: dict[int, float] = {}
            if mode != "dense":
                matches = self._lexical.matches(moment, query, allowed, _repeated(moment, hits, copied))
                listed = matches.best(depth)
                if mode == "hybrid":  # each candidate is weighed by both sides, whichever of them listed it
                    dense |= _cosines(moment, vector, [id for id in listed if id not in dense])
                    listed = list(dense)
                lexical = {id: share for id in listed if (share := matches.share(id))}
            ranked = fuse(dense, lexical)
            scores = {id: score for id, score in ranked if score > ranked[0][1] - reach}
            found = moment.passages(list(scores), depth)  # however few are asked for, for their copies
            hits = [Hit(p, a, scores[p.id], dense.get(p.id), lexical.get(p.id)) for p, a in found]
            known, copied = copied, copies(hits)
            if copied.keys() == known.keys():
                break
        marked = [replace(hit, copy_of=copied.get(hit.passage.id)) for hit in hits]
        places = list(accumulate(hit.copy_of is None for hit in marked))
        return Found(stats, matching, tuple(hit for hit, place in zip(marked, places, strict=True) if place <= k))

    def unknown(self, moment: Moment, text: str, copied: Collection[int]) -> set[str]:
        """The text's stems that stand in no passage, those `copied` aside."""
        return {term for term in moment.terms(text) if not self._lexical.stands(moment, term, copied)}


def _repeated(moment: Moment, hits: Sequence[Hit], copied: Collection[int]) -> set[int]:
    """Ids of the copies, and of all passages of articles of which every hit is one."""
    articles = {hit.article.id for hit in hits} - {hit.article.id for hit in hits if hit.passage.id not in copied}
    others = moment.passage_ids(Filters(article=tuple(articles))).tolist() if articles else ()
    return {*copied, *others}


def _cosines(moment: Moment, vector: np.ndarray, ids: Sequence[int]) -> dict[int, float]:
    vectors = moment.embeddings(ids, len(vector)).astype(np.float64)
    cosines = vectors @ vector.astype(np.float64)
    return {id: round(float(cosine), 6) for id, cosine in zip(ids, cosines, strict=True)}
