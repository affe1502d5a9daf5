"""An open-loop load generator for the service on the loopback: requests start by the clock, whether or not those before
are answered, as the requests of strangers do."""

import asyncio
import ipaddress
import itertools
import json
import math
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

_RETRY_AFTER = re.compile(rb"\r\nretry-after: ([^\r]*)", re.I)
_CPU = re.compile(rb"^process_cpu_seconds_total (\S+)", re.M)
_COUNTER = itertools.count()
_RUN = uuid.uuid4().hex[:8]  # or a second run would ask what the cache has from the first


@dataclass(frozen=True, slots=True)
class Reply:
    """One request's outcome: status 0 when the connection broke."""

    status: int
    seconds: float
    retry_after: str | None = None
    at: float = 0.0


class _Exchange(asyncio.Protocol):
    """Sends a request and collects the answer to its end; far cheaper than streams, which would load the machine."""

    def __init__(self, sent: bytes, answered: asyncio.Future[bytes]) -> None:
        self._sent = sent
        self._answered = answered
        self._pieces: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._sent)

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_result(b"".join(self._pieces))


@dataclass(slots=True)
class Run:
    """The replies of one stretch of load."""

    replies: list[Reply] = field(default_factory=list)
    seconds: float = 0.0
    late: int = 0  # answers that came after the stretch had ended

    def of(self, status: int) -> list[Reply]:
        """Those with this status."""
        return [reply for reply in self.replies if reply.status == status]

    def counts(self) -> dict[int, int]:
        """How many replies had each status."""
        return {status: len(self.of(status)) for status in sorted({reply.status for reply in self.replies})}

    def rate(self) -> float:
        """Answers a second."""
        return (len(self.of(200)) - self.late) / self.seconds if self.seconds else 0.0


def quantile(replies: Sequence[Reply], share: float) -> float:
    """Seconds that this share of replies took at most; 0 of none."""
    ordered = sorted(reply.seconds for reply in replies)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Target:
    """A service on the loopback; one connection a request, as from as many strangers."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host!r} is another machine; load is for the loopback alone")
        self.host, self.port = host, parts.port or 80

    async def ask(self, question: str | None = None) -> Reply:
        """POST /v1/ask; a question nobody asked before, unless one is given."""
        asked = question or f"Who was there on the day of number {_RUN} {next(_COUNTER)}?"
        return await self.send("POST", "/v1/ask", json.dumps({"question": asked}).encode())

    async def livez(self) -> Reply:
        """GET /livez."""
        return await self.send("GET", "/livez")

    async def cpu_seconds(self) -> float:
        """Processor time that the service has taken since it started."""
        found = _CPU.search(await self._exchange("GET", "/metrics"))
        return float(found[1]) if found else math.nan

    async def send(self, method: str, path: str, body: bytes = b"") -> Reply:
        """One request on a connection of its own."""
        start = time.perf_counter()
        try:
            answer = await self._exchange(method, path, body)
            end = time.perf_counter()
            retry = _RETRY_AFTER.search(answer)
            return Reply(int(answer[9:12]), end - start, retry[1].decode() if retry else None, end)
        except (OSError, ValueError, TimeoutError):
            return Reply(0, time.perf_counter() - start)

    async def _exchange(self, method: str, path: str, body: bytes = b"") -> bytes:
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[bytes] = loop.create_future()
        transport = None
        try:
            sent = head.encode() + body
            transport, _ = await loop.create_connection(lambda: _Exchange(sent, answered), self.host, self.port)
            return await asyncio.wait_for(answered, 60)
        finally:
            if transport is not None:
                transport.abort()

    async def open_loop(self, rate: float, seconds: float, ended: asyncio.Event | None = None) -> Run:
        """`rate` questions a second for `seconds`, each started by the clock; sets `ended`, and waits for all."""
        began = time.perf_counter()
        tasks = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(self.ask()))
        if ended is not None:
            ended.set()
        replies = list(await asyncio.gather(*tasks))
        late = sum(reply.status == 200 and reply.at > began + seconds for reply in replies)
        return Run(replies, seconds, late)

    async def closed_loop(self, users: int, seconds: float, ask: Callable[[], Awaitable[Reply]]) -> Run:
        """`users` who each ask, wait for the answer and ask again."""
        began = time.perf_counter()

        async def user() -> list[Reply]:
            replies = []
            while time.perf_counter() < began + seconds:
                replies.append(await ask())
            return replies

        replies = list(itertools.chain(*await asyncio.gather(*(user() for _ in range(users)))))
        return Run(replies, time.perf_counter() - began)

    async def beat(self, stop: asyncio.Event) -> Run:
        """GET /livez ten times a second, by the clock, until told to stop."""
        began, tasks = time.perf_counter(), []
        while not stop.is_set():
            tasks.append(asyncio.create_task(self.livez()))
            await asyncio.sleep(max(0.0, began + len(tasks) / 10 - time.perf_counter()))
        return Run(list(await asyncio.gather(*tasks)))
