"""The share of a question that a passage has, whatever is written, removed and asked."""

from math import log

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.lexical import Lexical, _summed
from index.library import Library
from index.search import asked_words, content_words
from index.types import Filters
from tests.fakes import WordEmbedder
from tests.test_index_library import intake

WORDS = ["ferry", "ferries", "sank", "sinking", "harbour", "gulls", "gull", "the", "bread", "naïve"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join)


def shares(library: Library, question: str, filters: Filters) -> dict[int, float]:
    """Passage id -> share, by the formula, from every passage's own words."""
    with library._store.moment() as moment:
        passages = moment.passages(moment.passage_ids().tolist(), 1000)
        within = moment.passage_ids(filters)
        texts = {p.id: moment.terms(f"{article.title} {p.text}") for p, article in passages}
        asked = dict.fromkeys(term for word in asked_words(question) for term in moment.terms(word))
    having = {term: sum(term in words for words in texts.values()) for term in asked}
    rarity = {term: log((max(300, len(texts)) + 11) / (count + 10)) for term, count in having.items() if count}
    found = {}
    for id in within.tolist():
        words = texts[id]
        norm = 1.2 * (0.25 + 0.75 * len(words) / 100)
        gained = sum(weight * words.count(term) / (words.count(term) + norm) for term, weight in rarity.items())
        if gained:
            found[id] = gained / sum(rarity.values())
    return found


def check(library: Library, lexical: Lexical, question: str, limit: int, filters: Filters = Filters()) -> None:
    """Asserts that what is listed and what it is worth is what the formula says."""
    expected = shares(library, question, filters)
    with library._store.moment() as moment:
        allowed = None if filters == Filters() else moment.passage_ids(filters)
        matches = lexical.matches(moment, question, allowed)
    assert [matches.share(id) for id in expected] == pytest.approx(list(expected.values()), rel=1e-9)
    best = matches.best(limit)
    assert best == sorted(best, key=lambda passage: (-matches.share(passage), passage))
    highest = sorted(expected.values(), reverse=True)[:limit]
    assert [matches.share(id) for id in best] == pytest.approx(highest, rel=1e-9)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=12), st.sets(st.integers(0, 11), max_size=4), TEXTS, st.integers(1, 15))
def test_shares_are_those_of_the_formula(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], removed: set[int], question: str, limit: int
) -> None:
    lexical = Lexical()
    with Library.open(tmp_path_factory.mktemp("library"), WordEmbedder()) as library:
        list(library.add(intake(f"a{n}", text, "Harbour news", source=f"s{n % 2}") for n, text in enumerate(texts)))
        check(library, lexical, question, limit)
        library.remove([f"a{n}" for n in removed])
        list(library.add([intake("later", "A ferry and gulls. " * 3)]))
        check(library, lexical, question, limit)
        check(library, lexical, question, limit, Filters(source=("s1",)))


def test_a_word_that_is_several_terms_counts_as_each_and_an_unknown_one_as_none(library: Library) -> None:
    list(library.add([intake("a", "The ferry sank."), intake("b", "A ferry.")]))
    with library._store.moment() as moment:
        lexical = Lexical()
        both = lexical.matches(moment, "ferry sank", None)
        assert lexical.matches(moment, "ferry sank nowhere", None).best(5) == both.best(5) == [1, 2]
        assert both.share(1) > both.share(2) > both.share(3) == 0
        assert lexical.matches(moment, "nowhere", None).best(5) == lexical.matches(moment, "C++?", None).best(5) == []


@pytest.mark.parametrize("apart", [1, 7, 1000])
def test_few_passages_with_large_ids_are_summed_as_many_with_small_ones(apart: int) -> None:
    ids = np.array([0, 3, 5, 3, 9, 5, 3], dtype=np.int32) * apart
    found, sums = _summed(ids, np.arange(7.0) + 1)
    assert found.tolist() == [0, 3 * apart, 5 * apart, 9 * apart]
    assert sums.tolist() == [1, 13, 9, 5]


def test_what_was_found_before_a_write_is_let_go(library: Library) -> None:
    list(library.add([intake("a", "The ferry sank.")]))
    lexical = Lexical()
    with library._store.moment() as before:
        assert lexical.matches(before, "ferry", None).best(5) == [1]
    list(library.add([intake("b", "A ferry and gulls.")]))
    with library._store.moment() as after:
        assert lexical.matches(after, "ferry gulls", None).best(5) == [2, 1]
    assert list(lexical._postings) == ["ferri", "gull"]
    assert lexical._kept == 3


def test_a_share_is_at_most_one_and_copies_hardly_move_it(library: Library) -> None:
    list(library.add(intake(f"a{n}", f"Gulls and bread number {n}.") for n in range(60)))
    list(library.add([intake("ferry", "Ferry. " * 50 + "Gulls. " * 50)]))
    question = "Did a ferry meet gulls?"

    def of_first() -> float:
        with library._store.moment() as moment:
            return Lexical().matches(moment, question, None).share(1)

    with library._store.moment() as moment:
        matches = Lexical().matches(moment, question, None)
        assert 0.9 < max(matches.share(id) for id in matches.best(10)) < 1
    before = of_first()
    list(library.add(intake(f"copy{n}", "Ferry. " * 50 + "Gulls. " * 50) for n in range(3)))
    assert of_first() == pytest.approx(before, rel=0.1)


def test_only_so_many_postings_are_kept(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.lexical._KEPT", 25)
    list(library.add(intake(f"a{n}", "Ferry gulls bread.") for n in range(10)))
    lexical = Lexical()
    for word in ("ferry", "gulls", "bread", "ferry"):
        check(library, lexical, word, 20)
        assert lexical._kept == sum(len(postings.ids) for postings in lexical._postings.values()) <= 25


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What's the capital of Brent?", ["capital", "brent"]),
        ("Why didn’t they're ferry sail", ["ferry", "sail"]),
        ("Who can't O'Brien's vitamin D replace?", ["o", "brien", "vitamin", "d", "replace"]),
        ("Who is it?", ["who", "is", "it"]),
    ],
)
def test_contractions_leave_no_stray_letters(question: str, words: list[str]) -> None:
    assert content_words(question) == words
