"""Invented texts under other names: question, passage and answers stay one."""

import random

import pytest

from rag.squad import Example
from rag.train.rename import Names, renamed

LOM = (
    "The ferry firm Lomvik has named Élise Tveit as its head. LOMVIK runs nine ships; Tveit's salary is secret. In May."
)
OTHERS = ["In May the baker Quarrell sold Brandlow bread.", "The firm of Skodje and Zangerle runs nine mills in May."]
COMMON = [f"On May {day} the mayor of Oslo named a ferry." for day in range(1, 9)]
NAMES = Names([LOM, *OTHERS, *COMMON])


def example(question: str, *answers: str) -> Example:
    return Example("1", "Lomvik's new head", LOM, question, tuple((text, LOM.index(text)) for text in answers))


@pytest.mark.parametrize("seed", range(5))
def test_names_change_alike_in_question_title_and_passage_and_the_answer_is_found(seed: int) -> None:
    made = NAMES.changed(example("who heads lomvik", "Élise Tveit"), random.Random(seed))
    ((answer, start),) = made.answers
    assert made.context[start : start + len(answer)] == answer
    assert made.context != LOM
    firm = made.title.removesuffix("'s new head")
    assert firm not in LOM
    assert made.question == f"who heads {firm.lower()}"
    assert f"The ferry firm {firm} has named {answer} as its head. {firm.upper()} runs nine ships" in made.context
    assert f"; {answer.split()[1]}'s salary is secret. In May." in made.context, "a month is no rare name"
    assert not {"lomvik", "élise", "tveit"} & set(made.context.lower().replace("'", " ").split())


def test_accents_left_out_of_a_question_name_the_same_person() -> None:
    made = NAMES.changed(example("what does elise tveit earn"), random.Random(0))
    assert made.question.split()[2:4] == [name.lower() for name in made.context.split(" as its")[0].split()[-2:]]


def test_a_question_with_a_name_misspelt_is_left_as_it_is() -> None:
    asked = example("who heads lomvick", "Élise Tveit")
    assert NAMES.changed(asked, random.Random(0)) == asked


def test_a_place_behind_two_names_is_still_found() -> None:
    made = NAMES.changed(example("How many ships has Lomvik?", "nine ships"), random.Random(1))
    ((answer, start),) = made.answers
    assert answer == "nine ships" == made.context[start : start + len(answer)]


def test_the_share_that_is_asked_for_is_renamed() -> None:
    examples = [example("Who heads Lomvik?", "Élise Tveit")] * 400
    changed = sum(one != examples[0] for one in renamed(examples, NAMES, 0.25, random.Random(0)))
    assert 70 <= changed <= 130
    assert renamed(examples, NAMES, 0.0, random.Random(0)) == examples
