"""The vector index against exact search in numpy, whatever mix of base, delta and tombstones it holds."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.published import MANIFEST
from index.types import Ids, Vectors
from index.vectors import VectorIndex
from tests.vectors import NONE, exact, finds_what_is_alive

DIMENSION = 8
RNG = np.random.default_rng(3)
STORED: Vectors = RNG.normal(size=(200, DIMENSION)).astype(np.float32)


def load(ids: Ids) -> Vectors:
    return STORED[ids]


def opened(folder: Path, live: Ids, fingerprint: str = "f") -> VectorIndex:
    index = VectorIndex(folder, DIMENSION, fingerprint)
    index.open(live, load)
    return index


@settings(max_examples=40, deadline=None)
@given(
    first=st.sets(st.integers(0, 99), max_size=60),
    later=st.sets(st.integers(100, 199), max_size=60),
    gone=st.sets(st.integers(0, 199), max_size=60),
    allowed=st.none() | st.sets(st.integers(0, 199), max_size=60),
    publish=st.booleans(),
    query=st.integers(0, 199),
)
def test_search_equals_exact_search_over_what_is_alive(
    tmp_path_factory: pytest.TempPathFactory,
    first: set[int],
    later: set[int],
    gone: set[int],
    allowed: set[int] | None,
    publish: bool,
    query: int,
) -> None:
    index = opened(tmp_path_factory.mktemp("vectors"), np.array(sorted(first), dtype=np.int64))
    finds_what_is_alive(index, STORED, first, later, gone, allowed, query, publish=publish)


def test_what_was_published_is_loaded_and_brought_up_to_date(tmp_path: Path) -> None:
    opened(tmp_path, np.arange(50))
    index = opened(tmp_path, np.arange(10, 60))
    assert index.set_aside == []
    assert [i for i, _ in index.search(STORED[5], 10)] == exact(STORED, STORED[5], set(range(10, 60)), 10)


def test_an_index_of_another_model_is_set_aside(tmp_path: Path) -> None:
    opened(tmp_path, np.arange(50))
    index = opened(tmp_path, np.arange(50), fingerprint="another")
    assert index.set_aside == ["gen-1.faiss is of another model"]
    assert len(index) == 50


def test_a_small_write_publishes_nothing_and_a_large_one_does(tmp_path: Path) -> None:
    index = opened(tmp_path, np.arange(50))
    manifest = (tmp_path / MANIFEST).read_bytes()
    index.apply(np.array([60]), load(np.array([60])), NONE)
    assert (tmp_path / MANIFEST).read_bytes() == manifest
    ids = np.arange(1000, 6000)
    index.apply(ids, RNG.normal(size=(5000, DIMENSION)).astype(np.float32), NONE)
    assert (tmp_path / MANIFEST).read_bytes() != manifest
    assert [path.name for path in tmp_path.glob("*.faiss")] == ["gen-2.faiss"]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    assert opened(tmp_path, NONE).search(STORED[0], 5) == []


def test_the_vectors_of_another_database_are_set_aside(tmp_path: Path) -> None:
    opened(tmp_path, np.arange(50))
    other = STORED.copy()
    other[45:50] = STORED[145:150]  # what was written after a backup, and anew after it was restored
    index = VectorIndex(tmp_path, DIMENSION, "f")
    index.open(np.arange(50), lambda ids: other[ids])
    assert index.set_aside == ["the vectors are not those of the database"]
    assert [id for id, _ in index.search(other[47], 5)] == exact(other, other[47], set(range(50)), 5)


def test_a_product_is_the_same_before_and_after_it_is_published(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    stored: Vectors = rng.normal(size=(300, 384)).astype(np.float32)
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    index = VectorIndex(tmp_path, 384, "f")
    index.open(np.arange(200), lambda ids: stored[ids])
    index.apply(np.arange(200, 300), stored[200:], NONE)
    before = [index.search(query, 300) for query in stored[::10]]
    index.publish()
    assert [index.search(query, 300) for query in stored[::10]] == before
