"""The page in a real browser, on the real service with the bundled models and the sample newspaper."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

pytestmark = [pytest.mark.model, pytest.mark.browser]

HOSTILE = """---
title: Harbour <script>document.title='owned'</script> fête
url: javascript:alert(1)
---
The <img src=x onerror="document.title='owned'"> lantern of Pell Point was lit by Ottilie Brandt in 1911.
&lt;b&gt;Bold&lt;/b&gt;
claims followed.
"""


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, service: str) -> Iterator[Page]:
    """A page that fails its test on any script error, refused script or request to somewhere else."""
    opened = browser.new_page(viewport={"width": 900, "height": 700})
    trouble: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda request: trouble.append(request.url) if not request.url.startswith(service) else None)
    yield opened
    opened.close()
    assert trouble == []


def ask(page: Page, service: str, question: str) -> None:
    page.goto(service)
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector("#result section")


def test_a_typed_question_is_answered_with_its_sentence_and_the_words_marked(page: Page, service: str) -> None:
    ask(page, service, "Who lit the lantern of Pell Point?")
    assert page.locator(".answer").first.inner_text() == "Ottilie Brandt"
    assert page.locator("blockquote mark").first.inner_text() == "Ottilie Brandt"
    assert "was lit by Ottilie Brandt in 1911" in page.locator("blockquote").first.inner_text()


def test_the_citation_opens_the_article_with_the_mark_on_screen(page: Page, service: str) -> None:
    ask(page, service, "Who lit the lantern of Pell Point?")
    page.locator("figcaption a").first.click()
    mark = page.locator("mark#quote")
    mark.wait_for()
    assert mark.inner_text() == "Ottilie Brandt"
    box = mark.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 700


def test_nothing_in_an_article_runs_or_links_to_script(page: Page, service: str) -> None:
    ask(page, service, "Who lit the lantern of Pell Point?")
    page.goto(f"{service}articles/lantern")
    assert page.title() != "owned"
    assert page.locator("img, main script").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0


def test_an_off_topic_question_says_so_plainly(page: Page, service: str) -> None:
    ask(page, service, "How do I tune a twelve-string guitar?")
    assert page.locator("#result h2").first.inner_text() == "No answer"


def test_an_example_question_is_answered_by_keyboard_alone(page: Page, service: str) -> None:
    page.goto(service)
    page.wait_for_selector("#examples li button:visible")
    page.get_by_label("Your question").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result section")
    assert page.locator(".answer, #result h2").count() >= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_narrow_screen(browser: Browser, service: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    ask(page, service, "Who lit the lantern of Pell Point?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
