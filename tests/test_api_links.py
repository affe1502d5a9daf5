"""Links to an article and to its source at the span."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.links import article_link, source_link, view_link
from index.types import Article

URL = "https://example.org/a"


def article(text: str, url: str | None = URL) -> Article:
    return Article("a", "", text, url, None, None, None, "")


def link(text: str, exact: str, url: str | None = URL) -> str | None:
    start = text.index(exact)
    return source_link(article(text, url), start, start + len(exact))


def test_unique_words_need_no_context() -> None:
    assert link("The old ferry sank near Morlo.", "near Morlo") == f"{URL}#:~:text=near%20Morlo"


def test_words_that_stand_twice_get_context_until_they_are_unique() -> None:
    text = "In May the ferry sank. In June the ferry rose. In May the ferry sailed."
    assert link(text, "the ferry") == f"{URL}#:~:text=May-,the%20ferry,-sank"


def test_case_and_white_space_do_not_make_words_unique() -> None:
    assert link("Old ferry. The old\nferry sank.", "Old ferry") == f"{URL}#:~:text=Old%20ferry,-.%20The"


def test_the_signs_of_a_text_directive_are_encoded() -> None:
    assert link("A well-known R&D, Inc. sank.", "well-known R&D, Inc") == f"{URL}#:~:text=well%2Dknown%20R%26D%2C%20Inc"


def test_a_fragment_of_the_url_is_kept() -> None:
    assert link("Morlo", "Morlo", "https://example.org/a#top") == "https://example.org/a#top:~:text=Morlo"


def test_only_web_addresses_become_links() -> None:
    assert link("Morlo", "Morlo", None) is None
    assert link("Morlo", "Morlo", "javascript:alert(1)") is None


@given(text=st.text(min_size=1), data=st.data())
def test_any_span_has_a_link_of_plain_ascii(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    made = source_link(article(text), start, end)
    assert made is not None
    assert made.isascii()
    assert " ".join(text[start:end].split()) in unquote(made)


@given(id=st.text(min_size=1))
def test_an_id_is_one_segment_of_a_path(id: str) -> None:
    for made, folder in ((article_link(id), "/v1/articles/"), (view_link(id), "/articles/")):
        segment = made.removeprefix(folder)
        assert unquote(segment) == id
        assert not set(segment) & set("/?#")


def test_a_view_names_its_span() -> None:
    assert view_link("a/b", 3, 9) == "/articles/a%2Fb?start=3&end=9"


@pytest.mark.parametrize("url", ["https://[2024]example.org/a#top", "http://[x]#y"])
def test_an_address_that_is_none_by_the_letter_still_makes_a_link(url: str) -> None:
    assert link("The old ferry", "old", url) == f"{url}:~:text=old"


def test_a_text_directive_of_the_source_makes_room_for_ours() -> None:
    assert link("The old ferry", "old", f"{URL}#:~:text=foo") == f"{URL}#:~:text=old"
