"""Answers in tables: the column that a question names, whatever column of the row was read."""

import time

import pytest

from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.table import AskedCell
from tests.fakes import CapitalReader
from tests.test_index_library import intake

TABLE = """Landings at Morlo.

Species | Landed in 2022 (tonnes) | Landed in 2023 (tonnes) | Price a kilo in 2023
Mackerel | 1,240 | 1,115 | £1.85
Herring | 640 | 702 | –
Squid | 12 | 57 | £7.30

Boats sold at the market."""


def asked(library: Library, text: str, read: str, question: str) -> str | None:
    start = text.rindex(read)
    place = AskedCell(question, library.stems)(text, start, start + len(read))
    return text[slice(*place)] if place else None


@pytest.mark.parametrize(
    ("read", "question", "cell"),
    [
        ("1,115", "how many tonnes of mackerel were landed in 2022", "1,240"),
        ("1,240", "What was the price of a kilo of mackerel?", "£1.85"),
        ("£7.30", "landing of squid 2023 in tonnes", "57"),
        ("57", "How many tonnes of squid were landed in 2023?", "57"),
        ("57", "How many tonnes of squid were landed?", "57"),  # two columns say as much
        ("57", "How much squid is there?", "57"),  # none does
        ("57", "What was squid like in 2023?", "57"),
        ("702", "What did a kilo of herring cost?", None),  # nothing stands there
        ("57", "How many tonnes of herring were landed in 2023?", None),  # of another row than named
        ("57", "How much more squid than herring was landed in 2023?", "57"),
        ("57", "What was landed in 2023 besides mackerel and herring?", None),  # the fish is asked for
        ("£7.30", "What does a kilo of octopus cost?", "£7.30"),  # named by no row
        ("Squid", "Which species had the highest price a kilo?", "Squid"),  # the rows' names
        ("Price a kilo in 2023", "How many tonnes were landed in 2022?", "Price a kilo in 2023"),  # the columns' own
        ("market", "How many tonnes were landed in 2022?", "market"),
    ],
)
def test_the_answer_stands_in_the_column_that_the_question_names(
    library: Library, read: str, question: str, cell: str | None
) -> None:
    assert asked(library, TABLE, read, question) == cell


@pytest.mark.parametrize(
    ("text", "read", "question", "cell"),
    [
        ("Team\tWon\tPoints\nGulls\t10\t34", "10", "points of the Gulls", "34"),
        ("Team         Won   Points\nGulls        10    34", "10", "points of the Gulls", "34"),
        ("| Team | Won | Points |\n| --- | --- | --- |\n| Gulls | 10 | 34 |", "10", "points of the Gulls", "34"),
        ("Team  | Won  | Points | Lost\nGulls | 10   | 34     | 3", "10", "points of the Gulls", "34"),
        ("| Won | Points\nGulls | 10 | 34\nTerns | 8 |", "10", "points of the Gulls", "34"),  # a corner without a name
        ("| Won | Points\nGulls | | 34\nTerns | 8 |", "34", "won by the Gulls", None),  # an empty cell
        ("Team | Won | Points |\nGulls | | 34 |", "34", "won by the Gulls", None),
        ("Team | Won | |\nGulls | 10 | 34 | 3\nTerns | 8 | | 4", "3", "won by the Gulls", "3"),  # has no name
        ("Team | Won | | Lost\nGulls | 10 | 34 | 3", "34", "won by the Gulls", "34"),
        ("Won | Points |\nGulls | 10 | 34\nTerns | 8 | 30", "34", "points of the Gulls", "34"),
        ("| Team | Won  | Points |\n|  ---  | --- |  --- |\n| Gulls | 10 |  34  |", "10", "points of the Gulls", "34"),
        ("|       | Won | Points |\n| ----- | --- | ------ |\n| Gulls | 10  | 34     |\n| Terns |     | 30     |", "10",
         "points of the Gulls", "34"),
        ("Team | Won | Points\nGulls | 10 | 34 |\nTerns | 8 | 30", "10", "points of the Gulls", "34"),
        ("Team | Won | Points |\nGulls | 10 | 34\nTerns | 8 | 30", "10", "points of the Gulls", "34"),
        ("Team | Won | Points\n| Gulls | 10 | 34 |\n| Terns | 8 | 30 |", "10", "points of the Gulls", "34"),
        ("Team | Won | Points\nGulls | 10 | 34\n| 8 | 30", "10", "points of the Gulls", "34"),
        ("Party | Votes | Seats\nGreens | 12,300 | +5.2% | 4", "+5.2%", "change of the Greens' votes", "+5.2%"),
        ("Rank | Team | Won\n1 | Gulls | 10\n5 | Terns | 8", "10", "games won by the leader after round 5", "10"),
        ("Year | Boats | Fish\n2022 | 10 | 34\n2023 | 8 | 30", "34", "How many fish in 2023?", None),
        ("Won | Points\nGulls | 10 | 34", "10", "points of the Gulls", "10"),  # which cell is missing?
        ("Won | Points | Lost\nGulls | 10 | 34\nTerns | 8 | 30 | 6", "34", "points of the Gulls", "34"),
        ("Team\tWon\t\tPoints\nGulls\t10\t2\t34", "10", "how often have the Gulls won", "10"),
        ("Rank | Player | Points\n1 | Anna Berg | 34", "Anna Berg", "Who scored the most points?", "Anna Berg"),
        ("Day | Ferry | Departs\nMonday | Star | 10:15", "Star", "What departs at 10:15 on Monday?", "Star"),
        ("Team | Date | Points\nGulls | 12 May | 34", "12 May", "When did the Gulls reach 34 points?", "12 May"),
        ("Monday | Closed | Open\nTuesday | Open until noon | Closed", "Open until noon",
         "When is the museum open on Tuesday?", "Open until noon"),
        ("Team | Points\nGulls | 10 | 34 | 5", "10", "points of the Gulls", "10"),  # another table's
        ("Year | Fare\n2024 | £12", "£12", "fare in 2024", "£12"),
        ("Item | 2023 | 2024\nBoats | 12 | 15", "12", "boats in 2024", "15"),  # years may be names
        ("Fare | £12 | 2024\nBoats | £15 | 2025", "£15", "boats in 2024", "£15"),  # no names above at all
        ("Place | Band | Test piece | Points\n2 | Vale of Wick | 96 | 189", "Vale of Wick",
         "Which band scored highest in the test piece?", "Vale of Wick"),  # its column is named as well
        ("Gulls | 10 | 34", "10", "gulls points 34", "10"),
    ],
)  # fmt: skip
def test_tables_as_people_type_them(library: Library, text: str, read: str, question: str, cell: str | None) -> None:
    assert asked(library, text, read, question) == cell


