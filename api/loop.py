"""The event loop: asyncio's own, which under pressure lets requests gather for a moment before it turns to them.

Waking for each of a hundred refusals a second costs twice as much as waking for four at a time, and what they cost the
reader loses: both share the machine.
"""

import asyncio
import selectors
import time
from collections.abc import Callable

GATHER_SECONDS = 0.03


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


def loop_factory(pressed: Callable[[], bool]) -> Callable[[], asyncio.AbstractEventLoop]:
    """Makes such loops."""
    return lambda: asyncio.SelectorEventLoop(GatheringSelector(pressed))
