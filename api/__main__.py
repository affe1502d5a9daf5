"""`python -m api --data DIR [--host H] [--port P] [--ingest PATH…]` serves; `… keys` makes and revokes keys;
`… openapi` writes the OpenAPI document."""

import errno
import os
import signal
import socket
import sys
from concurrent.futures import Future
from pathlib import Path

from api import logs, openapi
from api.app import create_app
from api.keys_command import keys_command
from api.server import make_server
from api.settings import Settings, SettingsError
from index.errors import LibraryInUseError
from rag.answer import Answerer


def main() -> int:
    """Serves until it is told to stop; 1 with a sentence when it cannot."""
    if sys.argv[1:] == ["openapi"]:
        openapi.PATH.write_text(openapi.render(create_app(Settings(Path()))), encoding="utf-8")
        return 0
    if sys.argv[1:2] == ["keys"]:
        return keys_command(sys.argv[2:], os.environ)
    logs.install()
    try:
        settings = Settings.read(sys.argv[1:], os.environ)
        listener = _listen(settings)
    except SettingsError as error:
        print(f"quoteline: {error}", file=sys.stderr)
        return 1
    return _serve(settings, listener)


def _serve(settings: Settings, listener: socket.socket) -> int:
    app = create_app(settings)
    server = make_server(app, app.state.service, settings.proxies)
    loaded: Future[Answerer] = app.state.service.loaded

    def announce(loaded: Future[Answerer]) -> None:
        if loaded.exception() is None:
            stats = loaded.result().library.stats()
            print(f"Quoteline is ready at {_url(settings.host, listener)} ({stats.articles} articles)", flush=True)
        elif isinstance(loaded.exception(), LibraryInUseError):  # any other trouble is told by /readyz
            server.should_exit = True

    loaded.add_done_callback(announce)
    for signum in (signal.SIGINT, signal.SIGTERM):  # Uvicorn shuts down in order, then raises the signal once more
        signal.signal(signum, lambda *_: sys.exit(0))
    server.run(sockets=[listener])
    in_use = loaded.done() and isinstance(loaded.exception(), LibraryInUseError)
    return 1 if in_use or not server.started else 0


def _listen(settings: Settings) -> socket.socket:
    """A bound socket; raises SettingsError when the address cannot be had."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family)
    except UnicodeError:
        raise SettingsError(f"{settings.host!r} is no name of a host; choose another --host") from None
    except OSError as error:
        reason = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port}, {reason}; choose another --host or --port"
        ) from None


def _url(host: str, listener: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}/"


if __name__ == "__main__":
    sys.exit(main())
