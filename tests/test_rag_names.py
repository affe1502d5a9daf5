"""Names and numbers of a question, and whether the article that answers it has them."""

from dataclasses import replace
from datetime import date

import pytest

from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.names import names, unknown
from tests.fakes import CapitalReader
from tests.test_index_library import intake

FILLER = "boats came and went that day. " * 50


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Who is captain of Dunmere Rovers?", ["dunmere", "rovers"]),
        ("What did Jeff Bezos's firm pay?", ["jeff", "bezos"]),
        ("Where did I leave it last Monday in May?", []),
        ("By what vote was Mrs Aldous beaten?", ["aldous"]),
        ("how many berths were free in 2023", ["2023"]),
        ("1978 flood: how many of the 12 gates held?", ["1978"]),
        ("Which boats were at the Boat-Show?", ["boat", "show"]),
        ("Which 80s bands played at 5pm?", []),
        ("What did O'Brien pay AT&T for 2,400 boats, £1,000,000 or 3.125?", ["brien"]),
        ("Was it in the U.S. or Mrs Smith's house?", ["smith"]),
        ("I saw a storm. Passengers were rescued. Who at “Slack Water” paid?", ["slack", "water"]),
        ("When Did the Ferry Sink off Morlo?", []),
        ("What did The Crimson Gull cost?", ["crimson", "gull"]),
        ("Who is CEO of the Courier?", ["courier"]),
        ("What trip to the Moon was planned for the Tern?", ["tern"]),
        ("Morlo", []),
        ("WHO IS THE CAPTAIN OF DUNMERE?", []),
        ("Who Is The Captain Of Dunmere?", []),
        ("WHO WON IN 1978?", ["1978"]),
        ("", []),
        ("?!", []),
    ],
)
def test_names_are_capitals_that_no_rule_of_spelling_asks_for_and_larger_numbers(
    question: str, named: list[str]
) -> None:
    assert names(question) == named


def test_a_name_is_known_in_any_form_and_passage_of_the_article(library: Library) -> None:
    start = "Hélène Leary built boats for the Haddads. "
    text = f"{start}{FILLER}\n\n{FILLER}\n\nIn 1978 it was the sea."
    added = intake("a", text.replace("boats came", "Boats came"), title="Storm over Morlo")
    list(library.add([added]))
    assert unknown(["helene", "haddad", "1978", "storm"], added.article, library) == set()
    assert unknown(["helene", "dunmere", "1979"], added.article, library) == {"dunmere", "1979"}


def test_its_source_and_the_years_around_its_date_go_without_saying(library: Library) -> None:
    dated = replace(intake("a", FILLER).article, published=date(2023, 12, 30), source="The Harrow Bay Courier")
    assert unknown(["2022", "2023", "2024", "2025", "courier"], dated, library) == {"2025"}


def test_a_short_article_takes_its_subject_for_granted(library: Library) -> None:
    added = intake("a", "The ferry sank near Morlo.")
    list(library.add([added]))
    assert unknown(["dunmere"], added.article, library) == set()


def test_in_german_every_noun_has_a_capital(library: Library) -> None:
    added = intake("a", FILLER)
    list(library.add([added]))
    assert unknown(["brücke"], replace(added.article, language="de"), library) == set()
    assert unknown(["brücke"], added.article, library) == {"brücke"}


def test_confidence_hears_of_a_name_that_the_article_lacks(library: Library) -> None:
    answerer = Answerer(library, CapitalReader(), Confidence.plain())
    list(library.add([intake("a", f"the old ferry sank near Morlo. {FILLER}")]))
    for question, strange in (("where did the old ferry sink", 0.0), ("where did the old ferry of Dunmere sink", 1.0)):
        best = answerer.ask(question, min_confidence=0.0).best
        assert best is not None
        assert best.features["unknown_name"] == strange


def test_another_articles_knowledge_does_not_count(library: Library) -> None:
    added = intake("a", FILLER)
    list(library.add([added, intake("b", f"Dunmere {FILLER}")]))
    assert unknown(["dunmere"], added.article, library) == {"dunmere"}
