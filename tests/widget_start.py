"""What the widget costs a page before it is opened.

python -m tests.widget_start      prints the script's milliseconds and the bundle's size
"""

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from api.routes.widget import bundle
from tests.api_server import listening
from tests.browser import chromium, snippet, watched
from tests.website import site

ROUNDS = 9
LISTENER = "<script>addEventListener('quoteline-ready', () => console.info('usable'))</script>"


def script_ms(browser: Browser, service: str) -> float:
    """Milliseconds that the main thread itself spends in the page's scripts until the launcher is usable."""
    with site() as website, watched(browser) as page:
        website.body = snippet(service).replace("<main>", f"{LISTENER}<main>")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        with page.expect_console_message(lambda message: message.text == "usable"):
            page.goto(website.origin)
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * float(next(metric["value"] for metric in metrics if metric["name"] == "ScriptDuration"))


def main() -> None:
    """Measures in a fresh page each time."""
    with tempfile.TemporaryDirectory() as folder, listening(Path(folder)) as service, chromium() as browser:
        spent = [script_ms(browser, f"{service.url}/") for _ in range(ROUNDS)]
    print(f"{statistics.median(spent):.0f} ms of script: median of {ROUNDS} loads")
    print(f"{len(bundle().gzipped) / 1000:.1f} kB gzipped")


if __name__ == "__main__":
    main()
