"""What "how many" counts, and whether the answer's sentence is about it."""

import pytest

from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.counted import counted, lacks_counted
from tests.fakes import CapitalReader
from tests.test_index_library import intake


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("How many hectares of eelgrass were sown off Port Ellery?", ["hectares", "eelgrass"]),
        ("how many satelites", ["satelites"]),
        ("In 2019, how many of the cannery's other lines closed?", ["cannery", "lines", "closed"]),
        ("HOW MANY BOATS DID THEY SELL?", ["boats"]),
        ("How many people live on the island?", []),
        ("How many times did it sink?", []),
        ("How many more women joined?", []),
        ("How many are there?", []),
        ("How many?", []),
        ("How did many boats sink?", []),
        ("How much flour is in it?", []),
        ("", []),
    ],
)
def test_what_is_counted_stands_after_how_many(question: str, things: list[str]) -> None:
    assert counted(question) == things


@pytest.mark.parametrize(
    ("things", "sentence", "lacks"),
    [
        (["hectares", "eelgrass"], "Divers counted 14 seahorses.", True),
        (["hectares", "eelgrass"], "They sowed a hectare.", False),
        (["boats"], "One BOAT came back.", False),
        (["tonnes"], "herring | 640 | 702", False),
        ([], "Divers counted 14 seahorses.", False),
        (["?"], "", False),
    ],
)
def test_a_sentence_says_it_in_any_form_and_a_row_of_a_table_nowhere(
    things: list[str], sentence: str, lacks: bool, library: Library
) -> None:
    assert lacks_counted(library.stems(" ".join(things)), sentence, library) is lacks


def test_confidence_hears_of_a_sentence_about_something_else(library: Library) -> None:
    answerer = Answerer(library, CapitalReader(), Confidence.plain())
    list(library.add([intake("a", "the old ferry sank near Morlo.\n\nthe boats went home.")]))
    for question, lacks in (("how many ferries sank", 0.0), ("how many boats were by the old ferry", 1.0)):
        best = answerer.ask(question, min_confidence=0.0).best
        assert best is not None
        assert best.features["lacks_counted"] == lacks
