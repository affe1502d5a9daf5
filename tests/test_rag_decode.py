"""Decoding with planted logits: which span wins, and where it ends."""

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from rag.decode import MAX_TOKENS, best_spans, tidy
from rag.reader import Reading

WORD = regex.compile(r"\S+")


def reading(
    text: str, starts: dict[int, float], ends: dict[int, float], null: float = 0.0, headline: str = ""
) -> Reading:
    """One token a word; the headline's words come first. Logits default to -5."""
    words = [(m.start(), m.end(), True) for m in WORD.finditer(headline)]
    words += [(m.start(), m.end(), False) for m in WORD.finditer(text)]
    n = len(words)
    return Reading(
        start=np.array([starts.get(i, -5.0) for i in range(n)], dtype=np.float32),
        end=np.array([ends.get(i, -5.0) for i in range(n)], dtype=np.float32),
        null=null,
        starts=np.array([a for a, _, _ in words], dtype=np.int64),
        ends=np.array([b for _, b, _ in words], dtype=np.int64),
        in_headline=np.array([h for _, _, h in words], dtype=bool),
    )


def answers(found: Reading, text: str, headline: str = "") -> list[tuple[str, float]]:
    pieces = {True: headline, False: text}
    spans = best_spans(found, headline, text)
    return [(pieces[p.in_headline][p.span.start : p.span.end], p.span.score) for p in spans]


def test_the_best_span_is_start_plus_end_minus_null() -> None:
    text = "the ferry sank in May"
    assert answers(reading(text, {1: 3.0}, {2: 4.0}, null=2.5), text)[0] == ("ferry sank", 3.0 + 4.0 - 2.5)


def test_an_end_before_its_start_is_no_span() -> None:
    text = "the ferry sank in May"
    assert answers(reading(text, {3: 9.0}, {1: 9.0}), text)[0][1] == 9.0 - 5.0


def test_a_span_never_runs_from_the_headline_into_the_passage() -> None:
    found = reading("sank in May", {0: 9.0}, {2: 9.0}, headline="Old ferry")
    assert answers(found, "sank in May", "Old ferry")[:2] == [("Old", 9.0 - 5.0), ("sank", 9.0 - 5.0)]


def test_a_span_is_at_most_the_allowed_tokens_long() -> None:
    text = " ".join(f"w{i}" for i in range(MAX_TOKENS + 5))
    found = reading(text, {0: 9.0}, {MAX_TOKENS - 1: 5.0, MAX_TOKENS: 9.0})
    assert answers(found, text)[0][0].split()[-1] == f"w{MAX_TOKENS - 1}"


def test_further_spans_do_not_overlap_the_better_ones() -> None:
    text = "Anna met Bert and Carl"
    found = answers(reading(text, {0: 5.0, 2: 4.0, 4: 3.0}, {0: 5.0, 2: 4.0, 4: 3.0}), text)
    assert [answer for answer, _ in found[:3]] == ["Anna", "Bert", "Carl"]


@pytest.mark.parametrize(
    "text",
    [
        "a 26 minutes\n\nFive boats",
        "Boats | 26\nFerries | 5",
        "Boats | 26 minutes",
        "Boats\t26",
        "a\tb\nBoats\t26",
        "a plate\n- prizes",
        "a plate\n  2. prizes",
    ],
)
def test_a_span_stays_in_its_paragraph_list_item_or_table_cell(text: str) -> None:
    ends = {0: 9.0, len(WORD.findall(text)) - 1: 9.0}
    best, _ = answers(reading(text, {0: 9.0}, ends), text)[0]
    assert best in {"a", "Boats"}


def test_of_spans_with_nearly_equal_logits_the_shorter_comes_first_with_its_own_score() -> None:
    text = "Anna met Bert"
    assert answers(reading(text, {0: 5.0}, {0: 5.0, 2: 5.01}), text)[0] == ("Anna", 10.0)
    assert answers(reading(text, {0: 5.0}, {0: 5.0, 2: 5.1}), text)[0] == (text, 10.1)