def test_a_table_longer_than_a_passage_keeps_the_names_of_its_columns(library: Library) -> None:
    rows = "\n".join(f"Harbour {number} | {1000 + number} | {2000 + number} | {3000 + number}" for number in range(90))
    list(library.add([intake("a", f"Moorings of the coast.\n\nharbour | berths | buoys | visitors\n{rows}")]))
    answerer = Answerer(library, CapitalReader(), Confidence.plain())
    best = answerer.ask("How many visitors has harbour 77?", min_confidence=0.0).best
    assert best is not None
    assert best.text == "3077"
    assert (best.citations[0].prefix, best.citations[0].exact) == ("Harbour 77 | 1077 | 2077 | ", "3077")


def test_a_row_without_what_is_asked_for_answers_nothing(library: Library) -> None:
    table = "| 2022 | 2023 | Price\nHerring | | 702 | £0.95\nSquid | 12 | 57 |"
    list(library.add([intake("a", f"Landings at Morlo, in tonnes.\n\n{table}")]))
    answerer = Answerer(library, CapitalReader(), Confidence.plain())
    for fish, told, untold in (("herring", set(), {"702", "0.95"}), ("squid", {"12"}, {"57"})):
        answer = answerer.ask(f"How many tonnes of {fish} were landed in 2022?", top_k=20, min_confidence=0.0)
        assert answer.best is not None
        said = {quote.text.lstrip("£") for quote in (answer.best, *answer.alternatives)}
        assert told <= said
        assert untold.isdisjoint(said)


def test_no_row_is_taken_for_the_columns_names_where_they_stand_too_far_above(library: Library) -> None:
    row = "Gull | of the coast | in points"
    text = "Bird | Home | Counted\n" + "\n".join([row] * 1_000)
    for number, cell in ((100, "in points"), (900, "of the coast")):
        start = text.replace(row, "x" * len(row), number).index("of the coast")
        place = AskedCell("gulls counted", library.stems)(text, start, start + 12)
        assert place is not None
        assert text[slice(*place)] == cell


def test_nor_is_another_row_of_that_table(library: Library) -> None:
    row = "Gull | of the coast {} | in points {}\n"
    text = "Bird | Home | Counted\n" + "".join(row.format(number, number) for number in range(1_000))
    for number, cell in ((100, "in points 100"), (900, "of the coast 900")):
        place = f"of the coast {number}"
        assert asked(library, text, place, "gulls counted by points") == cell


@pytest.mark.parametrize("note", ["very long sentence " * 300, "long " * 80, "\u0301abc"])
def test_no_cell_is_taken_that_is_no_answer(library: Library, note: str) -> None:
    assert asked(library, f"Name | Won | Note\nGulls | 10 | {note}", "10", "note on the Gulls") == "10"


@pytest.mark.parametrize(
    "text",
    [
        "Team | Won\n" + "Gulls | 10 | 34 | " * 100_000,
        "Gulls | 10 | 34 of them\n" * 100_000,
        "words of a line " * 100_000 + "\nGulls | 10 | 34",
        " " * 1_000_000 + "\nGulls | 10 | 34",
    ],
)
def test_a_large_table_takes_no_time(library: Library, text: str) -> None:
    asked_cell = AskedCell("how many points", library.stems)
    began = time.perf_counter()
    for start in (text.index("10"), text.rindex("10")):
        for _ in range(20):
            asked_cell(text, start, start + 2)
    assert time.perf_counter() - began < 1.0
