"""The report's page in a real browser: its filters work, and it asks nothing of any network."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from eval.compare import compare
from eval.html import html
from eval.verdict import Verdict
from tests.eval_town import OtherCheckpoint, ask

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    now = ask(reader=OtherCheckpoint())
    return Verdict(now, compare(replace(ask(), why="as it was"), now), baseline_wanted=True)


@pytest.fixture(scope="module")
def page(verdict: Verdict, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page, which fails the test when it logs an error or asks for anything."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html(verdict), encoding="utf-8")
    seen: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda request: seen.append(request.url))
    page.goto(path.as_uri())
    yield page
    page.close()
    assert seen == [path.as_uri()]


def shown(page: Page, where: str) -> int:
    return page.locator(f"{where}:visible").count()


@pytest.fixture(autouse=True)
def cleared(page: Page) -> None:
    page.click("#reset")


def test_all_questions_are_shown_until_something_is_chosen(page: Page, verdict: Verdict) -> None:
    assert shown(page, "#questions tr.item") == len(verdict.run.outcomes)


def test_choosing_a_tag_leaves_its_questions_and_flips(page: Page, verdict: Verdict) -> None:
    assert verdict.comparison is not None
    page.select_option("#tag", "odd")
    assert shown(page, "#questions tr.item") == sum("odd" in o.gold.tags for o in verdict.run.outcomes)
    assert shown(page, ".flip") == sum("odd" in flip.after.gold.tags for flip in verdict.comparison.flips)


def test_a_stage_and_a_text_narrow_together(page: Page, verdict: Verdict) -> None:
    lost = next(o for o in verdict.run.outcomes if o.stage == "false_abstain")
    page.select_option("#stage", "false_abstain")
    page.fill("#text", lost.gold.id.upper())
    expect(page.locator("#count")).to_have_text(f"1 of {len(verdict.run.outcomes)} questions")


def test_the_lost_questions_alone_can_be_shown(page: Page, verdict: Verdict) -> None:
    assert verdict.comparison is not None
    page.select_option("#show", "lost")
    assert shown(page, "#questions tr.item") == len(verdict.comparison.flips)


def test_a_tag_that_is_clicked_is_chosen(page: Page, verdict: Verdict) -> None:
    page.locator("#flips .tag", has_text="even").first.click()
    assert page.input_value("#tag") == "even"
    assert shown(page, "#questions tr.item") == sum("even" in o.gold.tags for o in verdict.run.outcomes)


def test_on_a_phone_nothing_is_squeezed_or_runs_over(page: Page, verdict: Verdict) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for row in page.locator("#questions tr.item").all():
        question, given = row.locator("td:nth-child(2)").bounding_box(), row.locator("td:nth-child(4)").bounding_box()
        assert question is not None
        assert given is not None
        assert min(question["width"], given["width"]) > 120
        assert given["y"] >= question["y"] + question["height"]
    page.set_viewport_size({"width": 1280, "height": 720})
