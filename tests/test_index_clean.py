"""Canonical text and the audit of what was removed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.clean import canonical, clean, repeats
from index.types import Removed

BODY = "The ferry to the island starts again in May. It carries forty cars.\nTickets cost three crowns each way."
KOREAN = "이 게시물은 광고를 포함하고 있습니다"


def reasons(removed: tuple[Removed, ...]) -> list[tuple[str, str]]:
    return [(r.reason, r.text) for r in removed]


def plain(text: str) -> tuple[str, str, list[tuple[str, str]]]:
    found = clean(text, headline_first=True)
    return found.title, found.text, reasons(found.removed)


texts = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            [
                *("\n", "\r\n", "\r", "\n\n\n\n", " ", "\t", "\xa0", "\ufeff", "\x00", "\u2028", "\u200b", "\u202e"),
                *("e\u0301", "\U0001f680", "שלום עולם", "مرحبا", KOREAN, "© 2020 Someone", "All rights reserved."),
                *("date 2020-07-07 ", "2020-07-07", "A headline", "a headline", "Published: 7 July 2020", ":", "."),
            ]
        ),
    ),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(texts)
def test_cleaning_a_clean_text_again_changes_nothing(text: str) -> None:
    once = clean(text, headline_first=True)
    assert clean(once.text, headline_first=True).text == once.text


@settings(deadline=None)
@given(texts, st.text(max_size=30))
def test_the_text_starts_with_its_title_and_encodes_to_utf8(text: str, title: str) -> None:
    found = clean(text, title=title, headline_first=True)
    assert found.text[: len(found.title)] == found.title
    assert found.text.encode() is not None


@settings(deadline=None)
@given(texts)
def test_canonical_text_has_no_control_characters_and_no_loose_white_space(text: str) -> None:
    lines = canonical(text).split("\n")
    assert all(line == line.strip() for line in lines)
    assert not any(c < " " and c not in "\n\t" for c in canonical(text))
    assert "\n\n\n" not in canonical(text)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo", "Nd", "Mn", "So"]), min_size=1))
def test_words_are_kept_exactly_and_not_normalised(word: str) -> None:
    assert canonical(f" \ufeff{word}\x07\r\n") == word


def test_lone_surrogates_become_the_replacement_character() -> None:
    assert canonical("a\ud800b") == "a\ufffdb"


def test_a_short_first_line_without_a_full_stop_is_the_headline() -> None:
    assert plain(f"Ferry  returns\tin May\n{BODY}") == ("Ferry returns in May", f"Ferry returns in May\n\n{BODY}", [])


@pytest.mark.parametrize(
    "first",
    [
        "The ferry starts again in May.",
        "The old ferry at the island landing. (Photo: HARBOUR BOARD)",
        "Workers paint the ferry (Photo: Harbour Board)",
        "The captain waves. Forty cars wait on the quay",
        "• one item of a list",
        "Photo: Harbour Board",
        "https://example.org/ferry",
        "Dear readers:",
        "***",
        "word " * 31,
        "w" * 201,
    ],
)
def test_a_first_line_that_is_no_headline_stays_in_the_body(first: str) -> None:
    title, text, _ = plain(f"{first}\n\n{BODY}")
    assert (title, text) == ("", f"{first.strip()}\n\n{BODY}")


def test_the_first_line_of_a_hard_wrapped_paragraph_is_no_headline() -> None:
    assert plain("The ferry to the Island of Birds\nstarts again in May, the board\nsaid on Monday.")[0] == ""


def test_a_single_line_has_no_headline() -> None:
    assert plain("Ferry returns in May") == ("", "Ferry returns in May", [])


def test_a_headline_may_end_in_initials() -> None:
    assert plain(f"Ferry builder expands in U.S.\n\n{BODY}")[0] == "Ferry builder expands in U.S."


def test_a_first_line_that_repeats_the_title_is_removed() -> None:
    found = clean(f"Ferry  Returns\n\n{BODY}", title="Ferry returns")
    assert found.text == f"Ferry returns\n\n{BODY}"
    assert reasons(found.removed) == [("repeated title", "Ferry  Returns")]


def test_a_leading_date_marker_is_removed_and_the_rest_of_its_line_stays() -> None:
    found = clean(f"date 2020-07-07 Workers paint the ferry\n{BODY}", headline_first=True)
    assert (found.title, found.text) == ("", f"Workers paint the ferry\n\n{BODY}")
    assert reasons(found.removed) == [("date line", "date 2020-07-07")]
    assert found.dated is not None
    assert found.dated.isoformat() == "2020-07-07"


def test_a_date_marker_below_an_advertising_line_is_removed_too() -> None:
    title, text, removed = plain(f"{KOREAN}\ndate 2020-07-07 Workers paint the ferry\n{BODY}")
    assert (title, text) == ("", f"Workers paint the ferry\n\n{BODY}")
    assert removed == [("other language", KOREAN), ("date line", "date 2020-07-07")]


def test_a_date_line_above_the_headline_is_removed() -> None:
    assert plain(f"July 7, 2020\nFerry returns\n{BODY}") == (
        "Ferry returns",
        f"Ferry returns\n\n{BODY}",
        [("date line", "July 7, 2020")],
    )


def test_a_date_line_below_the_headline_dates_the_article_and_stays() -> None:
    found = clean(f"Ferry returns\nPublished: 7 July 2020\n{BODY}", headline_first=True)
    assert found.dated is not None
    assert "Published: 7 July 2020" in found.text
    assert found.removed == ()


@pytest.mark.parametrize(
    "notice",
    [
        "© The Harbour News (www.example.org). All rights reserved.",
        "© 2020 Harbour News",
        "(c) 2020 Harbour News",
        "Copyright 2020 Harbour News. Terms apply.",
        "Copyright 2023 The Harbour Press. All rights reserved. This material may not be published or rewritten.",
        "Copyright 2024 Universidad de Chile",
        "COPYRIGHT © 2020 HARBOUR NEWS",
        "2020 © Harbour News",
        "Harbour News. All rights reserved.",
        "All rights reserved by the Harbour News.",
        "ⓒ 항구신문",
    ],
)
@pytest.mark.parametrize("form", ["{body}\n{notice}", "{notice}\n{body}", "{body}\n{notice}\n\nBy the harbour desk"])
def test_a_copyright_line_near_either_end_is_removed(notice: str, form: str) -> None:
    found = clean(form.format(body=BODY, notice=notice))
    assert notice not in found.text
    assert reasons(found.removed) == [("copyright line", notice)]
    assert BODY in found.text


@pytest.mark.parametrize(
    "line",
    [
        "Copyright law was changed in 2020 by the council.",
        "Copyright 2023 ruling: AI art is not protected",
        "(c) the third point concerns the quay.",
        "The sign © on the hull is a joke.",
        "The judge told the harbour board that it may not keep all rights reserved.",
        "All rights reserved for the board were sold to the harbour in the end.",
        "All rights reserved seats were sold by noon.",
        "© 2020 Harbour News. " + "The ferry sails. " * 20,
    ],
)
def test_prose_about_copyright_stays(line: str) -> None:
    found = clean(f"{BODY}\n{line}")
    assert line.strip() in found.text
    assert found.removed == ()


def test_a_copyright_line_in_the_middle_stays() -> None:
    lines = [f"Paragraph {n} of the long story." for n in range(12)]
    lines.insert(6, "© 2020 Harbour News")
    assert "© 2020 Harbour News" in clean("\n".join(lines)).text


@pytest.mark.parametrize("form", ["{body}\n{line}", "{body}\n\n{line}\n{line}", "{line}\n{body}"])
def test_an_advertising_line_in_another_script_is_removed(form: str) -> None:
    found = clean(form.format(body=BODY, line=KOREAN))
    assert found.text == BODY
    assert {r.reason for r in found.removed} == {"other language"}
    assert KOREAN in found.removed[0].text


@pytest.mark.parametrize(
    "text",
    [
        f"{BODY}\nThe sign said {KOREAN} in large letters.",
        f"{BODY}\nThe sign at the quay reads:\n{KOREAN}",
        f"{BODY}\n“{KOREAN}”",
        f"{BODY}\n{KOREAN}\n{BODY}",
        f"{KOREAN}\n{KOREAN} 그리고 배는 다시 떠난다\n{KOREAN}",
        "\n".join([BODY, BODY, *[KOREAN] * 4]),
        "\n".join([BODY] * 4 + [f"{KOREAN} " * 12]).strip(),
    ],
)
def test_words_of_another_script_that_belong_to_the_article_stay(text: str) -> None:
    found = clean(text)
    assert (found.text, found.removed) == (text, ())


def test_a_latin_line_at_the_end_of_a_korean_article_is_removed() -> None:
    body = "\n".join(f"{KOREAN} {n}" for n in range(6))
    found = clean(f"{body}\nSubscribe to our newsletter")
    assert found.text == body
    assert reasons(found.removed) == [("other language", "Subscribe to our newsletter")]


def test_a_description_that_repeats_the_body_is_recorded() -> None:
    description = "Tickets cost three crowns each way.The ferry to the island starts again in May."
    assert reasons(clean(BODY, description=description).removed) == [("repeated description", description)]


def test_a_description_of_its_own_repeats_nothing() -> None:
    assert not repeats("A look at the harbour's plans for the coming summer season", BODY)
    assert not repeats("", BODY)
    assert repeats("The ferry", BODY)


def test_removed_text_and_clean_text_make_up_the_article() -> None:
    found = clean(f"2020-07-07\nFerry returns\n{BODY}\n© 2020 Harbour News\n{KOREAN}", headline_first=True)
    words = " ".join([found.text, *(r.text for r in found.removed)]).split()
    expected = f"2020-07-07 Ferry returns {BODY} © 2020 Harbour News {KOREAN}".split()
    assert sorted(words) == sorted(expected)
