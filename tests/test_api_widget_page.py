"""The widget and the page it stands on: what it costs, stores, hears and tells, and how the page sets it."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import QUESTION, ROOT, UNKNOWN, Widget, show, snippet
from tests.widget_start import script_ms

pytestmark = pytest.mark.browser


@pytest.fixture
def widget(page: Page, small: str) -> Widget:
    """The widget as the script tag places it."""
    return show(page, small, snippet(small))


def test_the_launcher_is_usable_after_less_than_100_milliseconds_of_script(browser: Browser, small: str) -> None:
    assert min(script_ms(browser, small) for _ in range(3)) < 100


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


def test_the_readme_names_every_attribute(page: Page, small: str) -> None:
    show(page, small, snippet(small))
    names = page.evaluate("customElements.get('quoteline-chat').observedAttributes")
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| attribute")[2].partition("\n\n")[0]
    assert set(names) == set(re.findall(r"`([a-z-]+)`", re.sub(r"(?m)^(\|[^|]*\|).*", r"\1", table)))


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
