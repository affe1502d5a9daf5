"""Lanes: worker threads of their own, off the event loop, with a queue that is bounded in seconds of waiting."""

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from api.errors import ServiceError

_T = TypeVar("_T")
_NEARLY = 0.8  # of the longest wait: pressed before anything is refused
_WEIGHT = 0.1  # of the newest in the running mean
_STALL = 4.0  # means: what takes longer counts as this much, for a machine that stood still once is not slow


class BusyError(ServiceError):
    """The queue is as long as it may be."""

    status = 503
    code = "busy"

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many requests are waiting already; come back when Retry-After says.")
        self.headers = {"Retry-After": str(max(1, math.ceil(seconds)))}


class LateError(ServiceError):
    """The deadline passed."""

    status = 504
    code = "deadline"

    def __init__(self) -> None:
        super().__init__("This took longer than the service allows; try again later.")


class GoneError(ServiceError):
    """The client left before its work began; nobody reads this."""

    status = 503
    code = "client_gone"

    def __init__(self) -> None:
        super().__init__("The client went away.")


class Lane:
    """Work begun in order, `workers` pieces at a time. Work that would wait longer than `wait` seconds is refused at
    once, unless fewer than `always` are there, and work that is not done after `deadline` seconds is given up (what has
    begun in a thread is finished all the same)."""

    def __init__(self, name: str, wait: float, deadline: float, workers: int = 1, always: int = 0) -> None:
        self._always = always
        self._wait = wait
        self._deadline = deadline
        self._mean = 0.05  # seconds from one piece of work done to the next
        self._finished = 0.0  # when the last one was
        self._ahead = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, name)

    @property
    def depth(self) -> int:
        """Pieces of work waiting or in progress."""
        return self._ahead

    def full(self) -> bool:
        """Whether work that came now would wait too long."""
        return self._waits(self._wait)

    def busy(self) -> BusyError:
        """What such work is told."""
        return BusyError(self._expected)

    def pressed(self) -> bool:
        """Whether the queue is nearly as long as it may be."""
        return self._waits(_NEARLY * self._wait)

    def _waits(self, seconds: float) -> bool:
        return self._ahead >= self._always and self._expected > seconds

    @property
    def _expected(self) -> float:
        """Seconds that work which came now would wait."""
        return self._ahead * self._mean

    async def run(self, work: Callable[[], _T], gone: Callable[[], Awaitable[None]] | None = None) -> _T:
        """The result of `work`; raises BusyError and LateError. Once `gone()` is done nobody waits for the result any
        more: GoneError, and work that has not begun is dropped."""
        if self.full():
            raise self.busy()
        with self._lock:
            self._ahead += 1
        future = self._pool.submit(self._timed, work)
        future.add_done_callback(self._done)
        result = asyncio.wrap_future(future)
        left = asyncio.ensure_future(gone()) if gone is not None else None
        waited_for: set[asyncio.Future[object]] = {result} if left is None else {result, left}  # type: ignore[arg-type]
        try:
            await asyncio.wait(waited_for, timeout=self._deadline, return_when=asyncio.FIRST_COMPLETED)
            if not result.done() and (left is None or not left.done()):
                raise LateError
            if not result.done():
                raise GoneError
            return result.result()
        finally:
            future.cancel()
            result.cancel()
            if left is not None:
                left.cancel()

    def close(self) -> None:
        """Finishes what has begun and drops the rest; returns when that is done."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _timed(self, work: Callable[[], _T]) -> _T:
        started = time.perf_counter()
        try:
            return work()
        finally:
            with self._lock:
                now = time.perf_counter()
                taken = min(now - max(started, self._finished), _STALL * self._mean)
                self._mean += _WEIGHT * (taken - self._mean)
                self._finished = now

    def _done(self, _: Future[_T]) -> None:
        with self._lock:
            self._ahead -= 1
