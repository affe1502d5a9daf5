"""The widget on hostile pages and with hostile articles: nothing runs, nothing leaks, nothing breaks."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import QUESTION, Widget, put, show, snippet, tag, watched

pytestmark = pytest.mark.browser

PAYLOADS = [
    "<script>owned()</script>",
    "<img src=x onerror=owned()>",
    '"><img src=x onerror=owned()>',
    "'><svg onload=owned()>",
    "<svg/onload=owned()>",
    "<svg><script>owned()</script></svg>",
    "<svg><animate onbegin=owned() attributeName=x dur=1s>",
    "<iframe src=javascript:owned()>",
    "<iframe srcdoc='<script>parent.owned()</script>'>",
    "<body onload=owned()>",
    "<input autofocus onfocus=owned()>",
    "<details open ontoggle=owned()>",
    "<video><source onerror=owned()>",
    "<audio src=x onerror=owned()>",
    "<object data=javascript:owned()>",
    "<embed src=javascript:owned()>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=owned()>",
    "<a href=javascript:owned()>click</a>",
    "<base href=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<style>*{display:none}</style>",
    "</blockquote></dialog><h1>out</h1>",
    "</script><script>owned()</script>",
    "<template><script>owned()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=owned()>'>",
    "<!--<img src='--><img src=x onerror=owned()>'>",
    "${owned()}",
    "{{constructor.constructor('owned()')()}}",
    "<slot name=x onslotchange=owned()></slot>",
    "<quoteline-chat open></quoteline-chat>",
    "&lt;img src=x onerror=owned()&gt;",
    "\u202e<img src=x onerror=owned()>\u2066",
    "javascript:owned()",
]
LINKS = ["javascript:owned()", "JaVaScRiPt:owned()", " javascript:owned()", "java\tscript:owned()", "data:text/html,x"]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types lit-html"
)
HOSTILE_STYLE = """
* { all: unset !important; font: italic 60px/3 fantasy !important; color: red !important; text-transform: uppercase
    !important; letter-spacing: 1em !important; direction: rtl !important; visibility: visible; }
