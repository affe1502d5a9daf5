"""Near-copies of an article are one witness: what is said of the original does not change when they come."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from eval.bench.copies import MOVED, measure
from eval.gold import load
from index.copies import copies, is_reprint
from index.embed import load_embedder
from index.library import Library
from index.types import Hit, Passage
from rag.answer import Answerer, Settings, _to_read
from rag.candidates import Candidate, _repeats, _reworded, distinct
from rag.confidence import Confidence
from rag.load import MODEL
from rag.reader import load_reader
from tests.fakes import CapitalReader, WordEmbedder
from tests.test_index_library import intake
from tests.test_rag_answer import fill

ROOT = Path(__file__).parents[1]
CORPUS, GOLD = ROOT / "eval" / "corpus", ROOT / "eval" / "gold" / "courier.jsonl"
SENTENCE = "The harbour office counted ninety boats on the quay last May, and the clerk wrote each one in the ledger"


def hit(number: int, article: str, text: str) -> Hit:
    return Hit(Passage(number, article, 0, len(text), text), intake(article, text).article, 1.0, None, None)


def read(hits: list[Hit], count: int) -> list[int]:
    copied = copies(hits)
    marked = [replace(hit, score=1 - place / 100, copy_of=copied.get(hit.passage.id)) for place, hit in enumerate(hits)]
    return [hit.passage.id for hit in _to_read(marked, count, reach=0.5)]


def test_without_copies_the_best_are_read() -> None:
    hits = [hit(9 - place, f"a{place}", f"{word} " * 5) for place, word in enumerate(["one", "two", "three", "four"])]
    assert read(hits, 2) == [9, 8]


def test_copies_do_not_push_other_texts_out() -> None:
    copies = [hit(7 + n, f"copy{n}", SENTENCE.replace("ninety", word)) for n, word in enumerate(["sixty", "six"])]
    other = hit(5, "other", "Ninety vessels lay along the wharf in May of last year, says a harbour clerk")
    assert read([*copies, hit(3, "original", SENTENCE), other], 2) == [7, 8, 3, 5]


def test_a_part_of_a_passage_is_a_copy_of_it() -> None:
    assert read([hit(7, "cut", SENTENCE[:60]), hit(3, "original", SENTENCE)], 1) == [7, 3]


def test_a_later_copy_keeps_no_older_one_from_being_read() -> None:
    hits = [hit(9, "newer", SENTENCE), hit(7, "older", SENTENCE), hit(3, "original", SENTENCE)]
    assert read(hits, 1) == [7, 3]


def test_passages_of_one_article_are_no_copies_of_each_other() -> None:
    assert read([hit(4, "one", SENTENCE), hit(3, "one", SENTENCE)], 1) == [4]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("friday 10 may 2024", "friday 17 may 2024", False),
        ("guilty of theft", "not guilty of theft", False),
        ("12 of 20 boats", "14 of 20 boats", False),
        ("old harbour wall", "harbour wall", True),
        ("9 million in 2023", "9 million", True),
        ("fall in energy costs", "drop in energy costs", True),
    ],
)
def test_what_corrects_an_answer_is_no_rewording_of_it(one: str, other: str, same: bool) -> None:
    assert _reworded(one, other) is _reworded(other, one) is same


PRICES = "At the quay on {day} the catch was small again, the auctioneer said, and cod cost {cod} and hake cost {hake}."


@pytest.fixture
def answerer(tmp_path: Path) -> Iterator[Answerer]:
    with Library.open(tmp_path, WordEmbedder()) as library:
        yield Answerer(library, CapitalReader(), Confidence.plain(), Settings(dense_weight=0.0))


def test_what_a_copy_repeats_is_no_answer_of_its_own(answerer: Answerer) -> None:
    article = "The clerk sold nets to Morlo. The wind was strong and the tide was late that day in the old harbour."
    list(answerer.library.add([intake("a", article)]))
    alone = answerer.ask("Who bought nets?", top_k=9, min_confidence=0.0)
    list(answerer.library.add([intake(f"copy{n}", f"{article} By wire {n}.") for n in range(3)]))
    copied = answerer.ask("Who bought nets?", top_k=9, min_confidence=0.0)
    assert alone.best is not None
    assert copied.best is not None
    assert (copied.best.text, copied.best.confidence) == (alone.best.text, alone.best.confidence)
    assert {citation.article.id for citation in copied.best.citations} == {"a", "copy0", "copy1", "copy2"}


def test_what_only_copies_say_is_a_rival_to_no_original(answerer: Answerer) -> None:
    article = "The clerk sold nets to Morlo. The wind was strong and the tide was late that day in the old harbour."
    asked = "Who bought nets from the clerk when the wind was strong?"
    list(answerer.library.add([intake("a", article)]))
    alone = answerer.ask(asked, top_k=9, min_confidence=0.0)
    list(answerer.library.add([intake("copy", article.replace("The wind", "Happily the wind"))]))
    copied = answerer.ask(asked, top_k=9, min_confidence=0.0)
    said = {quote.text: quote.features for quote in [copied.best, *copied.alternatives] if quote}
    assert alone.best is not None
    assert alone.best.text == "Morlo"
    assert "Happily" in said
    assert said["Morlo"] == alone.best.features


@pytest.mark.parametrize(
    "texts",
    [
        [
            f"At the quay on {n} May the catch was small again, the old auctioneer said, and cod cost 3.{n} a kilo."
            for n in range(1, 9)
        ],
        [
            "The toll of the old ferry stood at 9 dead in the harbour.",
            "The toll of the old ferry stood at 12 dead in the harbour.",
        ],
        ["The clerk sold all the old nets to Morlo last May.", "The clerk sold all the old nets to Tessaly last May."],
    ],
)
def test_what_has_a_number_or_a_name_of_its_own_is_no_copy(library: Library, texts: list[str]) -> None:
    list(library.add(intake(f"a{n}", text) for n, text in enumerate(texts)))
    for asked in texts:
        hits = library.search(asked, 9).hits
        assert len(hits) == len(texts)
        assert not any(hit.copy_of for hit in hits)


def test_the_newest_report_is_read_and_its_figure_given(answerer: Answerer) -> None:
    reports = {
        f"week{n:02}": f"On {n} May the catch was small again, the old auctioneer said, and cod cost £{n + 40} a kilo."
        for n in range(1, 25)
    }
    fill(answerer, **reports)
    best = answerer.ask("What did cod cost a kilo on 24 May, when the catch was small again?", min_confidence=0.0).best
    assert best is not None
    assert best.citations[0].article.id == "week24"


def test_a_corrected_article_is_no_copy_of_its_reprint(library: Library) -> None:
    text = "The new bridge over the old harbour cost 30 million in all, the town clerk said on the quay."
    list(library.add([intake("original", text), intake("reprint", text)]))
    list(library.add([intake("original", text.replace("30", "40"))]))
    assert not any(hit.copy_of for hit in library.search("What did the bridge cost?", 9).hits)


def test_the_next_report_with_the_same_figure_in_another_place_says_it_itself() -> None:
    texts = [
        PRICES.format(day=day, cod=cod, hake=hake)
        for day, cod, hake in (("Monday", "3.10", "2.50"), ("Friday", "2.50", "2.90"))
    ]
    monday, friday = (hit(n, f"a{n}", text) for n, text in enumerate(texts, 1))
    hake = Candidate(monday, texts[0].index("2.50"), texts[0].index("2.50") + 4, -9.0)
    cod = Candidate(replace(friday, copy_of=monday.article), texts[1].index("2.50"), texts[1].index("2.50") + 4, 7.0)
    repeated = replace(hake, hit=replace(hit(9, "a9", texts[0]), copy_of=monday.article))
    assert _repeats(repeated, texts[0])
    assert not _repeats(cod, texts[0])


def test_a_copy_that_is_cut_elsewhere_is_one() -> None:
    words = [a + b for a, b in product("abcdefghijkl", "qrstuvwxyz")]
    parts = [words[:60], words[60:]]
    originals = [hit(n, "original", " ".join(part)) for n, part in enumerate(parts)]
    assert copies([*originals, hit(7, "copy", " ".join(words[30:90]))]).keys() == {7}
    assert copies([originals[0], hit(7, "copy", " ".join(words[50:110]))]) == {}


def test_copies_change_no_share_of_what_is_asked(library: Library) -> None:
    list(library.add([intake("a", SENTENCE), intake("b", "Ninety gulls sat on the quay and nobody counted them.")]))
    asked = "How many boats on the quay did the clerk count?"
    before = {hit.article.id: hit.score for hit in library.search(asked, 9).hits}
    list(
        library.add(
            [intake(f"copy{n}", SENTENCE.replace("ninety", word)) for n, word in enumerate(["some", "few", "six"])]
        )
    )
    hits = library.search(asked, 9).hits
    assert {hit.article.id for hit in hits if hit.copy_of} == {"copy0", "copy1", "copy2"}
    assert {hit.article.id: hit.score for hit in hits if not hit.copy_of} == before


@pytest.mark.model
@pytest.mark.timeout(1200)
def test_three_edited_copies_of_an_article_change_no_answer_and_hardly_its_confidence(tmp_path: Path) -> None:
    with Library.open(tmp_path, load_embedder()) as library:
        answerer = Answerer(library, load_reader(MODEL), Confidence.load(MODEL / "calibration.json"))
        pairs = measure(answerer, CORPUS, load([GOLD]), 60, seed=0)
    assert len(pairs) == 60
    moved = [pair.question for pair in pairs if pair.other_guess or pair.moved > MOVED]
    assert len(moved) <= 1, moved  # 4 of 1,150 in 8 bits: a copy may be read where its original is not


def test_a_copy_is_known_by_the_whole_of_an_older_article_of_which_one_passage_is_found() -> None:
    words = [a + b for a, b in product("abcdefghijkl", "qrstuvwxyz")]
    whole = intake("original", " ".join(words)).article
    found = replace(hit(1, "original", " ".join(words[:40])), article=whole)
    assert copies([found, hit(7, "copy", " ".join(words[30:90]))]) == {7: whole}
    assert copies([found, hit(7, "other", " ".join([*words[30:40], *(word * 2 for word in words[40:90])]))]) == {}


def test_copies_take_no_place_of_what_else_is_found(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.both_sides._CANDIDATES", 4)
    others = [
        "A clerk sold many boats.",
        "Nobody on the quay can count gulls.",
        "How the quay lost its boats is unknown.",
    ]
    list(library.add([intake("a", SENTENCE), *(intake(f"b{n}", text) for n, text in enumerate(others))]))
    asked = "How many boats did the clerk count on the quay?"
    before = {hit.article.id: hit.score for hit in library.search(asked, 4).hits}
    assert len(before) == 4
    list(library.add(intake(f"copy{n}", f"{SENTENCE}, by wire {word}.") for n, word in enumerate("once twice".split())))
    hits = library.search(asked, 6).hits
    assert {hit.article.id: hit.score for hit in hits if not hit.copy_of} == before
    assert {hit.article.id for hit in hits if hit.copy_of} == {"copy0", "copy1"}


def test_what_is_found_in_a_copy_alone_is_no_answer_if_its_original_was_read() -> None:
    texts = ["The clerk sold nets to Morlo.", "The wind was strong that day, and the tide was late in the harbour."]
    original = hit(1, "original", "\n".join(texts))
    copy = replace(hit(9, "copy", "\n".join(reversed(texts))), copy_of=original.article)
    start = copy.passage.text.index("Morlo")
    found = Candidate(copy, start, start + 5, 4.0)
    other = Candidate(
        original, original.passage.text.index("harbour"), original.passage.text.index("harbour") + 7, -3.0
    )
    assert [said.best.text for said in distinct([found, other])] == ["harbour"]
    assert distinct([found]) == []  # a reprint says nothing of its own


def test_what_a_reprint_says_beside_a_sentence_it_left_out_is_not_its_own() -> None:
    text = "The wind was strong that day. The clerk sold nets to Morlo. The tide was late in the harbour."
    original = hit(1, "original", text)
    reprint = replace(hit(9, "reprint", text.replace(" The clerk sold nets to Morlo.", "")), copy_of=original.article)
    other = Candidate(original, text.index("Morlo"), text.index("Morlo") + 5, 1.0)
    start = reprint.passage.text.index("tide")
    assert [said.best.text for said in distinct([Candidate(reprint, start, start + 4, 4.0), other])] == ["Morlo"]


def test_a_sentence_of_its_own_in_a_reprint_answers_in_the_older_ones_words() -> None:
    text = "The wind was strong that day, and the clerk sold nets to the board. A dryer broke down later in the night."
    original = hit(1, "original", text)
    reprint = replace(hit(9, "reprint", f"{text} It was a dryer that burned."), copy_of=original.article)
    assert is_reprint(reprint.article, original.article)
    start = reprint.passage.text.rindex("dryer")
    (said,) = distinct([Candidate(reprint, start, start + 5, 4.0)])
    assert said.best.text == "dryer"


@pytest.mark.parametrize(
    ("older", "newer", "answer"),
    [
        ("The court found the mayor not guilty of theft.", "The court found the mayor guilty of theft.", "guilty"),
        ("Cod cost 3.10 a kilo and hake cost 2.50 a kilo.", "Cod cost 2.50 a kilo and hake cost 3.10 a kilo.", "2.50"),
        ("Since then Anna Berg beat Carl Dahl by far.", "Since then Carl Dahl beat Anna Berg by far.", "Carl Dahl"),
        ("The keeper of Morlo counted sixty boats.", "The keeper of Morlo counted six boats.", "six"),
    ],
)
def test_a_correction_in_the_words_of_the_older_article_is_an_answer(older: str, newer: str, answer: str) -> None:
    wind = " The wind was strong that day, and the tide was late in the harbour, where nobody had seen it come."
    original = hit(1, "original", older + wind)
    corrected = replace(hit(9, "corrected", newer + wind), copy_of=original.article)
    assert is_reprint(corrected.article, original.article)
    start = newer.index(answer)
    (said,) = distinct([Candidate(corrected, start, start + len(answer), 4.0)])
    assert said.best.text == answer


def test_what_an_update_repeats_of_what_was_not_read_is_an_answer() -> None:
    text = "The clerk sold nets to Morlo."
    original = hit(1, "original", f"{text} The wind was strong that day.")
    update = replace(
        hit(9, "update", f"{text} Since then two of them have come back, with a bill."), copy_of=original.article
    )
    start = update.passage.text.index("Morlo")
    (said,) = distinct([Candidate(update, start, start + 5, 4.0)])
    assert (said.best.text, said.original) == ("Morlo", False)


@pytest.mark.parametrize(
    ("text", "reprint"),
    [
        ("The clerk of Morlo sold nets to the harbour board.", True),
        ("The clerk of Morlo sold nets to the harbour board. All rights reserved.", True),
        ("The clerk of Morlo sold old nets to a board.", False),
        ("The clerk of Morlo sold 12 nets to the harbour board.", False),
        ("Yesterday the clerk of Morlo sold nets to the harbour board, and Anna paid.", False),
    ],
)
def test_a_reprint_has_most_of_an_older_article_and_no_name_of_its_own(text: str, reprint: bool) -> None:
    older = hit(1, "a", "The clerk of Morlo sold nets to the harbour board. Nobody else came that day.").article
    assert is_reprint(hit(2, "b", text).article, older) is reprint
