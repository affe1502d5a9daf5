"""A large library's index: approximate in what it looks at, exact in scores, filters and what is alive."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import kinds
from index.published import MANIFEST
from index.types import Ids, Vectors
from index.vectors import VectorIndex
from tests.vectors import NONE, change, exact, finds_what_is_alive

DIMENSION = 16
FEW = 100  # the switch, lowered
RNG = np.random.default_rng(7)
CENTRES = RNG.normal(size=(300, DIMENSION))
STORED: Vectors = (CENTRES[RNG.integers(0, 300, 6000)] + RNG.normal(scale=0.4, size=(6000, DIMENSION))).astype(
    np.float32
)


def load(ids: Ids) -> Vectors:
    return STORED[ids]


def opened(folder: Path, live: Ids) -> VectorIndex:
    index = VectorIndex(folder, DIMENSION, "f", exact_until=FEW)
    index.open(live, load)
    return index


def published(folder: Path) -> dict[str, int]:
    manifest: dict[str, int] = json.loads((folder / MANIFEST).read_bytes())
    return manifest


@settings(max_examples=30)
@given(
    first=st.sets(st.integers(0, 199), min_size=FEW + 1, max_size=150),
    later=st.sets(st.integers(200, 399), max_size=60),
    gone=st.sets(st.integers(0, 399), max_size=60),
    allowed=st.none() | st.sets(st.integers(0, 399), max_size=60),
    publish=st.booleans(),
    query=st.integers(0, 399),
)
def test_with_few_lists_search_equals_exact_search_over_what_is_alive(
    tmp_path_factory: pytest.TempPathFactory,
    first: set[int],
    later: set[int],
    gone: set[int],
    allowed: set[int] | None,
    publish: bool,
    query: int,
) -> None:
    index = opened(tmp_path_factory.mktemp("vectors"), np.array(sorted(first)))
    finds_what_is_alive(index, STORED, first, later, gone, allowed, query, publish=publish)


@settings(max_examples=30, deadline=None)
@given(
    first=st.sets(st.integers(0, 199), min_size=FEW + 1, max_size=150),
    before=st.booleans(),
    later=st.sets(st.integers(200, 399), max_size=60),
    gone=st.sets(st.integers(0, 399), max_size=60),
    query=st.integers(0, 399),
)
def test_lists_that_were_learned_beside_writes_have_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, first: set[int], before: bool, later: set[int], gone: set[int], query: int
) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    index = opened(folder, np.array(sorted(first)) if before else NONE)
    if not before:
        change(index, STORED, set(), first, set(), publish=False)
    lists = index.learned()
    change(index, STORED, first, later, gone, publish=False)
    index.adopt(lists)
    live = (first | later) - gone
    found = [i for i, _ in index.search(STORED[query], 10)]
    wanted = exact(STORED, STORED[query], live, 10)
    assert set(found) <= live
    # codes of a few vectors are coarse for those that come later
    assert len(set(found) & set(wanted)) >= len(wanted) - 2
    assert [i for i, _ in index.search(STORED[query], 10, np.sort(wanted[:3]))] == wanted[:3]
    assert (published(folder)["count"], published(folder)["trained"]) == (len(live), len(first))


def test_lists_are_not_learned_from_what_is_gone() -> None:
    gone = np.arange(0, 200, 3)
    lists = kinds.inverted(
        np.arange(200), lambda ids: np.where(np.isin(ids, gone)[:, None], np.nan, STORED[ids]), DIMENSION
    )
    assert kinds.ids_of(lists).tolist() == np.setdiff1d(np.arange(200), gone).tolist()
    assert np.isfinite(lists.quantizer.reconstruct_n(0, lists.nlist)).all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    opened(folder, np.arange(5000))
    return folder


@pytest.fixture
def index(folder: Path) -> VectorIndex:
    index = VectorIndex(folder, DIMENSION, "f", read_only=True, exact_until=FEW)
    index.open(np.arange(5000), load)
    assert index.set_aside == []
    return index


@pytest.mark.parametrize("codes", [0, 2500, kinds.CODES])  # by 128, 140 and all of 280 lists
def test_nearly_all_of_the_best_are_found(index: VectorIndex, codes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "CODES", codes)
    found = [[i for i, _ in index.search(query, 10)] for query in STORED[5000:5200]]
    wanted = np.argsort(-(STORED[5000:5200] @ STORED[:5000].T), axis=1)[:, :10]
    assert np.mean([len(np.intersect1d(f, w)) / 10 for f, w in zip(found, wanted, strict=True)]) >= 0.98


def test_scores_are_those_of_the_stored_vectors(index: VectorIndex) -> None:
    for id, score in index.search(STORED[5000], 10):
        assert score == pytest.approx(float(STORED[id].astype(float) @ STORED[5000].astype(float)), abs=1e-6)


def test_a_narrow_filter_finds_all_it_allows_however_far_they_are(index: VectorIndex) -> None:
    furthest = np.sort(np.argsort(STORED[:5000] @ STORED[5000])[:7])
    assert [i for i, _ in index.search(STORED[5000], 10, furthest)] == exact(
        STORED, STORED[5000], set(furthest.tolist()), 10
    )


def test_what_the_store_no_longer_has_is_not_found(folder: Path) -> None:
    lost = exact(STORED, STORED[5000], set(range(5000)), 3)
    index = VectorIndex(folder, DIMENSION, "f", read_only=True, exact_until=FEW)
    index.open(np.arange(5000), lambda ids: np.where(np.isin(ids, lost)[:, None], np.nan, STORED[ids]))
    assert not {i for i, _ in index.search(STORED[5000], 10)} & set(lost)


def test_the_same_vectors_make_the_same_file(tmp_path: Path, folder: Path) -> None:
    opened(tmp_path, np.arange(5000))
    assert published(tmp_path)["sha256"] == published(folder)["sha256"]


def test_changes_grow_a_copy_and_lists_are_learned_anew_when_there_are_twice_as_many(tmp_path: Path) -> None:
    index = opened(tmp_path, np.arange(2000))
    for upto, outgrown in ((3000, False), (4000, False), (4001, True)):
        ids = np.arange(published(tmp_path)["count"], upto)
        index.apply(ids, load(ids), NONE)
        assert index.outgrown == outgrown
        index.publish()
        assert (published(tmp_path)["count"], published(tmp_path)["trained"]) == (upto, 2000)
    index.publish(anew=True)
    assert (published(tmp_path)["count"], published(tmp_path)["trained"]) == (4001, 4001)
    assert not index.outgrown
    assert [i for i, _ in index.search(STORED[3500], 1)] == exact(STORED, STORED[3500], set(range(4001)), 1)


def test_a_library_that_shrinks_is_exact_again(tmp_path: Path) -> None:
    index = opened(tmp_path, np.arange(FEW + 20))
    assert kinds.is_inverted(index._state.base)
    for gone, inverted in ((np.arange(40), True), (np.arange(40, 80), False)):
        index.apply(NONE, load(NONE), gone)
        index.publish()
        assert kinds.is_inverted(index._state.base) == inverted
    assert [i for i, _ in index.search(STORED[3], 5)] == exact(STORED, STORED[3], set(range(80, FEW + 20)), 5)


def test_a_library_that_grows_past_the_switch_gets_lists(tmp_path: Path) -> None:
    index = opened(tmp_path, np.arange(FEW))
    assert not kinds.is_inverted(index._state.base)
    index.apply(np.arange(FEW, FEW + 1), load(np.arange(FEW, FEW + 1)), NONE)
    assert index.outgrown
    index.publish()
    assert not kinds.is_inverted(index._state.base)
    index.publish(anew=True)
    assert kinds.is_inverted(index._state.base)
    again = opened(tmp_path, np.arange(FEW + 1))
    assert again.search(STORED[3], 5) == index.search(STORED[3], 5)


def test_an_index_that_was_published_when_all_were_exact_is_read(tmp_path: Path) -> None:
    opened(tmp_path, np.arange(50))
    manifest = published(tmp_path)
    del manifest["trained"]
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    index = opened(tmp_path, np.arange(50))
    assert index.set_aside == []
    assert [i for i, _ in index.search(STORED[3], 5)] == exact(STORED, STORED[3], set(range(50)), 5)
