"""The widget in a real browser against the service: asked, answered, cited, closed."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import EMOJI, HEBREW, MISSPELT, NEAR, QUESTION, UNKNOWN, Widget, show, snippet, watched

pytestmark = pytest.mark.browser


@pytest.fixture
def widget(page: Page, small: str) -> Widget:
    """The widget as the script tag places it."""
    return show(page, small, snippet(small))


def test_an_answer_comes_with_its_sentence_and_the_words_marked(widget: Widget) -> None:
    turn = widget.answered(QUESTION)
    assert turn.locator(".answer").first.inner_text() == "Morlo"
    assert turn.locator("blockquote").first.inner_text() == "The old ferry sank near Morlo on a cold day."
    assert turn.locator("mark").first.inner_text() == "Morlo"


def test_the_next_source_of_the_same_answer_is_folded_under_it(widget: Widget) -> None:
    turn = widget.answered(QUESTION)
    turn.get_by_text("More sources (1)").click()
    expect(turn.locator("blockquote").nth(1)).to_contain_text("three fishermen have seen her")


def test_what_a_misspelt_question_was_read_as_stands_above_its_answer(widget: Widget) -> None:
    turn = widget.answered(MISSPELT)
    read = MISSPELT.replace("fishermn", "fishermen")
    expect(turn.locator(".meta").first).to_have_text(f"Read as {read}")
    assert turn.locator(".answer").first.inner_text() == "Morlo"
    assert widget.answered(QUESTION).get_by_text("Read as").count() == 0


def test_other_answers_are_folded_under_the_best(widget: Widget) -> None:
    turn = widget.answered(QUESTION)
    assert not turn.get_by_text("Stonnick", exact=True).first.is_visible()
    turn.get_by_text("Other possible answers").click()
    expect(turn.get_by_text("Stonnick", exact=True).first).to_be_visible()


def test_how_sure_it_is_stands_there_in_words_and_as_a_number(widget: Widget) -> None:
    certainty = widget.answered(QUESTION).locator(".certainty").first.inner_text()
    words, number = certainty.split(" · ")
    assert words in {"Confident", "Fairly confident", "Not very sure"}
    assert 0 <= int(number.removesuffix("%")) <= 100


def test_the_context_page_opens_with_the_mark_on_screen(widget: Widget) -> None:
    turn = widget.answered(QUESTION)
    with widget.page.context.expect_page() as opened:
        turn.get_by_role("link", name="View in context").first.click()
    mark = opened.value.locator("mark#quote")
    expect(mark).to_have_text("Morlo")
    expect(mark).to_be_in_viewport()


def test_the_source_opens_at_the_passage(widget: Widget) -> None:
    link = widget.answered(QUESTION).get_by_role("link", name="Open at this passage").first
    assert str(link.get_attribute("href")).startswith("https://bay.example/ferry#:~:text=")
    assert (link.get_attribute("rel"), link.get_attribute("target")) == ("noopener", "_blank")


def test_no_answer_says_so_with_the_nearest_passages_unmarked(widget: Widget) -> None:
    turn = widget.answered(NEAR)
    expect(turn.locator(".verdict")).to_have_text("No answer")
    assert turn.locator("blockquote").count() > 0
    assert turn.locator("mark, .answer").count() == 0


@pytest.mark.parametrize(("question", "exact", "around"), [(HEBREW, "1871", "בידי דייגים"), (EMOJI, "99", "🎷👩‍🚀")])
def test_quotes_in_any_script_keep_their_characters_and_their_direction(
    widget: Widget, question: str, exact: str, around: str
) -> None:
    quote = widget.answered(question).locator("blockquote").first
    assert quote.locator("mark").inner_text() == exact
    assert around in quote.inner_text()
    assert quote.evaluate("node => getComputedStyle(node).direction") == ("rtl" if question == HEBREW else "ltr")


def test_the_journey_by_keyboard_alone(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small, suggestions=f'["{QUESTION}"]'))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(widget.field).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    widget.find("quoteline-actions").wait_for()
    page.keyboard.press("Tab")
    assert focused(page) == "Open at this passage (opens in a new tab)"
    page.keyboard.press("Tab")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    assert "/articles/ferry" in opened.value.url
    page.bring_to_front()
    page.keyboard.press("Escape")
    expect(widget.launcher).to_be_focused()
    assert not widget.field.is_visible()


def focused(page: Page) -> str:
    """The text of the focused element, in whichever shadow root."""
    return str(
        page.evaluate(
            """() => {
              let active = document.activeElement;
              while (active.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
              return active.textContent.trim();
            }"""
        )
    )


@pytest.mark.parametrize("lang", ["en-US_POSIX", "de-DE@euro", "en-GB,en", "de-"])
def test_a_malformed_language_of_the_page_does_not_keep_it_away(page: Page, small: str, lang: str) -> None:
    widget = show(page, small, snippet(small, lang=lang))
    expect(widget.launcher).to_be_visible()


def test_escape_gives_the_focus_back_to_what_opened_it(page: Page, small: str) -> None:
    button = "<button onclick=\"document.querySelector('quoteline-chat').open()\">Ask us</button>"
    widget = show(page, small, snippet(small) + button)
    page.get_by_text("Ask us").click()
    expect(widget.field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Ask us")).to_be_focused()


def test_each_answer_is_announced_once(widget: Widget) -> None:
    widget.launcher.click()
    widget.page.evaluate(
        """() => {
          window.said = [];
          const announcer = document.querySelector('quoteline-chat').shadowRoot.querySelector('.panel > [role=status]');
          const listen = () => announcer.textContent && said.push(announcer.textContent);
          new MutationObserver(listen).observe(announcer, {childList: true, characterData: true, subtree: true});
        }"""
    )
    for question in (QUESTION, QUESTION, UNKNOWN, MISSPELT):
        widget.answered(question)
        widget.page.wait_for_function("n => said.length >= n", arg=widget.find(".turn").count())
    said = widget.page.evaluate("said")
    assert [text.split(". ")[0] for text in said[:3]] == ["Morlo", "Morlo", "No answer"]
    assert said[3].startswith("Read as Where sank the old ferry that the fishermen have seen on that cold day? Morlo.")
    assert "From Old ferry lost in the bay." in said[0]
    assert widget.find("[role=log]").get_attribute("aria-live") == "off"
    assert widget.find("[role=status], [role=alert], [aria-live]:not([aria-live=off])").count() == 1


def test_on_a_small_screen_it_covers_the_page_and_keeps_the_focus_inside(browser: Browser, small: str) -> None:
    with watched(browser, viewport={"width": 390, "height": 700}) as page:
        widget = show(page, small, "<a href=#x>Behind</a>" + snippet(small))
        widget.launcher.click()
        assert widget.find("dialog").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 700}
        assert widget.find("dialog").evaluate("node => node.matches(':modal')")
        page.keyboard.press("Escape")
        expect(widget.launcher).to_be_focused()


def test_the_answer_can_be_copied_with_its_citation(browser: Browser, small: str) -> None:
    with watched(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        widget = show(page, small, snippet(small))
        copy = widget.answered(QUESTION).locator("button.copy")
        expect(copy).to_have_text("Copy")
        copy.click()
        expect(copy).to_have_text("Copied")
        expect(widget.announcer).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").split("\n")[:3] == [
            "“Morlo”",
            "The old ferry sank near Morlo on a cold day.",
            "Old ferry lost in the bay, Bay News, October 21, 2020",
        ]
