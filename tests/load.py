"""An open-loop load generator for the service on the loopback, and the checks of its promises.

    python -m tests.load URL [--seconds S]      prints figures as JSON; exit 1 when a promise is broken

Open loop: requests start by the clock, whether or not those before are answered, as the requests of strangers do. All
bounds are multiples of the p50 of one user alone, measured first on the same machine.
"""

import argparse
import asyncio
import ipaddress
import itertools
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

_RETRY_AFTER = re.compile(rb"\r\nretry-after: ([^\r]*)", re.I)
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

    async def send(self, method: str, path: str, body: bytes = b"") -> Reply:
        """One request on a connection of its own."""
        start = time.perf_counter()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[bytes] = loop.create_future()
        transport = None
        try:
            sent = head.encode() + body
            transport, _ = await loop.create_connection(lambda: _Exchange(sent, answered), self.host, self.port)
            answer = await asyncio.wait_for(answered, 60)
            end = time.perf_counter()
            retry = _RETRY_AFTER.search(answer)
            return Reply(int(answer[9:12]), end - start, retry[1].decode() if retry else None, end)
        except (OSError, ValueError, TimeoutError):
            return Reply(0, time.perf_counter() - start)
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

    async def closed_loop(self, users: int, seconds: float, question: str | None = None) -> Run:
        """`users` who each ask, wait for the answer and ask again."""
        began = time.perf_counter()

        async def user() -> list[Reply]:
            replies = []
            while time.perf_counter() < began + seconds:
                replies.append(await self.ask(question))
            return replies

        replies = list(itertools.chain(*await asyncio.gather(*(user() for _ in range(users)))))
        return Run(replies, time.perf_counter() - began)

    async def beat(self, stop: asyncio.Event) -> Run:
        """GET /livez ten times a second, by the clock, until told to stop."""
        began, tasks = time.perf_counter(), []
        while not stop.is_set():
            tasks.append(asyncio.create_task(self.send("GET", "/livez")))
            await asyncio.sleep(max(0.0, began + len(tasks) / 10 - time.perf_counter()))
        return Run(list(await asyncio.gather(*tasks)))


async def measure(url: str, seconds: float) -> tuple[dict[str, object], list[str]]:
    """Figures, and a sentence for each promise that was broken."""
    target = Target(url)
    broken: list[str] = []

    def hold(promise: str, kept: bool) -> None:
        if not kept:
            broken.append(promise)

    alone = await target.closed_loop(1, max(2.0, seconds / 6))
    p50 = quantile(alone.replies, 0.5)
    many = await target.closed_loop(20, max(2.0, seconds / 6))
    capacity = many.rate()
    hold("20 concurrent askers get only 200s", set(many.counts()) == {200})
    stop = asyncio.Event()
    beat = asyncio.create_task(target.beat(stop))
    recovering = asyncio.create_task(_recovery(target, p50, stop))
    flood = await target.open_loop(10 * capacity, seconds, stop)
    answered = flood.rate()
    lived, recovery = await beat, await recovering
    hold("ten times the capacity gets only 200 and 503", set(flood.counts()) <= {200, 503})
    hold("every 503 has Retry-After", all((reply.retry_after or "").isdigit() for reply in flood.of(503)))
    hold("a 503 comes within 100 ms or one p50", quantile(flood.of(503), 0.99) <= max(0.1, p50))
    hold("80 % of the capacity is still answered", answered >= 0.8 * capacity)
    hold("/livez always answers 200", set(lived.counts()) == {200})
    hold("/livez p99 is at most 200 ms or two p50", quantile(lived.replies, 0.99) <= max(0.2, 2 * p50))
    hold("back to normal within 10 s", recovery is not None)
    await target.ask("What stood in the paper?")
    repeated = await target.closed_loop(4, max(2.0, seconds / 12), "What stood in the paper?")
    hold("a repeated question is served at 200/s", repeated.rate() >= 200)
    figures = {
        "single_user_p50_ms": round(1000 * p50, 1),
        "twenty_users": {"answers_per_s": round(capacity, 1), "statuses": many.counts()},
        "ten_times_capacity": {
            "seconds": seconds,
            "offered_per_s": round(10 * capacity, 1),
            "answered_per_s": round(answered, 1),
            "statuses": flood.counts(),
            "refusal_p50_ms": round(1000 * quantile(flood.of(503), 0.5), 1),
            "refusal_p99_ms": round(1000 * quantile(flood.of(503), 0.99), 1),
            "livez_p99_ms": round(1000 * quantile(lived.replies, 0.99), 1),
        },
        "recovery_s": recovery,
        "repeated_question_per_s": round(repeated.rate(), 1),
    }
    return figures, broken


async def _recovery(target: Target, p50: float, ended: asyncio.Event) -> float | None:
    """Seconds from the end of a flood until three answers in a row took at most three times the p50; None after 10."""
    await ended.wait()
    began, row = time.perf_counter(), 0
    while time.perf_counter() < began + 10:
        reply = await target.ask()
        row = row + 1 if reply.status == 200 and reply.seconds <= max(3 * p50, 0.05) else 0
        if row == 3:
            return round(time.perf_counter() - began, 2)
    return None


def main() -> int:
    """Measures a running service."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description="Load a service on the loopback.")
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args()
    os.nice(10)  # strangers come from elsewhere: they take nothing from the service
    figures, broken = asyncio.run(measure(args.url, min(args.seconds, 120.0)))
    print(json.dumps({**figures, "broken": broken}, indent=2))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