:root { font-size: 4px !important; color-scheme: dark; }
div, button, section, dialog, p, h2, h3, textarea, form { display: none !important; position: static !important; }
quoteline-chat { position: relative !important; zoom: 1; }
"""


def hostile(payload: str, links: str = "javascript:owned()") -> dict[str, Any]:
    """A body of /v1/ask with a payload in every text and link."""
    article = dict.fromkeys(("id", "title", "source", "url"), payload)
    citation = {
        "article": {**article, "published": payload, "language": "en"},
        "start": 0,
        "end": 1,
        **dict.fromkeys(("exact", "prefix", "suffix"), payload),
        "links": dict.fromkeys(("article", "view", "source"), links),
    }
    quote = {"text": payload, "confidence": 0.9, "citations": [citation, citation]}
    answer = {"answer": quote, "alternatives": [quote], "no_answer": None}
    return {"id": "ans_1", "question": payload, "status": "answered", **answer}


def answer_with(page: Page, body: dict[str, Any]) -> None:
    page.unroute("**/v1/ask")
    page.route("**/v1/ask", lambda route: route.fulfill(json=body))


def test_markup_in_titles_texts_urls_and_questions_stays_text(page: Page, small: str) -> None:
    page.add_init_script("window.owned = () => { throw new Error('owned'); }")
    widget = show(page, small, snippet(small, history="none"))
    for payload in PAYLOADS:
        answer_with(page, hostile(payload))
        turn = widget.answered(payload)
        assert turn.locator("h3").evaluate("node => node.textContent") == payload.strip()
        for selector in (".answer", "mark", ".headline", ".meta bdi"):
            assert turn.locator(selector).first.evaluate("node => node.textContent") == payload
        found = turn.evaluate("node => [...node.querySelectorAll('*')].map((child) => child.localName)")
        assert not set(found) & {"script", "img", "iframe", "style", "link", "object", "embed", "a", "base", "meta"}
    assert len(PAYLOADS) >= 30
    assert page.locator("quoteline-chat").count() == 1


def test_only_web_addresses_become_links(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small, history="none"))
    for link in LINKS:
        answer_with(page, hostile("Morlo", link))
        hrefs = widget.answered(QUESTION).locator("a").evaluate_all("links => links.map((link) => link.protocol)")
        assert set(hrefs) <= {"http:", "https:"}


def test_markup_in_a_real_article_stays_text(page: Page, small: str) -> None:
    text = "the <img src=x onerror=alert(1)> lantern of the pier was lit by Ottilie on a summer evening."
    put(small, "lantern", {"title": "<script>alert(1)</script> fête", "text": text, "source": "<b>Bay</b>"})
    turn = show(page, small, snippet(small)).answered("who lit the lantern of the pier that summer evening")
    assert "<img src=x onerror=alert(1)>" in turn.locator("blockquote").first.inner_text()
    assert turn.locator(".headline").first.inner_text() == "<script>alert(1)</script> fête"


def test_what_was_stored_by_somebody_else_is_not_trusted(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small))
    widget.answered(QUESTION)
    kept = page.evaluate("sessionStorage.key(0)")
    for stored in ("{", "[1, null, {}]", '[{"question": "x", "outcome": {"state": "done"}}]', '{"length": 3}'):
        page.evaluate("([name, value]) => sessionStorage.setItem(name, value)", [kept, stored])
        page.reload()
        widget.launcher.click()
        expect(widget.find(".welcome")).to_be_visible()


def test_it_works_under_a_strict_policy_with_trusted_types(page: Page, small: str) -> None:
    widget = show(page, small, snippet(small), {"Content-Security-Policy": POLICY})
    turn = widget.answered(QUESTION)
    expect(turn.locator(".answer").first).to_be_visible()
    assert turn.locator("mark").first.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 224, 138)"


def test_it_works_with_subresource_integrity_from_another_origin(page: Page, small: str) -> None:
    page.goto(small)
    tag = page.locator(".owners pre").inner_text()
    assert "integrity=" in tag
    widget = show(page, small.replace("127.0.0.1", "localhost"), f"<!doctype html><html lang=en><title>x</title>{tag}")
    expect(widget.launcher).to_be_visible()


def looks(widget: Widget) -> list[Any]:
    """What the styles of the widget's parts come to, after one answer."""
    widget.answered(QUESTION)
    names = ["fontFamily", "fontSize", "fontStyle", "color", "display", "textTransform", "letterSpacing", "direction"]
    script = "(node, names) => names.map((name) => getComputedStyle(node)[name])"
    selectors = [".panel", "h2", ".question", ".answer", ".citation", "mark", "textarea", ".send"]
    boxes = [widget.find(selector).first.bounding_box() for selector in (".panel", "textarea", ".send")]
    return [*(widget.find(selector).first.evaluate(script, names) for selector in selectors), *boxes]


def test_the_styles_of_a_page_do_not_reach_it(browser: Browser, small: str) -> None:
    found = []
    for style in ("", f"<style>{HOSTILE_STYLE}</style>"):
        with watched(browser, viewport={"width": 1024, "height": 768}) as page:
            found.append(looks(show(page, small, snippet(small, history="none", theme="light") + style)))
    assert found[0] == found[1]


def test_its_styles_and_names_do_not_reach_the_page(browser: Browser, small: str) -> None:
    body = "<h2>Head</h2><p class=answer>Text <mark>m</mark> <a href=#>l</a></p><dialog open>d</dialog>"
    script = """() => [
      Object.keys(window).sort(),
      [...document.body.querySelectorAll(':not(script, quoteline-chat)')].map((node) =>
        [...getComputedStyle(node)].map((name) => getComputedStyle(node).getPropertyValue(name)).join()),
    ]"""
    found = []
    for attributes in ({"api": small}, {}):
        with watched(browser) as page:
            widget = show(page, small, body + tag(small, **attributes))
            if attributes:
                widget.answered(QUESTION)
                widget.button("Close").click()
            found.append(page.evaluate(script))
    assert found[0] == found[1]
