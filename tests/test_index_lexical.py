"""The postings in arrays give what FTS5 gives, whatever is written, removed and asked."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import lexical
from index.lexical import Lexical
from index.library import Library
from index.search import asked_words, match_expression
from index.types import Filters
from tests.fakes import WordEmbedder
from tests.test_index_library import intake

WORDS = ["ferry", "ferries", "sank", "sinking", "harbour", "gulls", "gull", "the", "bread", "naïve"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path, WordEmbedder()) as library:
        yield library


def both(library: Library, arrays: Lexical, question: str, limit: int, filters: Filters = Filters()) -> None:
    """Asserts that both sides list the same passages with the same scores."""
    match = match_expression(asked_words(question))
    with library._store.moment() as moment:
        allowed = None if filters == Filters() else moment.passage_ids(filters)
        expected = moment.lexical(match, filters, limit)
        found = arrays.by_arrays(moment, asked_words(question), limit, allowed)
    assert found is not None
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], rel=1e-9)
    scores = np.array([score for _, score in expected])
    if np.all(scores[:-1] - scores[1:] > 1e-9 * scores[:-1]):  # equal but for the last bits, they may change places
        assert [id for id, _ in found] == [id for id, _ in expected]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=12), st.sets(st.integers(0, 11), max_size=4), TEXTS, st.integers(1, 15))
def test_arrays_rank_as_fts5_does(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], removed: set[int], question: str, limit: int
) -> None:
    arrays = Lexical()
    with Library.open(tmp_path_factory.mktemp("library"), WordEmbedder()) as library:
        list(library.add(intake(f"a{n}", text, "Harbour news", source=f"s{n % 2}") for n, text in enumerate(texts)))
        both(library, arrays, question, limit)
        library.remove([f"a{n}" for n in removed])
        list(library.add([intake("later", "A ferry and gulls. " * 3)]))
        both(library, arrays, question, limit)
        both(library, arrays, question, limit, Filters(source=("s1",)))


def test_a_word_that_is_several_terms_is_left_to_fts5(library: Library) -> None:
    list(library.add([intake("a", "The ferry sank.")]))
    with library._store.moment() as moment:
        assert Lexical().by_arrays(moment, ["two words"], 5, None) is None
        assert Lexical().by_arrays(moment, ["nowhere"], 5, None) == []


def test_only_so_many_postings_are_kept(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "_KEPT", 25)
    list(library.add(intake(f"a{n}", "Ferry gulls bread.") for n in range(10)))
    arrays = Lexical()
    for word in ("ferry", "gulls", "bread", "ferry"):
        both(library, arrays, word, 20)
        assert arrays._kept == sum(len(postings.ids) for postings in arrays._postings.values()) <= 25


def test_a_large_library_gives_the_same_hits_as_a_small_one(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    list(library.add(intake(f"a{n}", " ".join(rng.choice(WORDS, 9)) + f" number {n}.") for n in range(60)))
    filters = Filters(article=("a3", "a5", "a8"))
    for question in ("Which ferries sank?", "number 8 gulls", "it's", "C++?"):
        monkeypatch.setattr(lexical, "ARRAYS_FROM", 1_000_000)
        small = [library.search(question, 20, f).hits for f in (Filters(), filters)]
        monkeypatch.setattr(lexical, "ARRAYS_FROM", 1)
        large = [library.search(question, 20, f).hits for f in (Filters(), filters)]
        for one, other in zip(small, large, strict=True):
            assert [h.passage for h in one] == [h.passage for h in other]
            assert [h.score for h in one] == pytest.approx([h.score for h in other])
