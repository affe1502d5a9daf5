"""The widget when things go wrong: stopped, limited, busy, offline, refused, misset; and what readers send back."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import PATIENCE_MS, QUESTION, UNKNOWN, Widget, show, site, snippet

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose console may hold what the browser itself says of failed requests."""
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def widget(page: Page, small: str) -> Widget:
    return show(page, small, snippet(small))


def problem(status: int, code: str, retry_after: int | None = None) -> dict[str, Any]:
    """An RFC 9457 response as the service sends it."""
    body = {"type": "about:blank", "title": "", "status": status, "detail": f"It is {code}.", "code": code}
    headers = {"Content-Type": "application/problem+json"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return {"status": status, "json": {**body, "request_id": "req123", "errors": []}, "headers": headers}


def first_fails(page: Page, **response: Any) -> None:
    """The first question is answered with `response`, every other by the service."""
    page.route("**/v1/ask", lambda route: route.fulfill(**response), times=1)


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
    widget.button("Stop").click()
    expect(widget.find(".turn")).to_contain_text("Stopped.")
    widget.button("Ask again").click()
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_the_next_question_ends_the_one_before(page: Page, widget: Widget) -> None:
    page.route("**/v1/ask", lambda route: None, times=1)
    widget.ask(UNKNOWN)
    widget.answered(QUESTION)
    expect(widget.find(".turn").first).to_contain_text("Stopped.")
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_too_many_questions_count_down_and_are_asked_again(page: Page, widget: Widget) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(60)
    first_fails(page, **problem(429, "too_many_requests", retry_after=7))
    assert "Asking again in 7 seconds." in outcome(widget)
    page.clock.run_for(3000)
    expect(widget.find(".why")).to_have_text("Asking again in 4 seconds.")
    page.clock.run_for(5000)
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_a_busy_service_can_be_tried_before_the_time(page: Page, widget: Widget) -> None:
    first_fails(page, **problem(503, "not_ready", retry_after=600))
    assert "The service is busy." in outcome(widget)
    widget.button("Try now").click()
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_a_long_wait_is_told_in_minutes(page: Page, widget: Widget) -> None:
    first_fails(page, **problem(503, "not_ready", retry_after=600))
    assert "Asking again in 10 minutes." in outcome(widget)


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
    first_fails(page, **problem(500, "internal_error"))
    text = outcome(widget)
    assert "It is internal_error." in text
    assert "req123" in text
    widget.button("Ask again").click()
    expect(widget.find(".answer").first).to_have_text("Morlo")


def test_what_the_service_refuses_is_told_in_its_own_words(widget: Widget) -> None:
    assert "at least one letter or digit" in outcome(widget, "?!")


def test_an_answer_that_is_no_json_is_an_error_too(page: Page, widget: Widget) -> None:
    first_fails(page, status=502, body="<h1>Bad gateway</h1>")
    assert "HTTP 502." in outcome(widget)


def test_the_page_hears_what_went_wrong(page: Page, widget: Widget) -> None:
    page.evaluate("addEventListener('quoteline-error', (event) => { window.heard = event.detail; })")
    first_fails(page, **problem(500, "internal_error"))
    outcome(widget)
    assert page.evaluate("heard") == {
        "kind": "failed",
        "detail": "It is internal_error.",
        "status": 500,
        "code": "internal_error",
        "requestId": "req123",
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


def test_a_website_that_is_not_listed_is_told_so_on_the_card_and_in_the_console(page: Page, small: str) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    with site(snippet(small, key="pk_other")) as address:
        page.goto(address)
        text = outcome(Widget(page))
        origin = address.rstrip("/")
    sentence = f"{small.rstrip('/')} does not answer {origin}: list this origin with the key of the widget."
    assert "This website may not ask the articles." in text
    assert sentence in text
    assert f"quoteline: {sentence}" in told


def test_a_website_that_is_listed_asks_with_its_key_and_is_answered(page: Page, small: str) -> None:
    keys: list[str | None] = []

    def with_cors(route: Route) -> None:
        origin = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "authorization, content-type"}
        if route.request.method == "OPTIONS":
            route.fulfill(status=204, headers=origin)
        else:
            keys.append(route.request.header_value("authorization"))
            sent = {name: value for name, value in route.request.headers.items() if name != "origin"}
            answer = route.fetch(headers=sent)
            route.fulfill(response=answer, headers={**answer.headers, **origin})

    page.route(f"{small}v1/ask", with_cors)
    with site(snippet(small, key="pk_paper")) as address:
        page.goto(address)
        turn = Widget(page).answered(QUESTION)
        assert turn.locator(".answer").first.inner_text() == "Morlo"
        link = turn.get_by_role("link", name="View in context").first
        assert re.match(rf"{small}articles/ferry\?start=\d+&end=\d+#quote$", str(link.get_attribute("href")))
    assert keys == ["Bearer pk_paper"]


def test_a_key_that_is_not_accepted_is_told(page: Page, widget: Widget) -> None:
    first_fails(page, **problem(401, "key_needed"))
    text = outcome(widget)
    assert "The service does not accept the key of this website." in text
    assert "It is key_needed." in text


@pytest.fixture
def sent(page: Page) -> list[Any]:
    """The bodies of /v1/feedback, which are taken."""
    bodies: list[Any] = []

    def take(route: Route) -> None:
        bodies.append(route.request.post_data_json)
        route.fulfill(status=201, json={})

    page.route("**/v1/feedback", take)
    return bodies


def test_a_thumb_up_is_sent_with_the_answers_id(widget: Widget, sent: list[Any]) -> None:
    widget.answered(QUESTION)
    widget.button("Helpful").click()
    expect(widget.find("quoteline-actions .said")).to_have_text("Thank you for telling us.")
    (body,) = sent
    assert (body.pop("answer_id")[:4], body) == ("ans_", {"rating": "up"})


def test_a_thumb_down_is_sent_with_its_reason_and_comment(widget: Widget, sent: list[Any]) -> None:
    widget.answered(QUESTION)
    widget.button("Not helpful").click()
    widget.host.get_by_label("The answer is wrong").check()
    widget.host.get_by_label("Anything to add?").fill("It was Stonnick.")
    widget.button("Send").click()
    expect(widget.find("quoteline-actions .said")).to_have_text("Thank you for telling us.")
    expect(widget.button("Not helpful")).to_be_focused()
    (body,) = sent
    assert (body["rating"], body["reason"], body["comment"]) == ("down", "wrong_answer", "It was Stonnick.")


def test_feedback_that_does_not_arrive_is_not_thanked_for(page: Page, widget: Widget) -> None:
    page.route("**/v1/feedback", lambda route: route.abort())
    widget.answered(QUESTION)
    widget.button("Helpful").click()
    expect(widget.find("quoteline-actions .said")).to_have_text("That could not be sent. Try again later.")
    expect(widget.button("Helpful")).to_have_attribute("aria-pressed", "false")


def test_feedback_can_be_switched_off(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small, feedback="off"))
    widget.answered(QUESTION)
    assert widget.button("Helpful").count() == 0
