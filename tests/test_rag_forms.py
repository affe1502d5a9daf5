"""Answers that say the same have one key, others have not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.forms import canonical


@pytest.mark.parametrize(
    "forms",
    [
        ("£26.9m", "£26.9 million", "£26.9\xa0million", "about £26.9m"),
        ("$3bn", "$3 billion"),
        ("90,000", "about 90,000", "nearly 90,000", "only 90000"),
        ("11", "eleven", "Eleven"),
        ("22", "twenty-two", "Twenty-two"),
        ("30%", "30 %", "30 percent", "30 per cent"),
        ("May", "in May", "“May”"),
        ("the wall", "wall", "a wall,"),
        ("2-1", "2–1", "2‑1"),
        ("-5", "−5"),
        ("caf\u00e9", "cafe\u0301"),
        ("vitamin A", "vitamin A."),
    ],
)
def test_forms_of_one_answer_share_a_key(forms: tuple[str, ...]) -> None:
    assert len({canonical(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.85", "185"),
        ("5m", "5 million"),
        ("since 1958", "until 1958"),
        ("£3m", "£3bn"),
        ("22 families", "22"),
        ("more than 2,400", "2,400"),
        ("in", "on"),
        ("C++", "C"),
        ("C#", "C"),
        ("C++", "C#"),
        ("C++", "C+"),
        ("2-1", "21"),
        ("24/7", "247"),
        ("10:30", "1030"),
        ("-5 degrees", "5 degrees"),
        ("hepatitis A", "hepatitis"),
        ("A", "B"),
        ("A", ""),
    ],
)
def test_different_answers_have_different_keys(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