def test_a_span_may_go_on_over_a_line_that_only_wraps() -> None:
    for text in ("the old\nferry", "the old\nferry   Star", "the   old\nferry"):
        last = len(WORD.findall(text)) - 1
        assert answers(reading(text, {0: 5.0}, {last: 5.0}), text)[0][0] == text


def test_a_span_stays_in_its_row_of_words_set_apart() -> None:
    text = "Boats    26\nFerries   5"
    found = answers(reading(text, {1: 9.0}, {1: 1.0, 2: 9.0}), text)
    assert "26" in [answer for answer, _ in found]
    assert not [answer for answer, _ in found if "\n" in answer]


@pytest.mark.parametrize(
    ("text", "picked", "expected"),
    [
        ("won a $5.9 billion contract", "5.9 billion", "$5.9 billion"),
        ("rose by 12% in May", "12", "12%"),
        ("rose by 12 % in May", "12", "12 %"),
        ("fell to -12 degrees", "-12 degrees", "-12 degrees"),
        ("fell to -12 degrees", "12", "-12"),
        ("(-$5 million)", "5", "-$5 million"),
        ("a .38 pistol", ".38", ".38"),
        ("boats 5-12 of the list", "12", "12"),
        ("on 2023-05-28 it", "2023-05", "2023-05-28"),
        ("on 2023-05-28 it", "28", "2023-05-28"),
        ("on 2023-05-28 it", "on", "on"),
        ("call 12023-05-28", "28", "28"),
        ("at 2023-05-28T10:30Z", "2023", "2023"),
        ("it ended.12 boats", "12", "12"),
        ("cost 10,000 euros", "10", "10,000"),
        ("about 3.5 tonnes", "5", "3.5"),
        ("in 2019, 2020", "2019", "2019"),
        ("on May 5,2020", "2020", "2020"),
        ("cost 1,00,000 rupees", "1", "1,00,000"),
        ("Seats | 5\nMillion Dollar Hotel | 4", "5", "5"),
        ("| 26 | Boats", "26 |", "26"),
        ("about 20 Million people", "20", "20 Million"),
        ("हिन्दी भाषा", "ह", "हिन्दी"),
        ("some 20 million people", "20", "20 million"),
        ("in 2020 a million came", "2020", "2020"),
        ("about 3.5 per cent more", "3.5", "3.5 per cent"),
        ("on 12 December", "12", "12"),
        ("the 'space data center' sector", "'space data center", "space data center"),
        ("called “first light” there", "“first light”", "first light"),
        ("by (AI) tools", "(AI)", "AI"),
        ("artificial intelligence (AI) tools", "artificial intelligence (AI)", "artificial intelligence (AI)"),
        ("near the quay (Photo: Anna", "(Photo: Anna", "Photo: Anna"),
        ("the U.S. base", "U.S.", "U.S."),
        ("it ended.", "ended.", "ended"),
        ("in the harbourside inn", "harbour", "harbourside"),
        ("... ...", "...", "..."),
    ],
)
def test_a_span_ends_where_a_person_would_end_it(text: str, picked: str, expected: str) -> None:
    start = text.index(picked)
    low, high = tidy(text, start, start + len(picked))
    assert text[low:high] == expected


@given(st.text(st.sampled_from("ab 1$%.,'“”()😀👩‍🚀\u0301\u200dאב🇩🇪"), min_size=1, max_size=60), st.data())
def test_spans_split_no_grapheme_and_lie_inside_the_text(text: str, data: st.DataObject) -> None:
    count = len(WORD.findall(text))
    logits = st.lists(st.floats(-9, 9, width=32), min_size=count, max_size=count)
    found = reading(text, dict(enumerate(data.draw(logits))), dict(enumerate(data.draw(logits))))
    edges = {0, *(m.end() for m in regex.finditer(r"\X", text))}
    for pointed in best_spans(found, "", text):
        assert 0 <= pointed.span.start < pointed.span.end <= len(text)
        assert {pointed.span.start, pointed.span.end} <= edges


def test_nothing_to_read_gives_no_span() -> None:
    assert best_spans(reading("", {}, {}), "", "") == []
