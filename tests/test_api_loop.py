"""Under pressure requests gather; otherwise the loop wakes at once."""

import asyncio
import socket
import time

import pytest

import api.loop
from api.loop import GatheringSelector, loop_factory
from tests.machine import Share


@pytest.mark.parametrize(("pressed", "wakings"), [(False, 20), (True, 5)])
def test_events_gather_under_pressure_alone(pressed: bool, wakings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.loop, "GATHER_SECONDS", 0.2)
    selector, pairs = GatheringSelector(lambda: pressed), [socket.socketpair() for _ in range(20)]
    for here, _ in pairs:
        selector.register(here, 1)

    async def send() -> None:
        for _, there in pairs:
            await asyncio.sleep(0.02)
            there.send(b"x")

    async def collect() -> list[int]:
        sending, seen = asyncio.create_task(send()), []
        while sum(seen) < len(pairs):
            ready = await asyncio.to_thread(selector.select, 5)
            for key, _ in ready:
                selector.unregister(key.fileobj)
            seen.append(len(ready))
        await sending
        return [count for count in seen if count]

    share = Share()
    counts = asyncio.run(collect())
    selector.close()
    for pair in pairs:
        for end in pair:
            end.close()
    assert sum(counts) == 20
    if pressed:
        assert len(counts) <= share.stretched(wakings)
    else:
        assert len(counts) >= wakings / 2


@pytest.mark.parametrize("pressed", [False, True])
def test_timers_and_other_threads_are_not_late_by_more_than_the_gathering(pressed: bool) -> None:
    async def scenario() -> float:
        began = time.perf_counter()
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(lambda: 7) == 7
        return time.perf_counter() - began

    share = Share()
    with asyncio.Runner(loop_factory=loop_factory(lambda: pressed)) as runner:
        seconds = runner.run(scenario())
    assert 0.1 <= seconds < share.stretched(0.1 + 3 * api.loop.GATHER_SECONDS + 0.1)
