"""Answers that cannot be what is asked for, and right ones that look odd."""

import gzip
import json
import time
from pathlib import Path

import pytest

from rag.answer_type import types_asked


def wrong_type(question: str, text: str) -> bool:
    return not all(fits(text) for fits in types_asked(question))


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
        ("What did it cost the yard to wait?", "its best customer", False),
        ("How many people came?", "£1,320", True),
        ("How many people came?", "1,320", False),
        ("How many dollars did she pay?", "$12", False),
        ("How old is the clock?", "£1,320", True),
        ("How much did it cost?", "₦1,200", False),
        ("How wide is the bridge?", "490 tonnes", True),
        ("How wide is the bridge?", "12 metres", False),
        ("How wide is the bridge?", "12", False),
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
        ("Which company is it?", "its rival", True),
        ("Which company is it?", "lastminute.com", False),
        ("Who decides how much each farm gets?", "the county", False),
        ("Why is it unclear how many were sold?", "the books were burned", False),
        ("What is the meaning of the village's name?", "narrow valley", False),
        ("What is the name of the ship's new engine?", "steam turbine", False),
        ("What is the name of the dog breed?", "labrador", False),
        ("Who leaked the minister's phone number?", "an aide", False),
        ("How old are the remains?", "2000 years old", False),
        ("How old is the bridge?", "built in 1931", False),
        ("How many tickets were sold at £5?", "400 at £5", False),
        ("How many houses will be built?", "60 homes worth £12m", False),
        ("How many millions did it cost?", "£30m", False),
        ("How wide is the gap between the two?", "12 seconds", False),
        ("How wide is the door?", "a metre", False),
        ("How old is the yard?", "more than a century", False),
        ("How many agreed?", "a majority", False),
        ("Where did it happen?", "A9", False),
        ("Who is the president?", "李", False),
        ("Where does inflation stand?", "3.1 %", False),
        ("What colours are the seats?", "reds and blues", False),
        ("What colour is the sea?", "greenish", False),
        ("What age does it date from?", "the Bronze Age", False),
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
    looked_at = [(text, fitting) for question, text in right if (fitting := types_asked(question))]
    assert len(looked_at) > 20_000
    assert sum(not all(fits(text) for fits in fitting) for text, fitting in looked_at) < 0.005 * len(looked_at)


def test_a_long_question_takes_no_time() -> None:
    began = time.process_time()
    for part in ("what is ", "what is vet' ", "what is the names of a a a ", "how many ", "which company "):
        types_asked(part * (2000 // len(part)))
    assert time.process_time() - began < 2
