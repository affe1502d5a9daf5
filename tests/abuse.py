"""Clients that behave badly, and writers beside readers: what the service must bear, on the loopback alone."""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from tests.target import Target

PARTS = "mast keel flag bell helm hull sail deck bow stern anchor rudder tiller boom hatch galley".split()
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def hold_connections(target: Target, kind: str, count: int) -> list[Connection]:
    """`count` connections that send nothing (silent), a head without end (trickling), a body without end (dripping), or
    a request each and hang up (aborted); those still open."""
    kept = []
    for number in range(count):
        reader, writer = await asyncio.open_connection(target.host, target.port)
        if kind == "trickling":
            writer.write(b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\n")
        elif kind == "dripping":
            head = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999"
            writer.write(head + b"\r\n\r\n")
        elif kind == "aborted":
            body = json.dumps({"question": f"Who hung up on day {number}?"}).encode()
            head = f"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            head += "Content-Type: application/json"
            writer.write(head.encode() + b"\r\n\r\n" + body)
            await writer.drain()
            writer.transport.abort()
            continue
        kept.append((reader, writer))
    return kept


async def trickle(connections: list[Connection], seconds: float) -> None:
    """A byte a second on each connection."""
    began = time.perf_counter()
    while time.perf_counter() < began + seconds:
        for _, writer in connections:
            if not writer.transport.is_closing():
                writer.write(b"x")
        await asyncio.sleep(1)


async def closed(connections: list[Connection], seconds: float) -> int:
    """How many of the connections the service closed within `seconds`."""
    reads = [asyncio.create_task(reader.read()) for reader, _ in connections]  # of all that is still sent
    ended, open_still = await asyncio.wait(reads, timeout=seconds) if reads else (set(), set())
    await asyncio.gather(*ended, return_exceptions=True)
    for task in open_still:
        task.cancel()
    for _, writer in connections:
        writer.close()
    return len(ended)


class Newsroom:
    """Writes, rewrites and deletes articles through HTTP, and remembers which versions an answer may cite.

    Every version of an article names one town in each of its sentences, so that a citation of a mixed version shows. An
    article has several passages.
    """

    articles = 20
    pause = 0.05  # seconds between an article's writings of one writer: answers are read again when theirs is replaced

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._versions = itertools.count()
        self.gone: dict[str, float] = {}  # article -> when its DELETE was acknowledged; no entry while it is there
        self.texts: dict[str, dict[str, float]] = {f"n{n}": {} for n in range(self.articles)}  # text -> when replaced
        self.broken: list[str] = []
        self.asked = self.written = self.cited = 0

    def text(self, id: str, version: int) -> str:
        """A version's text."""
        town = f"Town{version}"
        return " ".join(f"The {part} of ship {id} was seen in {town}, as the harbour master said." for part in PARTS)

    async def write(self, until: float, number: int) -> None:
        """Writes and deletes its own articles in turn."""
        mine = [f"n{n}" for n in range(self.articles) if n % 2 == number]
        for step, id in enumerate(itertools.cycle(mine)):
            if time.perf_counter() > until:
                return
            await asyncio.sleep(self.pause)
            if step % 5 == 4 and id not in self.gone:
                await self._ok("DELETE", f"/v1/articles/{id}", (204, 404))
                now = time.perf_counter()
                self.gone[id] = now
                self._retire(id, now)
                continue
            text = self.text(id, next(self._versions))
            self.gone.pop(id, None)
            old = list(self.texts[id])
            self.texts[id][text] = float("inf")
            await self._ok("PUT", f"/v1/articles/{id}", (200, 201), json={"text": text, "language": "en"})
            now = time.perf_counter()
            for one in old:
                self.texts[id][one] = min(self.texts[id][one], now)

    async def ask(self, until: float) -> None:
        """Asks after random parts, and checks every citation."""
        for step in itertools.count():
            if time.perf_counter() > until:
                return
            part, id = PARTS[step % len(PARTS)], f"n{step % self.articles}"
            began = time.perf_counter()
            response = await self._ok(
                "POST", "/v1/ask", (200,), json={"question": f"Where was the {part} of ship {id} seen?"}
            )
            if response is not None:
                self.asked += 1
                self._check(response.json(), began)

    def _check(self, body: dict[str, Any], began: float) -> None:
        quotes = [body["answer"], *body["alternatives"]] if body["answer"] else []
        cited = [citation for quote in quotes for citation in quote["citations"]]
        cited += body["no_answer"]["see_also"] if body["no_answer"] else []
        self.cited += len(cited)
        for citation in cited:
            id, whole = citation["article"]["id"], citation["prefix"] + citation["exact"] + citation["suffix"]
            start, end = citation["start"], citation["end"]
            possible = [
                text
                for text, replaced in self.texts[id].items()
                if replaced > began and text[start:end] == citation["exact"] and whole in text
            ]
            if not possible:
                self.broken.append(f"{id} cited as {whole!r}, which was gone or never whole")

    def _retire(self, id: str, now: float) -> None:
        self.texts[id] = {text: min(replaced, now) for text, replaced in self.texts[id].items()}

    async def _ok(self, method: str, path: str, allowed: tuple[int, ...], **body: Any) -> httpx2.Response | None:
        try:
            response = await self._client.request(method, path, **body)
        except httpx2.HTTPError as error:
            self.broken.append(f"{method} {path}: {type(error).__name__}")
            return None
        self.written += method != "POST"
        if response.status_code not in allowed:
            self.broken.append(f"{method} {path}: {response.status_code}")
            return None
        return response


async def newsroom(url: str, seconds: float, beside: Callable[[], Awaitable[None]] | None = None) -> Newsroom:
    """Two writers and two readers for `seconds`; `beside` runs with them, again and again."""
    async with httpx2.AsyncClient(base_url=url, timeout=60) as client:
        room = Newsroom(client)
        until = time.perf_counter() + seconds

        async def again() -> None:
            while beside is not None and time.perf_counter() < until:
                await beside()

        await asyncio.gather(room.write(until, 0), room.write(until, 1), room.ask(until), room.ask(until), again())
        return room
