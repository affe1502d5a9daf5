"""The widget on websites of other origins, against a service that asks for keys, as a site owner sets it up."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api import keys
from api.keys import Scope
from tests.api_server import listening
from tests.browser import ARTICLES, QUESTION, UNKNOWN, Widget, given, put, snippet
from tests.website import Site, site

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Keyed:
    """A service that holds the ferry's article and asks for keys, and a website that is listed with the public one."""

    address: str
    file: Path
    admin: str
    public: str
    listed: Site

    def open(self, page: Page, website: Site, key: str) -> Widget:
        """The widget on the website, under a policy that allows the service and nothing else."""
        service = self.address.rstrip("/")
        website.policy = f"default-src 'none'; script-src {service}; connect-src {service}"
        website.body = snippet(self.address, key=key)
        page.goto(website.origin)
        return Widget(page)


@contextmanager
def with_keys(folder: Path, rate: float) -> Iterator[Keyed]:
    file = folder / "keys.json"
    with site() as listed:
        public = keys.add(file, "page", Scope.PUBLIC, [listed.origin])
        admin = keys.add(file, "admin", Scope.ADMIN)
        with listening(folder / "data", keys=file, rate=rate) as service:
            address = f"{service.url}/"
            put(address, "ferry", ARTICLES["ferry"], admin)
            yield Keyed(address, file, admin, public, listed)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with with_keys(tmp_path_factory.mktemp("keyed"), rate=0) as made:
        yield made


@pytest.fixture
def other() -> Iterator[Site]:
    """A website that is not listed with the public key."""
    with site() as opened:
        yield opened


@pytest.fixture
def told(forgiving: Page) -> list[str]:
    """What is written to the console."""
    lines: list[str] = []
    forgiving.on("console", lambda message: lines.append(message.text))
    return lines


def test_a_listed_website_is_answered_under_a_policy_that_allows_only_the_service(page: Page, keyed: Keyed) -> None:
    turn = keyed.open(page, keyed.listed, keyed.public).answered(QUESTION)
    assert turn.locator(".answer").first.inner_text() == "Morlo"
    assert turn.locator("mark").first.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 224, 138)"


def test_its_readers_open_the_article_without_a_key_and_see_the_mark(page: Page, keyed: Keyed) -> None:
    turn = keyed.open(page, keyed.listed, keyed.public).answered(QUESTION)
    with page.context.expect_page() as opened:
        turn.get_by_role("link", name="View in context").first.click()
    mark = opened.value.locator("mark#quote")
    expect(mark).to_have_text("Morlo")
    expect(mark).to_be_in_viewport()
    assert re.search(r"\?start=\d+&end=\d+&signature=[0-9a-f]{64}#quote$", opened.value.url)


def test_what_its_readers_say_can_be_read_with_an_admin_key(page: Page, keyed: Keyed) -> None:
    widget = keyed.open(page, keyed.listed, keyed.public)
    widget.answered(QUESTION)
    widget.complain("It is out of date", "She was raised in 2021.")
    last = given(keyed.address, keyed.admin)[-1]
    said = ("down", "out_of_date", "She was raised in 2021.", QUESTION, "Morlo")
    assert (last["rating"], last["reason"], last["comment"], last["question"], last["answer"]) == said


@pytest.mark.parametrize("is_listed_elsewhere", [False, True], ids=["listed nowhere", "listed with another key"])
def test_a_website_that_is_not_listed_is_told_so_on_the_card_and_in_the_console(
    forgiving: Page, told: list[str], keyed: Keyed, other: Site, is_listed_elsewhere: bool
) -> None:
    if is_listed_elsewhere:
        keys.add(keyed.file, "elsewhere", Scope.PUBLIC, [other.origin])
    widget = keyed.open(forgiving, other, keyed.public)
    widget.ask(QUESTION)
    service = keyed.address.rstrip("/")
    sentence = f"{service} does not answer {other.origin}: list this origin with the key of the widget."
    expect(widget.find(".verdict")).to_have_text("This website may not ask the articles.")
    expect(widget.find(".why")).to_have_text(sentence)
    assert f"quoteline: {sentence}" in told


def test_a_key_that_is_not_accepted_is_told_on_the_card_and_in_the_console(
    forgiving: Page, told: list[str], keyed: Keyed
) -> None:
    widget = keyed.open(forgiving, keyed.listed, "pk_of_long_ago")
    widget.ask(QUESTION)
    expect(widget.find(".verdict")).to_have_text("The service does not accept the key of this website.")
    expect(widget.find(".why")).to_contain_text("needs a key that is valid here")
    assert any(line.startswith("quoteline: This address needs a key") for line in told)


def test_questions_beyond_the_rate_are_counted_down_and_asked_again(forgiving: Page, tmp_path: Path) -> None:
    with with_keys(tmp_path, rate=0.2) as limited:
        widget = limited.open(forgiving, limited.listed, limited.public)
        widget.answered(UNKNOWN)
        forgiving.evaluate(
            """() => {
              window.counted = [];
              new MutationObserver(() => {
                const text = document.querySelector('quoteline-chat').shadowRoot.querySelector('.turn:last-child .why');
                if (text && text.textContent !== counted.at(-1)) counted.push(text.textContent);
              }).observe(document.querySelector('quoteline-chat').shadowRoot, {
                childList: true, characterData: true, subtree: true });
            }"""
        )
        widget.answered(QUESTION)
        assert widget.find(".answer").first.inner_text() == "Morlo"
        seconds = [int(found[1]) for line in forgiving.evaluate("counted") if (found := re.search(r"in (\d+) s", line))]
        assert seconds[0] <= 5
        assert len(seconds) > 1
        assert seconds == sorted(seconds, reverse=True)
