"""Answers that cannot be what is asked for, and right ones that look odd."""

import gzip
import json
from pathlib import Path

import pytest

from rag.answer_type import wrong_type


@pytest.mark.parametrize(
    ("question", "text", "wrong"),
    [
        ("In what year was the yard founded?", "Greta Holm", True),
        ("how old is the parrot", "grey", True),
        ("How much was she fined?", "eggs", True),
        ("How much was she fined?", "£360", False),
        ("How many loans did the clerk have?", "twenty-two", False),
        ("How many of the boats sank?", "All of them", False),
        ("How much of the wall fell?", "half", False),
        ("Who founded the yard in that year?", "Greta Holm", False),
        ("How did many of them leave?", "by boat", False),
        ("What price was paid?", "eggs", True),
        ("At what age?", "eggs", True),
        ("At what age should children start?", "blue", True),
        ("At what age should children start?", "early twenties", False),
        ("Which price comparison site was fined?", "MoneyNest", False),
        ("What age group was hit hardest?", "teenagers", False),
        ("How much flour is in it?", "½ cup", False),
        ("How many boats came back?", "a single one", False),
        ("What does a bun cost?", "House of the Moon", True),
        ("What does a bun cost?", "one iced bun a month", False),
        ("What did it cost the yard to wait?", "its best customer", False),
        ("How many people came?", "£1,320", True),
        ("How many people came?", "1,320", False),
        ("How many dollars did she pay?", "$12", False),
        ("How old is the clock?", "£1,320", True),
        ("How much did it cost?", "₦1,200", False),
        ("How wide is the bridge?", "490 tonnes", True),
        ("How wide is the bridge?", "12 metres", False),
        ("How wide is the bridge?", "12", False),
        ("How heavy is the span?", "20 metres", True),
        ("How heavy is the span?", "490 tonnes", False),
        ("How old is the ferry?", "40 centimetres", True),
        ("How old is the ferry?", "40 years", False),
        ("How old is the ferry?", "1968", True),
        ("How old was she in 1968?", "34", False),
        ("What is Dr Holm's phone number?", "52", True),
        ("What is the telephone number of the clinic?", "five", True),
        ("What is the telephone number of the clinic?", "417 020", False),
        ("Why did the bridge fall?", "11", True),
        ("Why did the bridge fall?", "salt", False),
        ("who won the race", "297", True),
        ("Who sang it?", "U2's Bono", False),
        ("Where is it kept?", "UK", False),
        ("Where is it kept?", "東京", False),
        ("What colour is the door?", "woollen", True),
        ("what color is the door", "dark green", False),
        ("What colour is the door?", "the colour of a hazelnut", False),
        ("What color space is used?", "YUV", False),
        ("What make of car does she drive?", "ewe", True),
        ("What make of car does she drive?", "Lada", False),
        ("What is the name of the old hotel?", "maritime museum", True),
        ("What is the name of the old hotel?", "the Anchor", False),
        ("What is the name of the old hotel?", "帝国ホテル", False),
        ("What is the name of Sunniva's mother?", "flatbread", True),
        ("What is Sunniva's mother's name?", "flatbread", True),
        ("What is the name of the disease?", "measles", False),
        ("Which company bought it?", "its rival", True),
        ("Which company rules were broken?", "those on gifts", False),
        ("", "", False),
        ("How many?", "", True),
    ],
)
def test_an_answer_of_another_type_than_asked_for(question: str, text: str, wrong: bool) -> None:
    assert wrong_type(question, text) is wrong


def test_right_answers_hardly_ever_break_a_rule(shared: Path) -> None:
    subjects = json.loads(gzip.decompress((shared / "data" / "squad-train.json.gz").read_bytes()))["data"]
    asked = [q for subject in subjects for paragraph in subject["paragraphs"] for q in paragraph["qas"]]
    right = [(q["question"], q["answers"][0]["text"]) for q in asked if q["answers"] and not q["is_impossible"]]
    assert len(right) > 80_000
    assert sum(wrong_type(question, text) for question, text in right) < 0.003 * len(right)
