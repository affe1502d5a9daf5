"""Misspelt words of a query become the library's; every other word stays."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.library import Library
from index.spelling import corrected
from tests.test_index_library import intake

WORDS = {"satellites": 3, "mackerel": 2, "parrot": 1, "part": 7, "build": 4, "clerk": 2, "castellane": 2, "slowing": 9}


def standing(words: Sequence[str]) -> dict[str, int]:
    return {word: WORDS.get(word, 0) for word in words}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how many satelites", "how many satellites"),  # a letter left out
        ("the salt clerck", "the salt clerk"),  # one too many
        ("tins of mackeral", "tins of mackerel"),  # another
        ("time to bulid", "time to build"),  # two swapped
        ("a missing parot", "a missing parrot"),  # not "part", which stands in more passages: the same letters
        ("when did Castelane resign?", "when did Castellane resign?"),  # a name, and its capital
        ("Satelites, satelites", "Satellites, satellites"),
    ],
)
def test_a_misspelt_word_becomes_the_librarys_nearest(typed: str, meant: str) -> None:
    assert corrected(typed, standing) == meant


@pytest.mark.parametrize(
    "query",
    [
        "the sowing of barley",  # English, if one letter from "slowing"
        "which parts of mackerel",
        "gastellane",  # another first letter: another name
        "casteline's",  # two letters away
        "prt clrk",  # too short
        "ｓａｔｅｌｉｔｅｓ çatelites 12345",
        "",
    ],
)
def test_other_words_stay(query: str) -> None:
    assert corrected(query, standing) == query


@given(
    st.text() | st.lists(st.sampled_from(["satelites", "Parot", "mackerel", "?", "\n", "naïve", "\u0301"])).map("".join)
)
def test_nothing_but_letters_changes_and_what_is_right_is_right_twice(query: str) -> None:
    once = corrected(query, standing)
    assert corrected(once, standing) == once
    assert [c for c in once if not c.isalpha()] == [c for c in query if not c.isalpha()]


def test_a_thousand_letters_of_nonsense_are_not_all_looked_up() -> None:
    asked: list[str] = []

    def counting(words: Sequence[str]) -> dict[str, int]:
        asked.extend(words)
        return standing(words)

    corrected(" ".join(f"xq{chr(97 + n % 26)}{chr(97 + n // 26)}zv" for n in range(140)), counting)
    assert 0 < len(asked) < 10_000
    asked.clear()
    corrected("x" * 1000, counting)
    assert not asked


def test_a_search_says_what_it_searched_for(library: Library) -> None:
    list(library.add([intake("a", "Ten satellites were launched by Castellane."), intake("b", "It rained all day.")]))
    found = library.search("satelites", 1, mode="lexical")
    assert (found.corrected_query, [hit.article.id for hit in found.hits]) == ("satellites", ["a"])
    assert library.search("satellite", 1).corrected_query is None  # a form of a word that stands there
    library.remove(["a"])
    assert library.corrected("satelites") == "satelites"
