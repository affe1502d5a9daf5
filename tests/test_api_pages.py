"""The pages for people."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from starlette.testclient import TestClient

from api.links import article_link
from tests.api_client import put, serving

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</title><svg onload=alert(1)>",
    "{{ 7*7 }} {% raw %}",
    "<!--",
    "</mark></p></article><a href=javascript:alert(1)>x</a>",
    "&lt;b&gt; &amp;",
]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


def page(client: TestClient, path: str) -> html.HtmlElement:
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return html.document_fromstring(response.text)


def test_the_span_is_marked_where_the_page_opens(client: TestClient) -> None:
    put(client, "a", "First line.\n\nThe old ferry sank near Morlo. Morlo wept.", title="A loss")
    text = client.get("/v1/articles/a").json()["text"]
    start = text.index("Morlo. Morlo")
    tree = page(client, f"/articles/a?start={start}&end={start + 5}")
    (mark,) = tree.iter("mark")
    assert (mark.text, mark.get("id")) == ("Morlo", "quote")
    assert "autofocus" in mark.attrib
    assert mark.getparent().text_content() == "The old ferry sank near Morlo. Morlo wept."
    assert tree.findtext(".//h1") == "A loss"


def test_a_span_of_the_headline_is_marked_there(client: TestClient) -> None:
    put(client, "a", "The old ferry sank.", title="Loss at Morlo")
    (mark,) = page(client, "/articles/a?start=8&end=13").iter("mark")
    assert (mark.text, mark.getparent().tag) == ("Morlo", "h1")


def test_a_span_over_two_paragraphs_is_marked_in_both_and_scrolled_to_once(client: TestClient) -> None:
    put(client, "a", "The old ferry sank near Morlo.\n\nMorlo wept.")
    text = client.get("/v1/articles/a").json()["text"]
    tree = page(client, f"/articles/a?start={text.index('near')}&end={text.index(' wept')}")
    assert [(mark.text, mark.get("id")) for mark in tree.iter("mark")] == [("near Morlo.", "quote"), ("Morlo", None)]


def test_the_whole_text_is_on_the_page_marked_or_not(client: TestClient) -> None:
    put(client, "a", "One 👩‍🚀 day.\n\n  שלום there.\n\nThe end.", title="A loss")
    text = client.get("/v1/articles/a").json()["text"]
    for start in range(len(text)):
        tree = page(client, f"/articles/a?start={start}&end={start + 1}")
        shown = [tree.findtext(".//title")] and [tree.find(".//h1"), *tree.iterfind(".//div/p")]
        assert [line.text_content() for line in shown] == [line for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("query", ["start=5&end=999999", "start=9&end=3", "start=4&end=4", "start=4"])
def test_a_link_that_no_longer_fits_shows_the_article_and_says_so(client: TestClient, query: str) -> None:
    put(client, "a", "The old ferry sank near Morlo.")
    tree = page(client, f"/articles/a?{query}")
    assert list(tree.iter("mark")) == []
    assert "changed" in tree.findtext(".//p[@class='notice']")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_an_article_stays_text(client: TestClient, payload: str) -> None:
    id = f"x {payload}"
    text = f"Someone wrote {payload} on the wall."
    assert (
        client.put(article_link(id), json={"text": text, "title": f"T {payload}", "source": payload}).status_code == 201
    )
    stored = client.get(article_link(id)).json()
    at = stored["text"].index("Someone")
    plain = page(client, stored["links"]["view"])
    tree = page(client, f"{stored['links']['view']}?start={at}&end={len(stored['text'])}")
    assert tree.findtext(".//h1") == stored["title"]
    assert tree.findtext(".//mark") == stored["text"][at:]
    for parsed in (plain, tree):
        assert {node.tag for node in parsed.iter() if isinstance(node.tag, str)} <= {
            *("html", "head", "meta", "title", "link", "body", "header", "a", "main", "article", "h1", "p", "span"),
            *("div", "mark"),
        }
        assert not [name for node in parsed.iter() for name in node.attrib if name.startswith("on")]
        assert {link.get("href")[:1] for link in parsed.iter("a")} == {"/"}


@pytest.mark.parametrize("path", ["/", "/articles/a"])
def test_a_page_may_load_nothing_foreign_and_run_nothing_inline(client: TestClient, path: str) -> None:
    put(client, "a", "The old ferry sank near Morlo.")
    response = client.get(path)
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert response.headers["referrer-policy"] == "no-referrer"
    tree = html.document_fromstring(response.text)
    assert [script.text for script in tree.iter("script") if script.text] == []
    assert list(tree.iter("style")) == []
    assert not [name for node in tree.iter() for name in node.attrib if name.startswith("on") or name == "style"]


def test_all_that_the_page_names_is_there(client: TestClient) -> None:
    tree = page(client, "/")
    named = [node.get("src") or node.get("href") for node in tree.iter("script", "link", "img")]
    assert len(named) == 3
    for path in named:
        assert client.get(path).status_code == 200
