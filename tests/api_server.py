"""The service on a real socket, on predictable models, for tests of connections and load."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.app import create_app
from api.server import make_server
from api.service import Service
from api.settings import Settings
from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.reader import Reader
from tests.fakes import CapitalReader, WordEmbedder

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Listening:
    """A service in this process: where it listens, its library, and what stands behind its routes."""

    address: Address
    library: Library
    service: Service

    @property
    def url(self) -> str:
        """Its address for clients."""
        return "http://{}:{}".format(*self.address)


@contextmanager
def listening(
    data: Path, reader: Reader | None = None, *, send_buffer: int | None = None, **settings: Any
) -> Iterator[Listening]:
    """The service over an empty library in `data`, in a thread, on a free port of the loopback."""
    with (
        Library.open(data, WordEmbedder()) as library,
        socket.create_server(("127.0.0.1", 0), backlog=1024) as listener,
    ):
        if send_buffer is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        answerer = Answerer(library, reader or CapitalReader(), Confidence.plain())
        app = create_app(Settings(data, **settings), answerer)
        server = make_server(app, app.state.service)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Listening(listener.getsockname(), library, app.state.service)
        finally:
            server.should_exit = True
            thread.join()


def talk(address: Address, pieces: Iterable[bytes], seconds: float = 30) -> bytes:
    """Sends the pieces and reads until the service closes the connection."""
    with socket.create_connection(address, timeout=seconds) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except (ConnectionResetError, BrokenPipeError):
            return b""
