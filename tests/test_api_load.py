"""Under load, beside bad clients, and when told to stop: short versions; the long ones are commands in the README."""

import asyncio
import json
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import httpx2
import pytest

import api.body
import api.server
from index.library import Library
from tests.abuse import closed, hold_connections, trickle
from tests.api_server import Listening, listening
from tests.fakes import WordEmbedder
from tests.load import measure
from tests.machine import QUIET, Share
from tests.service_process import ServiceProcess, started
from tests.target import Target, quantile

READ = ("--read-seconds", "0.15")  # by three workers: 20 a second


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with started("tests.fake_service", tmp_path / "data", *READ) as service:
        yield service


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    monkeypatch.setattr(api.server, "HEAD_SECONDS", 3.0)
    monkeypatch.setattr(api.body, "PATIENCE", 3.0)
    with listening(tmp_path) as here:
        yield here


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_asked_while_articles_come_go_and_are_published_it_mixes_nothing_and_its_memory_holds_steady(
    soaking: subprocess.Popen[str],
) -> None:
    """The load began with the first test of all, and ends before those of the clock that follow here."""
    figures = json.loads(soaking.communicate()[0])
    assert figures["steady"], json.dumps(figures)
    assert min(figures[count] for count in ("asked", "cited", "written", "published")) >= 50


def test_the_promises_under_load_hold(service: ServiceProcess) -> None:
    late = []
    for _ in range(3):  # a fault breaks a promise each time, others on the machine now and then
        share = Share()
        found = asyncio.run(measure(service.url, 6))
        assert found.broken == [], json.dumps(found.figures)
        if not found.slow:
            return
        late.append((share.others(), found))
    told = json.dumps([{**asdict(found), "others": round(others, 2)} for others, found in late])
    if min(others for others, _ in late) > QUIET:
        warnings.warn(f"others took the machine, nothing was judged by the clock: {told}", stacklevel=1)
    else:
        pytest.fail(told)


def test_load_is_for_the_loopback_alone() -> None:
    with pytest.raises(ValueError, match="loopback"):
        Target("http://192.0.2.1:80")


def descriptors() -> int:
    """Of this process, which is the service, too."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("kind", ["silent", "trickling", "dripping", "aborted"])
def test_two_hundred_bad_connections_hurt_nobody_and_are_closed(here: Listening, kind: str) -> None:
    async def beside() -> tuple[float, float, int, int, int]:
        target = Target(here.url)
        alone = await target.closed_loop(1, 1, target.ask)
        before = descriptors()
        held = await hold_connections(target, kind, 200)
        dripping = asyncio.create_task(trickle(held, 6))
        assert (await target.ask()).status == 200  # behind the requests of those who hung up
        beset = await target.closed_loop(1, 1, target.ask)
        assert set(beset.counts()) == {200}
        ended = await closed(held, 20)
        await dripping
        deadline = time.perf_counter() + 10
        while descriptors() > before + 5 and time.perf_counter() < deadline:
            await asyncio.sleep(0.1)
        return quantile(alone.replies, 0.5), quantile(beset.replies, 0.5), len(held), ended, descriptors() - before

    share = Share()
    alone, beset, held, ended, kept = asyncio.run(beside())
    assert ended == held
    assert kept <= 5
    assert beset <= share.stretched(max(5 * alone, 0.1))


def test_told_to_stop_it_finishes_what_it_began_and_keeps_what_it_acknowledged(
    service: ServiceProcess, tmp_path: Path
) -> None:
    acknowledged: list[str] = []

    async def write(until: asyncio.Event) -> None:
        async with httpx2.AsyncClient(base_url=service.url, timeout=30) as client:
            for number in range(10_000):
                try:
                    response = await client.put(f"/v1/articles/a{number}", json={"text": f"Ship {number} sank."})
                except httpx2.HTTPError:
                    return
                if response.status_code == 201:
                    acknowledged.append(f"a{number}")
                if until.is_set():
                    return

    async def scenario() -> tuple[list[int], float]:
        target, stopped = Target(service.url), asyncio.Event()
        writing = asyncio.create_task(write(stopped))
        asks = [asyncio.create_task(target.ask()) for _ in range(20)]
        while not acknowledged:
            await asyncio.sleep(0.01)
        began = time.perf_counter()
        service.process.send_signal(signal.SIGTERM)
        replies = await asyncio.gather(*asks)
        stopped.set()
        await writing
        assert await asyncio.to_thread(service.process.wait, 30) == 0
        return [reply.status for reply in replies], time.perf_counter() - began

    share = Share()
    statuses, seconds = asyncio.run(scenario())
    assert statuses == [200] * 20
    assert seconds < share.stretched(10)
    with Library.open(tmp_path / "data", WordEmbedder(), read_only=True) as library:
        assert [id for id in acknowledged if library.get(id) is None] == []


def test_told_to_stop_it_gives_up_a_long_article_and_says_so(tmp_path: Path) -> None:
    """Half a megabyte at a second for each 256 passages is in work for longer than the service may take to stop."""

    async def scenario(service: ServiceProcess) -> tuple[int, str, float]:
        async with httpx2.AsyncClient(base_url=service.url, timeout=60) as client:
            assert (await client.put("/v1/articles/short", json={"text": "The ferry sank."})).status_code == 201
            text = "".join(f"The ship of number {n} sank near the old pier in the storm. " for n in range(60_000))
            writing = asyncio.create_task(client.put("/v1/articles/long", json={"text": text}))
            await asyncio.sleep(1.5)
            began = time.perf_counter()
            service.process.send_signal(signal.SIGTERM)
            response = await writing
            assert await asyncio.to_thread(service.process.wait, 60) == 0
        return response.status_code, response.json()["code"], time.perf_counter() - began

    share = Share()
    with started("tests.fake_service", tmp_path / "data", "--embed-seconds", "0.01") as service:
        status, code, seconds = asyncio.run(scenario(service))
    assert (status, code) == (503, "stopping")
    assert seconds < share.stretched(12)
    with Library.open(tmp_path / "data", WordEmbedder(), read_only=True) as library:
        assert [article.id for article in library.all_articles()] == ["short"]
