"""Debian's chromium, and the service on predictable models, for the tests in a browser."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from api.routes.widget import bundle
from tests.api_server import listening

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 60_000  # machines are shared: time says nothing about a page
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=LocalNetworkAccessChecks",
]
QUESTION = "Where sank the old ferry on that cold day?"  # answered with Morlo, from two articles
MISSPELT = "Where sank the old ferry that the fishermn have seen on that cold day?"  # the same
NEAR = "where can i buy a ferry ticket"  # not answered, though there are passages about ferries
UNKNOWN = "how do i tune a guitar"
LONG = "which regulation was passed about mooring fees after the storm"
HEBREW = "באיזו שנה נבנה המגדלור הישן על האי"
EMOJI = "What number did the party band play near the bay"
ARTICLES: Mapping[str, Mapping[str, str]] = {
    "ferry": {
        "title": "Old ferry lost in the bay",
        "text": "It rained. The old ferry sank near Morlo on a cold day. Nobody drowned.",
        "source": "Bay News",
        "published": "2020-10-21",
        "url": "https://bay.example/ferry",
        "language": "en",
    },
    "again": {
        "title": "",
        "text": "everybody in the village says: near Morlo the old ferry sank on a cold day, while the bells "
        "were rung, and three fishermen have seen her again.",
        "source": "Bay News",
    },
    "rival": {
        "title": "Another wreck",
        "text": "On that cold day the old ferry never went near Stonnick.",
        "source": "Wire",
    },
    "mooring": {
        "title": "Harbour council passes the so-called Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnung, "
        "the longest regulation in the history of the bay, after a debate of eleven hours and two adjournments",
        "text": "the regulation that was passed about mooring fees after the storm, which had been promised to the "
        "skippers of the inner basin for as long as anybody on the quay could remember, and which the clerk read aloud "
        "from beginning to end while the gulls on the roof answered every paragraph in their own way, is called "
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnung because nobody in the chamber, neither the "
        "harbour master nor the two members who had walked out in protest and come back for the soup, was able to "
        "think of a shorter name that would have covered the boats, the berths, the bollards, the buoys and the hats "
        "of all those who look after them.",
        "source": "The Very Official Gazette of the Harbour, the Inner Basin and the Approaches",
        "published": "2021-03-04",
        "url": "https://bay.example/a-very-long-address-that-goes-on/and-on",
    },
    "lighthouse": {
        "title": "המגדלור הישן",
        "text": "המגדלור הישן על האי נבנה בשנת 1871 בידי דייגים, והוא מאיר עד היום.",
        "source": "עיתון המפרץ",
        "published": "2019-05-01",
        "language": "he",
    },
    "party": {
        "title": "Party 🎉 in the bay",
        "text": "the party band 🎷👩‍🚀 did play number 99 🎆 near the bay.",
        "source": "Bay 🐟 News",
    },
}


expect.set_options(timeout=PATIENCE_MS)


def put(service: str, id: str, article: Mapping[str, str], key: str = "") -> None:
    """Puts an article into a running service."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = Request(f"{service}v1/articles/{id}", json.dumps(article).encode(), headers, method="PUT")
    with urlopen(request) as response:
        assert response.status in (200, 201)


def given(service: str, key: str = "") -> list[dict[str, Any]]:
    """The feedback that a running service has been given, oldest first."""
    request = Request(f"{service}v1/feedback?limit=200", headers={"Authorization": f"Bearer {key}"})
    with urlopen(request) as response:
        listed: list[dict[str, Any]] = json.load(response)["feedback"]
    return listed


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service on predictable models, over ARTICLES."""
    with listening(tmp_path_factory.mktemp("small")) as service:
        address = f"{service.url}/"
        for id, article in ARTICLES.items():
            put(address, id, article)
        yield address


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium; the main thread can run no other event loop as long as it lives."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module."""
    with chromium() as started:
        yield started


def tag(service: str, **attributes: str) -> str:
    """The script tag, with its integrity; `top_k="5"` becomes `data-top-k="5"`."""
    data = "".join(f" data-{name.replace('_', '-')}='{value}'" for name, value in attributes.items())
    source = f"src='{service}widget/quoteline.js' integrity='{bundle().integrity}' crossorigin='anonymous'"
    return f"<script defer {source}{data}></script>"


def snippet(service: str, **attributes: str) -> str:
    """A page with the script tag that places the widget on it."""
    body = f"<main><h1>A page</h1>Its text</main>{tag(service, api=service, **attributes)}"
    return f"<!doctype html><html lang=en><title>A page</title>{body}"


class Widget:
    """The widget on a page, as a reader handles it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.host = page.locator("quoteline-chat")
        self.launcher = self.find(".launcher")
        self.field = self.find("textarea#field")
        self.announcer = self.find(".panel > [role=status]")

    def find(self, selector: str) -> Locator:
        return self.host.locator(selector)

    def button(self, name: str) -> Locator:
        return self.host.get_by_role("button", name=name, exact=True)

    def open(self) -> None:
        """Opens the panel when it is closed."""
        if self.launcher.is_visible():
            self.launcher.click()

    def ask(self, question: str) -> None:
        """Types the question into the open panel and sends it."""
        self.open()
        self.field.fill(question)
        self.field.press("Enter")

    def answered(self, question: str) -> Locator:
        """Asks; the last turn, when it has become something else than asking."""
        self.ask(question)
        turn = self.find(".turn").last
        turn.locator("quoteline-actions").wait_for()
        return turn

    def complain(self, reason: str, comment: str, told: str = "Thank you for telling us.") -> None:
        """Says that the answer does not help, and why; done when the reader is told what became of it."""
        self.button("Not helpful").click()
        self.host.get_by_label(reason).check()
        self.host.get_by_label("Anything to add?").fill(comment)
        self.button("Send").click()
        expect(self.find("quoteline-actions .said")).to_have_text(told)


def show(page: Page, service: str, body: str, headers: Mapping[str, str] | None = None) -> Widget:
    """Opens a page of the service's own origin that holds `body`."""
    address = f"{service}a-page"
    page.route(address, lambda route: route.fulfill(body=body, content_type="text/html", headers=dict(headers or {})))
    page.goto(address)
    page.wait_for_function("customElements.get('quoteline-chat') !== undefined")
    return Widget(page)


def problem(status: int, code: str, retry_after: int | None = None) -> dict[str, Any]:
    """An RFC 9457 response as the service sends it, for a route to be fulfilled with."""
    body = {"type": "about:blank", "title": "", "status": status, "code": code, "errors": []}
    trouble = {"detail": "Something went wrong here; it has been logged.", "request_id": "0b6f2c1e9a4d"}
    headers = {"Content-Type": "application/problem+json"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return {"status": status, "json": {**body, **trouble}, "headers": headers}


def first_fails(page: Page, status: int, code: str, retry_after: int | None = None) -> None:
    """The first question is answered with a problem, every other by the service."""
    page.route("**/v1/ask", lambda route: route.fulfill(**problem(status, code, retry_after)), times=1)


@contextmanager
def watched(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page that fails its test on a script error, a console error or a refused resource."""
    context: BrowserContext = browser.new_context(**options)
    trouble: list[str] = []
    context.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => console.error(`refused by ${event.violatedDirective}`))"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert trouble == []


@pytest.fixture
def forgiving(browser: Browser) -> Iterator[Page]:
    """A page whose console may hold what the browser itself says of failed requests."""
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A watched page of desktop size."""
    with watched(browser, viewport={"width": 1024, "height": 768}) as opened:
        yield opened
