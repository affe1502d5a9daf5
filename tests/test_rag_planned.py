"""Plans are not what has happened."""

import pytest

from rag.planned import asks_when_it_happened, planned


@pytest.mark.parametrize(
    ("question", "happened"),
    [
        ("When did the Morning Tern first sail?", True),
        ("how many passengers has the tramway carried", True),
        ("In what year was the mill built?", True),
        ("When will the tram run?", False),
        ("What was the bridge expected to cost?", False),
        ("When was the council to vote on an inquiry?", False),
        ("Where did the firm decide to build its mill?", False),
        ("which meeting does the decision have to wait for", False),
        ("Who was named as the new director?", False),
        ("What has caused the shortage of eggs?", False),
        ("How long was the player banned for?", False),
        ("When was the match moved to?", False),
        ("What was the deadline for entries?", False),
        ("Who owns the ferry?", False),
    ],
)
def test_a_question_asks_when_it_happened(question: str, happened: bool) -> None:
    assert asks_when_it_happened(question) is happened


@pytest.mark.parametrize(
    ("before", "plan"),
    [
        ("The yard, whose owner is aiming for a first trip of its new ferry in ", True),
        ("The council expects that the tramway will carry ", True),
        ("It is the evening bus, which Quickway will go on running until ", True),
        ("The firm plans to make ", True),
        ("That will not change, because the ferry was built in ", False),
        ("The cabin will not be scrapped: the ", False),
        ("She will be followed by Ida Holm, at present ", False),
        ("The launch is set for ", True),
        ("The probe will be launched in ", True),
        ("A bill that will ban plastic bags passed the Senate on ", False),
        ("The bridge was scheduled to open in 2019 but opened in ", False),
        ("His will left everything to ", False),
        ("The ferry first sailed in ", False),
        ("", False),
    ],
)
def test_a_plan_is_told_by_the_clause_that_the_answer_ends(before: str, plan: bool) -> None:
    assert planned(before) is plan
