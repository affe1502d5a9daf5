"""axe-core, the accessibility checker, on a page of the browser."""

from typing import Any

from playwright.sync_api import Page

from tests.browser import ROOT

_SOURCE = ROOT / "api" / "widget" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[Any]:
    """What axe finds wrong, by rule and place."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_SOURCE.read_text(encoding="utf-8"))
    found: list[Any] = page.evaluate(
        """async () => (await axe.run({ resultTypes: ['violations'] })).violations.flatMap((rule) =>
             rule.nodes.map((node) => [rule.id, node.target.flat().join(' '), node.failureSummary]))"""
    )
    return found
