"""The front page in a real browser, on the real service with the bundled models and the sample newspaper."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.axe import violations
from tests.browser import ROOT, watched

pytestmark = [pytest.mark.model, pytest.mark.browser]

HOSTILE = """---
title: Harbour <script>document.title='owned'</script> fête
url: javascript:alert(1)
---
The <img src=x onerror="document.title='owned'"> lantern of Pell Point was lit by Ottilie Brandt in 1911.
&lt;b&gt;Bold&lt;/b&gt;
claims followed.
"""
SUGGESTED = {
    "How many passengers did the Skerrow Island ferry carry in 2019?": "212,000",
    "What was the first vehicle across the Gannet Bridge?": "milk float",
    "Who photographed the children on the broken sea wall?": "Maud Isley",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that holds the sample newspaper and one hostile article."""
    extra = tmp_path_factory.mktemp("articles")
    (extra / "lantern.md").write_text(HOSTILE, encoding="utf-8")
    command = [sys.executable, "-m", "api", "--port", "0", "--data", str(tmp_path_factory.mktemp("data"))]
    command += ["--ingest", "eval/corpus", str(extra)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield found[0]
        process.terminate()
        assert process.wait(timeout=30) == 0


@pytest.fixture
def front(page: Page, service: str) -> Iterator[Page]:
    """The front page; a request to somewhere else fails its test."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(service)
    page.locator(".inline textarea").wait_for()
    yield page
    assert [url for url in asked if not url.startswith(service)] == []


def ask(page: Page, question: str) -> None:
    """Asks in the widget that stands in the page."""
    page.locator(".inline textarea").fill(question)
    page.keyboard.press("Enter")
    page.locator(".inline quoteline-actions").last.wait_for()


def test_the_page_is_the_sample_newspaper_with_the_widget_in_both_modes(front: Page) -> None:
    assert front.locator(".name").inner_text() == "The Harrow Bay Courier"
    assert (
        front.locator(".lead h2").inner_text() == "Skerrow Island gets a clinic, and a first patient with a hook in him"
    )
    assert front.locator("section.inline, .launcher").count() == 2


@pytest.mark.parametrize("height", [700, 800, 1080])
def test_the_button_in_the_corner_covers_no_other(front: Page, height: int) -> None:
    front.set_viewport_size({"width": 1200, "height": height})
    send, launcher = (front.locator(name).bounding_box() for name in (".inline .send", ".launcher"))
    assert send is not None
    assert launcher is not None
    assert send["y"] + send["height"] < launcher["y"]


def test_each_suggested_question_is_answered_well(front: Page) -> None:
    assert front.locator(".inline .suggestion").all_inner_texts() == list(SUGGESTED)
    for question, answer in SUGGESTED.items():
        front.locator(".inline .suggestion").get_by_text(question).click()
        expect(front.locator(".inline .answer").first).to_have_text(answer)
        expect(front.locator(".inline mark").first).to_have_text(answer)
        front.get_by_role("button", name="Clear the conversation").click()


def test_the_citation_opens_the_article_with_the_mark_on_screen(front: Page) -> None:
    ask(front, "Who lit the lantern of Pell Point?")
    with front.context.expect_page() as opened:
        front.locator(".inline").get_by_role("link", name="View in context").first.click()
    mark = opened.value.locator("mark#quote")
    expect(mark).to_have_text("Ottilie Brandt")
    expect(mark).to_be_in_viewport()


def test_nothing_in_an_article_runs_or_links_to_script(front: Page, service: str) -> None:
    ask(front, "Who lit the lantern of Pell Point?")
    front.goto(f"{service}articles/lantern")
    assert front.title() != "owned"
    assert front.locator("img, main script").count() == 0
    assert front.locator("a[href^='javascript']").count() == 0


def test_an_off_topic_question_says_so_plainly(front: Page) -> None:
    ask(front, "How do I tune a twelve-string guitar?")
    expect(front.locator(".inline .verdict")).to_have_text("No answer")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_and_an_article_are_accessible_and_fit_a_narrow_screen(
    browser: Browser, service: str, scheme: str
) -> None:
    with watched(browser, viewport={"width": 320, "height": 640}, color_scheme=scheme) as page:
        page.goto(service)
        ask(page, "Who lit the lantern of Pell Point?")
        link = page.locator(".inline").get_by_role("link", name="View in context").first.get_attribute("href")
        for address in (None, link):
            if address is not None:
                page.goto(address)
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
