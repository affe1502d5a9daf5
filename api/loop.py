"""The event loop: asyncio's own, which goes before other work, and under pressure lets requests gather for a moment.

Waking for each of a hundred refusals a second costs twice as much as waking for four at a time, and what they cost the
reader loses: both share the machine.
"""

import asyncio
import os
import selectors
import sys
import threading
import time
from collections.abc import Callable

GATHER_SECONDS = 0.03
SWITCH_SECONDS = 0.001  # at most, until a worker lets the loop have the interpreter; Python's own 5 ms add up with each
_NICE = 5


class GatheringSelector(selectors.DefaultSelector):
    """Waits GATHER_SECONDS at most for more to come where nothing is to be done and `pressed()`."""

    def __init__(self, pressed: Callable[[], bool]) -> None:
        super().__init__()
        self._pressed = pressed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As of any selector; `timeout` in seconds, None for ever."""
        if timeout == 0 or not self._pressed():
            return super().select(timeout)
        if ready := super().select(0):
            return ready
        time.sleep(GATHER_SECONDS if timeout is None else min(GATHER_SECONDS, timeout))
        return super().select(0)


def give_way() -> None:
    """Lowers the priority of the calling thread, and of the threads it starts from now on, below the event loop's."""
    if sys.platform == "linux":  # elsewhere it would be the whole process's
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + _NICE))


def loop_factory(pressed: Callable[[], bool]) -> Callable[[], asyncio.AbstractEventLoop]:
    """Makes such loops."""

    def make() -> asyncio.AbstractEventLoop:
        sys.setswitchinterval(SWITCH_SECONDS)
        return asyncio.SelectorEventLoop(GatheringSelector(pressed))

    return make
