"""A website of another origin than the service's, for the tests in a browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Site(ThreadingHTTPServer):
    """One page, `body`, under the Content-Security-Policy `policy`."""

    body = ""
    policy = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.origin = f"http://localhost:{self.server_port}"


class _Page(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        with suppress(ConnectionError):  # a page that is closed reads no icon
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", self.server.policy)
            self.end_headers()
            self.wfile.write(self.server.body.encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def site() -> Iterator[Site]:
    """A website, up and running."""
    with Site() as opened:
        thread = threading.Thread(target=opened.serve_forever)
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()
