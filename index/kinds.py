"""The kinds of FAISS index, chosen by size: exact for a small library, inverted lists of 8-bit codes for a large one.

`python -m eval bench scale` measures every kind at every size. What an inverted index finds is approximate and its
scores are those of the codes: whoever searches it asks for MORE times as many as are wanted, and scores them again.
"""

import math
from collections.abc import Callable

import faiss
import numpy as np

from index.types import Ids, Vectors

Load = Callable[[Ids], Vectors]  # passage ids -> stored embeddings, shape (n, dimension); a row of NaN where none is

EXACT_UNTIL = 16_384  # passages; lists are faster from some 3,000 on, but so long exactness costs 3 ms at most
PROBES = 128  # lists read for one question, or more: recall@10 .994 of a million, where 64 had .985 and 32 .971
CODES = 32_768  # read for one question, or more, as far as there are any: 3 ms
MORE = 2  # candidates for each result: enough for the best by exact product to be among them
_SAMPLE = 48  # vectors a list that its centroid is learned from
_ROUNDS = 10  # of k-means
_SLICE = 65_536  # vectors loaded and added at once
_SEED = 1234


def flat(ids: Ids, vectors: Vectors, dimension: int) -> faiss.Index:
    """Every vector as it is: search is exact and reads all of them."""
    index = faiss.IndexIDMap(faiss.IndexFlatIP(dimension))
    if len(ids):
        index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)
    return index


def inverted(ids: Ids, load: Load, dimension: int, between: Callable[[], None] = lambda: None) -> faiss.Index:
    """Lists of vectors near one centroid, a byte a dimension; the same ids and vectors make the same index.

    4 sqrt(n) lists: a question's cost, all centroids and PROBES lists, grows with the root of n where there are many.
    What is not stored is left out. between: called between steps of at most some seconds; what it raises ends the work.
    """
    lists = max(1, 4 * math.isqrt(len(ids)))
    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.by_residual = False
    _, sample = _there(ids[:: max(1, len(ids) // (_SAMPLE * lists))], load)
    clustering = faiss.Clustering(dimension, lists)
    clustering.seed, clustering.niter, clustering.spherical = _SEED, 1, True
    clustering.min_points_per_centroid = 1
    for _ in range(_ROUNDS):
        between()
        clustering.train(sample, quantizer)  # goes on from its centroids, and leaves them in the quantizer
    index.train(sample)
    for start in range(0, len(ids), _SLICE):
        between()
        part, vectors = _there(ids[start : start + _SLICE], load)
        index.add_with_ids(vectors, part)
    index.nprobe = _probes(index)
    return index


def _probes(index: faiss.Index) -> int:
    """How many lists are read for one question."""
    lists, codes = int(index.nlist), int(index.ntotal)
    return max(PROBES, math.ceil(CODES * lists / max(1, codes)))


def _there(ids: Ids, load: Load) -> tuple[Ids, Vectors]:
    vectors = load(ids)
    there = ~np.isnan(vectors[:, 0])
    return ids[there], np.ascontiguousarray(vectors[there])


def is_inverted(index: faiss.Index) -> bool:
    """Whether `inverted` made the index."""
    return isinstance(faiss.downcast_index(index), faiss.IndexIVF)


def grown(index: faiss.Index, gone: Ids, ids: Ids, vectors: Vectors) -> faiss.Index:
    """A copy of an inverted index with its centroids, without `gone`, with `ids`."""
    copy = faiss.clone_index(index)
    if len(gone):
        copy.remove_ids(gone)
    if len(ids):
        copy.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)
    return copy


def ids_of(index: faiss.Index) -> Ids:
    """The ids an index holds, ascending."""
    if not is_inverted(index):
        ids: Ids = faiss.vector_to_array(index.id_map)
        return ids
    lists = faiss.downcast_index(index).invlists
    parts = [faiss.rev_swig_ptr(lists.get_ids(at), lists.list_size(at)) for at in range(lists.nlist)]
    return np.sort(np.concatenate([np.array(part, dtype=np.int64) for part in parts]))


def held(index: faiss.Index, ids: Ids) -> Vectors:
    """The vectors of some ids, ascending, that an index holds, as its codes tell them; shape (n, dimension)."""
    if not is_inverted(index):
        flat = faiss.downcast_index(index.index)
        places = np.searchsorted(ids_of(index), ids).tolist()
        return np.array([flat.reconstruct(at) for at in places], dtype=np.float32).reshape(len(ids), index.d)
    lists = faiss.downcast_index(index).invlists
    found = np.zeros((len(ids), index.d), dtype=np.float32)
    for at in range(lists.nlist):
        size = lists.list_size(at)
        _, here, there = np.intersect1d(ids, faiss.rev_swig_ptr(lists.get_ids(at), size), return_indices=True)
        if len(here):
            codes = faiss.rev_swig_ptr(lists.get_codes(at), size * lists.code_size).reshape(size, lists.code_size)
            found[here] = faiss.downcast_index(index).sq.decode(codes[there])
    return found


def nearest(index: faiss.Index, row: Vectors, k: int, selector: faiss.IDSelector | None, *, all_lists: bool) -> Ids:
    """Ids of the k best by their codes, of those selected; from every list, or from the nearest ones."""
    probes = index.nlist if all_lists else _probes(index)
    faiss.downcast_index(index).parallel_mode = 1  # one question's lists are shared out among the processors
    _, places = index.search(row, k, params=faiss.SearchParametersIVF(sel=selector, nprobe=probes))
    found: Ids = places[0][places[0] >= 0]
    return found
