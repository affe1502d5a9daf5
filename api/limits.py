"""How often a client may ask: a token bucket each."""

import math
import time
from collections import OrderedDict

_CLIENTS = 10_000  # remembered at most; the one that was here longest ago is forgotten


class Buckets:
    """`rate` requests a second for each client, and twice that at once, one at least; a rate of 0 sets no limit."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._full = max(2 * rate, 1.0)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> int | None:
        """Takes one token; None when there was one, or else in how many whole seconds there will be."""
        if not self._rate:
            return None
        now = time.monotonic()
        tokens, then = self._buckets.pop(client, (self._full, now))
        tokens = min(self._full, tokens + (now - then) * self._rate)
        wait = None if tokens >= 1 else math.ceil((1 - tokens) / self._rate)
        self._buckets[client] = (tokens if wait else tokens - 1, now)
        if len(self._buckets) > _CLIENTS:
            self._buckets.popitem(last=False)
        return wait
