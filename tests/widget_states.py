"""Every state that the widget can be brought into, by name."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser import EMOJI, HEBREW, LONG, MISSPELT, NEAR, QUESTION, UNKNOWN, Widget, first_fails


def _launcher(page: Page, widget: Widget) -> None:
    widget.launcher.wait_for()


def _welcome(page: Page, widget: Widget) -> None:
    widget.open()
    widget.find(".suggestion").first.wait_for()


def _asking(page: Page, widget: Widget) -> None:
    page.route("**/v1/ask", lambda route: None, times=1)
    widget.ask(QUESTION)
    widget.find(".asking").wait_for()


def _answered(page: Page, widget: Widget) -> None:
    widget.answered(QUESTION).get_by_text("More sources").click()


def _alternatives(page: Page, widget: Widget) -> None:
    alternatives = widget.answered(QUESTION).locator(":scope > details").last
    alternatives.locator("summary").first.click()
    alternatives.evaluate("node => node.scrollIntoView()")


def _corrected(page: Page, widget: Widget) -> None:
    widget.answered(MISSPELT)


def _long(page: Page, widget: Widget) -> None:
    widget.answered(LONG)


def _long_source(page: Page, widget: Widget) -> None:
    widget.answered(LONG).locator("figcaption").first.evaluate("node => node.scrollIntoView({ block: 'end' })")


def _scripts(page: Page, widget: Widget) -> None:
    widget.answered(EMOJI)
    widget.answered(HEBREW)


def _no_answer(page: Page, widget: Widget) -> None:
    widget.answered(NEAR)


def _unknown(page: Page, widget: Widget) -> None:
    widget.answered(UNKNOWN)


def _why(page: Page, widget: Widget) -> None:
    turn = widget.answered(QUESTION)
    turn.locator("[aria-pressed]").last.click()
    turn.locator("fieldset").wait_for()


def _thanked(page: Page, widget: Widget) -> None:
    turn = widget.answered(UNKNOWN)
    turn.locator("[aria-pressed]").first.click()
    turn.locator(".said").wait_for()


def _fails(status: int, code: str, retry_after: int | None = None) -> Callable[[Page, Widget], None]:
    def bring(page: Page, widget: Widget) -> None:
        first_fails(page, status, code, retry_after)
        widget.ask(QUESTION)
        widget.find(".verdict").wait_for()

    return bring


def _offline(page: Page, widget: Widget) -> None:
    page.context.set_offline(True)
    widget.ask(QUESTION)
    widget.find(".verdict").wait_for()


def _stopped(page: Page, widget: Widget) -> None:
    _asking(page, widget)
    widget.find(".send").click()
    widget.find(".remedy").wait_for()


STATES: dict[str, Callable[[Page, Widget], None]] = {
    "launcher": _launcher,
    "welcome": _welcome,
    "asking": _asking,
    "answered": _answered,
    "alternatives": _alternatives,
    "corrected": _corrected,
    "long": _long,
    "long-source": _long_source,
    "scripts": _scripts,
    "no-answer": _no_answer,
    "unknown": _unknown,
    "why": _why,
    "thanked": _thanked,
    "limited": _fails(429, "too_many_requests", 42),
    "busy": _fails(503, "not_ready", 2000),
    "error": _fails(500, "internal_error"),
    "refused": _fails(403, "origin_not_listed"),
    "offline": _offline,
    "stopped": _stopped,
}
