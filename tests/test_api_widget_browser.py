"""The widget in a real browser against the service: asked, answered, cited, closed."""

from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import EMOJI, HEBREW, NEAR, QUESTION, UNKNOWN, Widget, show, snippet, watched

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
    mark.wait_for()
    box = mark.bounding_box()
    assert (mark.inner_text(), box is not None and 0 <= box["y"] <= 768) == ("Morlo", True)


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
    for question in (QUESTION, QUESTION, UNKNOWN):
        widget.answered(question)
        widget.page.wait_for_function("n => said.length >= n", arg=widget.find(".turn").count())
    said = widget.page.evaluate("said")
    assert [text.split(". ")[0] for text in said] == ["Morlo", "Morlo", "No answer"]
    assert "From Old ferry lost in the bay." in said[0]
    assert widget.find("[role=log]").get_attribute("aria-live") == "off"


def test_nothing_is_asked_of_the_network_before_a_question(page: Page, small: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    widget = show(page, small, snippet(small))
    widget.launcher.click()
    expect(widget.field).to_be_focused()
    assert asked == [f"{small}a-page", f"{small}widget/quoteline.js"]


def test_nothing_is_stored_before_the_first_question(widget: Widget) -> None:
    stored = "[sessionStorage.length, localStorage.length, document.cookie]"
    widget.launcher.click()
    assert widget.page.evaluate(stored) == [0, 0, ""]
    widget.answered(QUESTION)
    assert widget.page.evaluate(stored) == [1, 0, ""]


@pytest.mark.parametrize(("history", "turns"), [("none", 0), ("tab", 1), ("local", 1)])
def test_the_conversation_is_kept_as_the_page_asks(page: Page, small: str, history: str, turns: int) -> None:
    widget = show(page, small, snippet(small, history=history))
    widget.answered(QUESTION)
    page.reload()
    widget.launcher.click()
    expect(widget.field).to_be_focused()
    assert widget.find(".turn").count() == turns
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [history == "tab", history == "local"]


def test_clearing_forgets_the_conversation_and_what_was_stored(widget: Widget) -> None:
    widget.answered(QUESTION)
    widget.button("Clear the conversation").click()
    expect(widget.find(".welcome")).to_be_visible()
    expect(widget.field).to_be_focused()
    assert widget.page.evaluate("sessionStorage.length") == 0


def test_the_page_hears_of_every_step(page: Page, small: str) -> None:
    names = ["ready", "question", "answer", "noanswer", "citationopen", "feedback", "error"]
    listen = "".join(f"addEventListener('quoteline-{name}', () => heard.push('{name}'));" for name in names)
    widget = show(page, small, f"<script>const heard = [];{listen}</script>" + snippet(small))
    turn = widget.answered(QUESTION)
    with page.context.expect_page():
        turn.get_by_role("link", name="View in context").first.click()
    widget.answered(UNKNOWN)
    assert page.evaluate("heard") == ["ready", "question", "answer", "citationopen", "question", "noanswer"]


def test_a_page_may_cancel_a_question(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small))
    page.evaluate("addEventListener('quoteline-question', (event) => event.preventDefault())")
    assert page.evaluate("question => document.querySelector('quoteline-chat').ask(question)", QUESTION) is None
    assert widget.find(".turn").count() == 0


def test_a_page_may_ask_and_gets_the_answer(page: Page, small: str) -> None:
    show(page, small, snippet(small, top_k="1"))
    body = page.evaluate("question => document.querySelector('quoteline-chat').ask(question)", QUESTION)
    assert (body["answer"]["text"], body["alternatives"]) == ("Morlo", [])


def test_attributes_narrow_what_is_asked(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small, filters='{"source": ["Nobody"]}', min_confidence="0.2"))
    turn = widget.answered(QUESTION)
    expect(turn.locator(".why")).to_have_text("No article passes the filters.")


def test_inline_it_stands_where_it_is_placed_and_cannot_be_closed(page: Page, small: str) -> None:
    body = (
        f"<script src='{small}widget/quoteline.js'></script><p>Above</p><quoteline-chat mode=inline></quoteline-chat>"
    )
    widget = show(page, small, f"<!doctype html><html lang=en><title>A page</title>{body}")
    widget.answered(QUESTION)
    boxes = [page.locator(selector).bounding_box() for selector in ("p >> nth=0", "quoteline-chat section")]
    assert all(above and below and above["y"] + above["height"] <= below["y"] for above, below in pairwise(boxes))
    assert widget.launcher.count() == widget.button("Close").count() == 0


def test_loaded_twice_it_is_there_once_for_each_tag(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small) + f"<script defer src='{small}widget/quoteline.js'></script>")
    page.wait_for_load_state()
    assert widget.launcher.count() == 1


@pytest.mark.parametrize(
    ("lang", "heading", "direction"),
    [("de", "Fragen Sie das Archiv", "ltr"), ("ar", "اسأل الأرشيف", "rtl"), ("nl", "Ask the archive", "ltr")],
)
def test_it_speaks_the_language_it_is_given_and_else_english(
    page: Page, small: str, lang: str, heading: str, direction: str
) -> None:
    widget = show(page, small, snippet(small, lang=lang))
    assert widget.launcher.inner_text() == heading
    assert widget.find(".root").get_attribute("dir") == direction


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
        assert page.evaluate("navigator.clipboard.readText()").split("\n")[:3] == [
            "“Morlo”",
            "The old ferry sank near Morlo on a cold day.",
            "Old ferry lost in the bay, Bay News, October 21, 2020",
        ]


def test_it_is_usable_after_a_few_milliseconds_of_script(browser: Browser, small: str) -> None:
    spent = []
    for _ in range(3):
        with watched(browser) as page:
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            show(page, small, snippet(small)).launcher.wait_for()
            metrics = session.send("Performance.getMetrics")["metrics"]
            spent.append(next(metric["value"] for metric in metrics if metric["name"] == "ScriptDuration"))
    assert min(spent) < 0.1
