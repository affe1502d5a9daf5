"""Every state of the widget, in both themes and both directions: no axe violation, nothing cut off, and a picture.

The pictures lie in build/widget/, to be looked at.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import EMOJI, HEBREW, LONG, NEAR, QUESTION, ROOT, UNKNOWN, Widget, show, snippet
from tests.test_api_widget_trouble import first_fails, problem

pytestmark = pytest.mark.browser

AXE = ROOT / "api" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "build" / "widget"
SUGGESTIONS = '["Where did the old ferry sink?", "Which regulation was passed about mooring fees?"]'
DESKTOP = {"width": 1024, "height": 768}
PHONE = {"width": 320, "height": 640}


def _launcher(page: Page, widget: Widget) -> None:
    widget.launcher.wait_for()


def _welcome(page: Page, widget: Widget) -> None:
    widget.launcher.click()
    widget.find(".suggestion").first.wait_for()


def _asking(page: Page, widget: Widget) -> None:
    page.route("**/v1/ask", lambda route: None, times=1)
    widget.ask(QUESTION)
    widget.find(".asking").wait_for()


def _answered(page: Page, widget: Widget) -> None:
    turn = widget.answered(QUESTION)
    for summary in turn.locator("summary").all()[:1]:
        summary.click()


def _alternatives(page: Page, widget: Widget) -> None:
    turn = widget.answered(QUESTION)
    turn.locator(":scope > details summary").last.click()
    turn.locator(":scope > details").last.evaluate("node => node.scrollIntoView()")


def _long(page: Page, widget: Widget) -> None:
    widget.answered(LONG)


def _scripts(page: Page, widget: Widget) -> None:
    widget.answered(EMOJI)
    widget.answered(HEBREW)


def _no_answer(page: Page, widget: Widget) -> None:
    widget.answered(NEAR)


def _unknown(page: Page, widget: Widget) -> None:
    widget.answered(UNKNOWN)


def _why(page: Page, widget: Widget) -> None:
    turn = widget.answered(UNKNOWN)
    turn.locator("[aria-pressed]").last.click()
    turn.locator("fieldset").wait_for()


def _fails(status: int, code: str, retry_after: int | None = None) -> Callable[[Page, Widget], None]:
    def bring(page: Page, widget: Widget) -> None:
        first_fails(page, **problem(status, code, retry_after))
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
    "long": _long,
    "scripts": _scripts,
    "no-answer": _no_answer,
    "unknown": _unknown,
    "why": _why,
    "limited": _fails(429, "too_many_requests", 42),
    "busy": _fails(503, "not_ready", 2000),
    "error": _fails(500, "internal_error"),
    "offline": _offline,
    "stopped": _stopped,
}
LOOKS = [("light", "en"), ("dark", "en"), ("light", "ar"), ("dark", "ar")]


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def opened(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_accessible_and_fits(opened: Page, small: str, axe: str, state: str) -> None:
    widget = show(opened, small, snippet(small, suggestions=SUGGESTIONS, history="none"))
    STATES[state](opened, widget)
    for theme, lang in LOOKS:
        _look(opened, theme, lang)
        _picture(opened, f"{state}-{theme}-{lang}")
        assert (violations(opened, axe), overflowing(opened)) == ([], []), (theme, lang)


def _look(page: Page, theme: str, lang: str) -> None:
    """Gives the page and the widget that theme, that language and its direction."""
    page.evaluate(
        """async ([theme, lang]) => {
          const chat = document.querySelector('quoteline-chat');
          document.documentElement.style.colorScheme = chat.theme = theme;
          document.documentElement.lang = chat.locale = lang;
          document.dir = lang === 'ar' ? 'rtl' : 'ltr';
          await chat.updateComplete;
        }""",
        [theme, lang],
    )


def _picture(page: Page, name: str) -> None:
    width = (page.viewport_size or DESKTOP)["width"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(PICTURES, f"{name}-{width}.png"))


def violations(page: Page, axe: str) -> list[Any]:
    """What axe finds wrong, by rule and place."""
    page.evaluate(axe)
    found: list[Any] = page.evaluate(
        """async () => (await axe.run()).violations.flatMap((rule) =>
             rule.nodes.map((node) => [rule.id, node.target.flat().join(' '), node.failureSummary]))"""
    )
    return found


def overflowing(page: Page) -> list[str]:
    """Elements of the widget that reach beyond the window at its sides."""
    found: list[str] = page.evaluate(
        """() => {
          const root = document.querySelector('quoteline-chat').shadowRoot;
          const width = document.documentElement.clientWidth;
          const isOut = (node) => {
            const box = node.getBoundingClientRect();
            return !node.closest('.unseen') && box.width > 0 && (box.left < -0.5 || box.right > width + 0.5);
          };
          const clipped = [...root.querySelectorAll('.panel, .log, .citation')].filter(
            (node) => node.scrollWidth > node.clientWidth + 1);
          return [...[...root.querySelectorAll('*')].filter(isOut), ...clipped].map((node) => node.className);
        }"""
    )
    return found


@pytest.mark.parametrize("mode", ["inline", "page"])
def test_the_other_modes_are_accessible_and_fit(browser: Browser, small: str, axe: str, mode: str) -> None:
    for viewport in (DESKTOP, PHONE):
        page = browser.new_page(viewport=viewport)  # type: ignore[arg-type]
        body = f"<script src='{small}widget/quoteline.js'></script><quoteline-chat mode={mode}></quoteline-chat>"
        style = "<style>body { margin: 0 }</style>"
        widget = show(page, small, f"<!doctype html><html lang=en><title>A page</title>{style}<main>{body}</main>")
        widget.answered(QUESTION)
        _picture(page, f"{mode}-light-en")
        assert [found for found in violations(page, axe) if found[0] != "page-has-heading-one"] == []
        assert overflowing(page) == []
        page.close()


def test_text_of_double_size_still_fits(browser: Browser, small: str, axe: str) -> None:
    page = browser.new_page(viewport={"width": 640, "height": 512}, device_scale_factor=2)
    widget = show(page, small, snippet(small, lang="de", history="none"))
    widget.answered(LONG)
    _picture(page, "zoomed-light-de")
    assert overflowing(page) == []
    page.close()


def test_in_forced_colours_the_mark_and_the_buttons_keep_an_outline(browser: Browser, small: str) -> None:
    context = browser.new_context(viewport=DESKTOP, forced_colors="active")  # type: ignore[arg-type]
    page = context.new_page()
    widget = show(page, small, snippet(small, history="none"))
    assert widget.launcher.evaluate("node => getComputedStyle(node).borderStyle") == "solid"
    widget.answered(QUESTION)
    assert widget.find("mark").first.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    _picture(page, "forced-colours")
    context.close()


def test_with_reduced_motion_nothing_moves(browser: Browser, small: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    widget = show(page, small, snippet(small))
    _asking(page, widget)
    assert widget.find(".dots i").first.evaluate("node => node.getAnimations().length") == 0
    page.close()


@pytest.mark.parametrize("state", ["welcome", "answered", "why", "error"])
def test_every_target_is_at_least_24_pixels(browser: Browser, small: str, state: str) -> None:
    page = browser.new_page(viewport=DESKTOP)  # type: ignore[arg-type]
    widget = show(page, small, snippet(small, suggestions=SUGGESTIONS, history="none"))
    STATES[state](page, widget)
    for target in widget.host.locator("button:visible, a:visible, summary:visible, label:has(input):visible").all():
        box = target.bounding_box()
        assert box is not None
        assert (box["width"] >= 24, box["height"] >= 24) == (True, True), target.inner_text()
    page.close()
