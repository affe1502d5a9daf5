"""The widget when things go wrong: stopped, limited, busy, offline, refused, misset; and what readers send back.

Requests are intercepted only for what a service cannot be made to do; keys and rates: test_api_widget_keys.py.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import QUESTION, UNKNOWN, Widget, first_fails, given, problem, show, snippet

pytestmark = pytest.mark.browser


@pytest.fixture
def page(forgiving: Page) -> Page:
    return forgiving


@pytest.fixture
def widget(page: Page, small: str) -> Widget:
    return show(page, small, snippet(small))


def outcome(widget: Widget, question: str = QUESTION) -> str:
    """The last turn's text, once it is no longer asking."""
    widget.ask(question)
    turn = widget.find(".turn").last
    turn.locator(".verdict, .why, .answer").first.wait_for()
    return turn.inner_text()


def test_a_question_can_be_stopped_and_asked_again(page: Page, widget: Widget) -> None:
    page.route("**/v1/ask", lambda route: None, times=1)
    widget.ask(QUESTION)
    expect(widget.find(".asking")).to_be_visible()
    widget.field.evaluate("node => node.addEventListener('invalid', () => { window.complained = true; })")
    widget.button("Stop").click()
    expect(widget.find(".turn")).to_contain_text("Stopped.")
    assert page.evaluate("window.complained") is None
    widget.button("Ask again").click()
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_the_next_question_ends_the_one_before(page: Page, widget: Widget) -> None:
    page.route("**/v1/ask", lambda route: None, times=1)
    widget.ask(UNKNOWN)
    widget.answered(QUESTION)
    expect(widget.find(".turn").first).to_contain_text("Stopped.")
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_a_busy_service_tells_how_long_and_can_be_tried_before(page: Page, widget: Widget) -> None:
    first_fails(page, 503, "not_ready", retry_after=600)
    text = outcome(widget)
    assert "The service is busy." in text
    assert "Asking again in 10 minutes." in text
    widget.button("Try now").press("Enter")
    expect(widget.find(".answer").first).to_have_text("Morlo")
    expect(widget.find(".log")).to_be_focused()  # the button is gone, the focus is not


def test_a_service_that_stays_busy_is_not_asked_forever(page: Page, widget: Widget) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/v1/ask", lambda route: route.fulfill(**problem(503, "not_ready", retry_after=0)))
    widget.ask(QUESTION)
    expect(widget.button("Ask again")).to_be_visible()
    assert len(asked) == 5


def test_offline_it_waits_and_asks_when_the_browser_is_back(page: Page, widget: Widget) -> None:
    page.context.set_offline(True)
    assert "You are offline." in outcome(widget)
    page.context.set_offline(False)
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_a_service_that_is_gone_is_tried_again(page: Page, widget: Widget) -> None:
    page.route("**/v1/ask", lambda route: route.abort(), times=1)
    assert "The service cannot be reached." in outcome(widget)
    widget.button("Try now").click()
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_an_error_shows_its_sentence_and_its_request_and_can_be_retried(page: Page, widget: Widget) -> None:
    first_fails(page, 500, "internal_error")
    text = outcome(widget)
    assert "Something went wrong here; it has been logged." in text
    assert "0b6f2c1e9a4d" in text
    widget.button("Ask again").click()
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_what_the_service_refuses_is_told_in_its_own_words(widget: Widget) -> None:
    assert "at least one letter or digit" in outcome(widget, "?!")


def test_an_answer_that_is_no_json_is_an_error_too(page: Page, widget: Widget) -> None:
    page.route("**/v1/ask", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"), times=1)
    assert "HTTP 502." in outcome(widget)


def test_the_page_hears_what_went_wrong(page: Page, widget: Widget) -> None:
    page.evaluate("addEventListener('quoteline-error', (event) => { window.heard = event.detail; })")
    first_fails(page, 500, "internal_error")
    outcome(widget)
    assert page.evaluate("heard") == {
        "kind": "failed",
        "detail": "Something went wrong here; it has been logged.",
        "status": 500,
        "code": "internal_error",
        "requestId": "0b6f2c1e9a4d",
    }


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"filters": "{nonsense"}, "The attribute filters is no JSON object."),
        ({"top_k": "many"}, "The attribute top-k is no number."),
        ({"min_confidence": "high"}, "The attribute min-confidence is no number."),
    ],
)
def test_an_attribute_that_cannot_be_used_is_told_and_nothing_wider_is_asked(
    page: Page, small: str, attributes: dict[str, str], sentence: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    widget = show(page, small, snippet(small, **attributes))
    assert sentence in outcome(widget)
    assert told == [f"quoteline: {sentence}"]
    assert not [url for url in asked if url.endswith("/v1/ask")]


def test_a_thumb_up_reaches_the_service(small: str, widget: Widget) -> None:
    widget.answered(QUESTION)
    widget.button("Helpful").click()
    expect(widget.find("quoteline-actions .said")).to_have_text("Thank you for telling us.")
    last = given(small)[-1]
    assert (last["rating"], last["reason"], last["question"]) == ("up", None, QUESTION)


def test_a_thumb_down_reaches_it_with_its_reason_and_comment(small: str, widget: Widget) -> None:
    widget.answered(QUESTION)
    widget.complain("The answer is wrong", "It was Stonnick.")
    expect(widget.announcer).to_have_text("Thank you for telling us.")
    expect(widget.button("Not helpful")).to_be_focused()
    last = given(small)[-1]
    assert (last["rating"], last["reason"], last["comment"]) == ("down", "wrong_answer", "It was Stonnick.")


def test_feedback_that_does_not_arrive_is_not_thanked_for(page: Page, widget: Widget) -> None:
    page.route("**/v1/feedback", lambda route: route.abort())
    widget.answered(QUESTION)
    widget.button("Helpful").click()
    expect(widget.find("quoteline-actions .said")).to_have_text("That could not be sent. Try again later.")
    expect(widget.button("Helpful")).to_have_attribute("aria-pressed", "false")


def test_what_was_written_is_kept_when_it_cannot_be_sent(page: Page, small: str, widget: Widget) -> None:
    page.route("**/v1/feedback", lambda route: route.abort(), times=1)
    widget.answered(QUESTION)
    widget.complain("The answer is wrong", "It was Stonnick.", told="That could not be sent. Try again later.")
    expect(widget.button("Send")).to_be_focused()
    widget.button("Send").click()
    expect(widget.announcer).to_have_text("Thank you for telling us.")
    assert given(small)[-1]["comment"] == "It was Stonnick."


def test_feedback_can_be_switched_off(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small, feedback="off"))
    widget.answered(QUESTION)
    assert widget.button("Helpful").count() == 0
