"""Every state of the widget, in its modes, themes and directions: no axe violation, nothing cut off, a picture.

The pictures lie in build/widget/, to be looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.axe import violations
from tests.browser import LONG, QUESTION, ROOT, Widget, show, snippet
from tests.widget_states import STATES

pytestmark = pytest.mark.browser

PICTURES = ROOT / "build" / "widget"
SUGGESTIONS = '["Where did the old ferry sink?", "Which regulation was passed about mooring fees?"]'
DESKTOP = ViewportSize(width=1024, height=768)
NARROW = ViewportSize(width=320, height=640)
PHONE = ViewportSize(width=390, height=760)
LIGHT, DARK, LIGHT_RTL, DARK_RTL = ("light", "en"), ("dark", "en"), ("light", "ar"), ("dark", "ar")
ALONE = "<style>body { margin: 0 } main { position: absolute; clip-path: inset(50%) }</style>"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the widget stands, and how it is looked at there."""

    mode: str
    size: ViewportSize
    looks: tuple[tuple[str, str], ...]


PLACES = {
    "desktop": Place("launcher", DESKTOP, (LIGHT, DARK, LIGHT_RTL, DARK_RTL)),
    "narrow": Place("launcher", NARROW, (LIGHT, DARK, LIGHT_RTL, DARK_RTL)),
    "inline": Place("inline", DESKTOP, (LIGHT, DARK_RTL)),
    "page": Place("page", DESKTOP, (DARK, LIGHT_RTL)),
}


@pytest.fixture(scope="module")
def still(browser: Browser) -> Page:
    """A page on which nothing moves."""
    return browser.new_page(reduced_motion="reduce", viewport=DESKTOP)


@pytest.fixture
def opened(still: Page) -> Iterator[Page]:
    """The same page for every test, online and without routes."""
    yield still
    still.unroute_all()
    still.context.set_offline(False)
    still.set_viewport_size(DESKTOP)


def place(page: Page, service: str, mode: str, **attributes: str) -> Widget:
    """The widget in that mode, with suggestions; in mode page, alone."""
    body = snippet(service, mode=mode, suggestions=SUGGESTIONS, history="none", **attributes)
    return show(page, service, body + (ALONE if mode == "page" else ""))


@pytest.mark.parametrize(
    ("state", "where"),
    [(s, w) for s in STATES for w in PLACES if s != "launcher" or PLACES[w].mode == "launcher"],
)
def test_a_state_is_accessible_and_fits(opened: Page, small: str, state: str, where: str) -> None:
    opened.set_viewport_size(PLACES[where].size)
    STATES[state](opened, place(opened, small, PLACES[where].mode))
    for theme, lang in PLACES[where].looks:
        _look(opened, theme, lang)
        picture(opened, f"{state}-{where}-{theme}-{lang}")
        assert (violations(opened), overflowing(opened)) == ([], []), (theme, lang)


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


def picture(page: Page, name: str) -> None:
    """Leaves a picture of what is seen, to be looked at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(PICTURES, f"{name}.png"))


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


@pytest.mark.parametrize("mode", ["launcher", "inline", "page"])
def test_on_a_phone_each_mode_fits(opened: Page, small: str, mode: str) -> None:
    opened.set_viewport_size(PHONE)
    widget = place(opened, small, mode)
    widget.answered(LONG)
    picture(opened, f"phone-{mode}")
    assert overflowing(opened) == []


def test_at_a_zoom_of_200_percent_it_still_fits(browser: Browser, small: str) -> None:
    page = browser.new_page(viewport={"width": 640, "height": 512}, device_scale_factor=2)
    place(page, small, "launcher", lang="de").answered(LONG)
    picture(page, "zoomed")
    assert overflowing(page) == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_forced_colours_the_mark_and_the_buttons_keep_an_outline(browser: Browser, small: str, scheme: Any) -> None:
    page = browser.new_page(viewport=DESKTOP, forced_colors="active", color_scheme=scheme)
    widget = place(page, small, "launcher")
    assert widget.launcher.evaluate("node => getComputedStyle(node).borderStyle") == "solid"
    widget.answered(QUESTION)
    assert widget.find("mark").first.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    picture(page, f"forced-colours-{scheme}")
    page.close()


def test_with_reduced_motion_nothing_moves(opened: Page, small: str) -> None:
    widget = place(opened, small, "launcher")
    STATES["asking"](opened, widget)
    assert widget.find(".dots i").first.evaluate("node => node.getAnimations().length") == 0
    picture(opened, "reduced-motion")


@pytest.mark.parametrize("state", ["welcome", "answered", "why", "error"])
def test_every_target_is_at_least_24_pixels(opened: Page, small: str, state: str) -> None:
    widget = place(opened, small, "launcher")
    STATES[state](opened, widget)
    for target in widget.host.locator("button:visible, a:visible, summary:visible, label:has(input):visible").all():
        box = target.bounding_box()
        assert box is not None
        assert (box["width"] >= 24, box["height"] >= 24) == (True, True), target.inner_text()
