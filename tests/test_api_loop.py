"""Under pressure requests gather; otherwise the loop wakes at once."""

import asyncio
import os
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

import api.loop
from api.loop import GATHER_SECONDS, GatheringSelector, give_way, loop_factory


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_what_gives_way_is_below_the_others_with_all_it_starts() -> None:
    found: list[int] = []

    def own() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def polite() -> None:
        give_way()
        child = threading.Thread(target=lambda: found.append(own()))
        child.start()
        child.join()
        found.append(own())
        for _ in range(9):
            give_way()
        found.append(own())

    before = own()
    thread = threading.Thread(target=polite)
    thread.start()
    thread.join()
    assert found == [min(19, before + 5), min(19, before + 5), 19]
    assert own() == before


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[float], list[socket.socket]]]:
    """The seconds that selectors slept, without their passing, and ends of sockets that get a byte in each sleep."""
    seconds: list[float] = []
    senders: list[socket.socket] = []

    def sleep(duration: float) -> None:
        seconds.append(duration)
        for sender in senders:
            sender.send(b"x")

    monkeypatch.setattr(api.loop, "time", SimpleNamespace(sleep=sleep))
    yield seconds, senders
    for sender in senders:
        sender.close()


@pytest.mark.parametrize(("timeout", "sleep"), [(None, GATHER_SECONDS), (5.0, GATHER_SECONDS), (0.001, 0.001)])
def test_under_pressure_all_that_comes_meanwhile_is_seen_at_once(
    timeout: float | None, sleep: float, slept: tuple[list[float], list[socket.socket]]
) -> None:
    seconds, senders = slept
    pairs = [socket.socketpair() for _ in range(20)]
    senders += [there for _, there in pairs]
    with GatheringSelector(lambda: True) as selector:
        for here, _ in pairs:
            selector.register(here, selectors.EVENT_READ)
        assert len(selector.select(timeout)) == len(pairs)
        assert seconds == [sleep]
    for here, _ in pairs:
        here.close()


@pytest.mark.parametrize("pressed", [False, True])
def test_what_is_there_and_without_pressure_what_comes_is_told_without_sleep(
    pressed: bool, slept: tuple[list[float], list[socket.socket]]
) -> None:
    here, there = socket.socketpair()
    with GatheringSelector(lambda: pressed) as selector, here, there:
        selector.register(here, selectors.EVENT_READ)
        assert selector.select(0) == []
        there.send(b"x")
        assert [key.fileobj for key, _ in selector.select(5)] == [here]
        if not pressed:
            here.recv(1)
            threading.Timer(0.05, lambda: there.send(b"x")).start()
            assert [key.fileobj for key, _ in selector.select(30)] == [here]
    assert slept[0] == []


@pytest.mark.parametrize("pressed", [False, True])
def test_timers_and_other_threads_wake_the_loop(pressed: bool) -> None:
    async def scenario() -> int:
        began = time.perf_counter()
        await asyncio.sleep(0.1)
        assert time.perf_counter() - began >= 0.1
        return await asyncio.to_thread(lambda: 7)

    with asyncio.Runner(loop_factory=loop_factory(lambda: pressed)) as runner:
        assert runner.run(asyncio.wait_for(scenario(), 30)) == 7
