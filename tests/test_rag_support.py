"""Names and numbers of a question that the passage lacks."""

import pytest

from rag.support import missing_names, missing_numbers

TEXT = "Storm Ottilie. The mayor, Ruth Harmer, opened the Tern Terrace wall on 4 May 2021 for £3,400."


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Who is Ruth Harmer?", 0),
        ("Who is Ruth Calder?", 1),
        ("What did Ruth Harmer's storm cost?", 0),
        ("Who opened Calder Sands and Dunmere?", 3),
        ("who opened calder sands", 0),
        ("WHO OPENED CALDER SANDS?", 0),
        ("Who Opened Calder Sands", 0),
        ("Calder opened what?", 0),
        ("", 0),
    ],
)
def test_missing_names_are_the_capitalised_words_that_the_text_lacks(question: str, missing: int) -> None:
    assert missing_names(question, TEXT) == missing


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("what happened in 2021", 0),
        ("what happened in 2020", 1),
        ("why £3,400", 0),
        ("why 3,500 and 400", 2),
        ("why", 0),
    ],
)
def test_missing_numbers_are_those_that_the_text_lacks(question: str, missing: int) -> None:
    assert missing_numbers(question, TEXT) == missing
