"""Passages: exact offsets, whole sentences, no grapheme split, bounded for any text."""

import time

import regex
from hypothesis import given
from hypothesis import strategies as st

from index.chunk import ChunkSettings, passage_spans
from index.graphemes import boundaries, is_boundary
from index.sentences import MAX_LINE, around, sentences
from tests.fakes import WordEmbedder

WORDS = WordEmbedder()
ODD = st.text(st.sampled_from("ab .!?\n\t’“”😀👩‍🚀\u0301\u200d\u200fאב한🇩🇪é1"), max_size=300) | st.text(max_size=200)


@given(ODD)
def test_sentences_cover_the_text_without_gap_or_overlap(text: str) -> None:
    assert "".join(text[a:b] for a, b in sentences(text)) == text


@given(ODD, st.integers(1, 12))
def test_passages_hold_every_letter_of_the_text_and_split_no_grapheme(text: str, budget: int) -> None:
    spans = passage_spans(text, "", "en", WORDS, ChunkSettings(budget=budget, lead=4))
    covered = {i for start, end in spans for i in range(start, end)}
    assert {i for i, c in enumerate(text) if c.isalnum()} <= covered
    edges = {0, *(m.end() for m in regex.finditer(r"\X", text))}
    assert all(start in edges and end in edges for start, end in spans)
    assert spans == sorted(spans)


@given(ODD, st.data())
def test_the_sentences_around_a_span_contain_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    low, high = around(text, start, end)
    assert 0 <= low <= start <= end <= high <= len(text)


def test_a_passage_is_whole_sentences_within_the_budget() -> None:
    text = "One two three. Four five six. Seven eight nine."
    spans = passage_spans(text, "", "en", WORDS, ChunkSettings(budget=6, lead=0))
    assert [text[a:b] for a, b in spans] == ["One two three. Four five six.", "Seven eight nine."]


def test_a_short_sentence_before_a_passage_is_taken_along() -> None:
    text = "One two three. Four five six. Seven eight nine."
    spans = passage_spans(text, "", "en", WORDS, ChunkSettings(budget=6, lead=3))
    assert text[slice(*spans[1])] == "Four five six. Seven eight nine."


def test_the_headline_stands_in_no_passage_but_its_own() -> None:
    settings = ChunkSettings()
    assert passage_spans("Big news\n\nIt rained.", "Big news", "en", WORDS, settings) == [(10, 20)]
    assert passage_spans("Big news", "Big news", "en", WORDS, settings) == [(0, 8)]


def test_initials_do_not_end_a_sentence() -> None:
    text = "He left the U.S. Air Force in 2019. She stayed."
    assert [text[a:b].strip() for a, b in sentences(text)] == ["He left the U.S. Air Force in 2019.", "She stayed."]


def test_a_word_of_a_million_letters_is_cut_small_and_fast() -> None:
    began = time.process_time()
    spans = passage_spans("x" * 1_000_000, "", None, WORDS)
    assert max(end - start for start, end in spans) <= 8 * ChunkSettings().budget
    assert time.process_time() - began < 5


def test_plain_text_may_be_cut_anywhere() -> None:
    assert boundaries("abc") == range(4)


@given(st.text(st.sampled_from("ab\r\n\u0301\u200d👩🚀🇩🇪é"), min_size=1, max_size=12))
def test_a_single_boundary_is_one_of_all(text: str) -> None:
    cuts = boundaries(text)
    assert [is_boundary(text, at) for at in range(len(text) + 1)] == [at in cuts for at in range(len(text) + 1)]


def test_a_text_in_one_long_line_has_sentences_too() -> None:
    said = [f"On day {day} the council of the island met and talked about the old ferry." for day in range(600)]
    text = " ".join(said)
    assert len(text) > 2 * MAX_LINE
    assert [text[start:end].strip() for start, end in sentences(text)] == said
    assert around(text, text.index("day 300") + 4, text.index("day 300") + 7) == (
        text.index("On day 300"),
        text.index(" On day 301"),
    )


def test_a_sentence_is_found_at_once_in_a_long_line_of_marks() -> None:
    text = "The mayor opened it. " * 3_000 + "e" + "\u0301" * 6_000 + " The mayor is Ann. " + "More is here. " * 500
    start, began = text.index("Ann"), time.perf_counter()
    low, high = around(text, start, start + 3)
    assert text[low:high].endswith("The mayor is Ann.")
    assert time.perf_counter() - began < 5
