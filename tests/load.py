"""The promises under load, checked.

    python -m tests.load URL [--seconds S]      prints figures as JSON; exit 1 when a promise is broken

All bounds are multiples of what one user alone, or `/livez`, measured on the same machine just before.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass

from tests.target import Run, Target, quantile

_DEAREST = 4


@dataclass(slots=True)
class Findings:
    """Figures, and the promises that were broken: those of `slow` hold on a machine of one's own, the others always."""

    figures: dict[str, object]
    broken: list[str]
    slow: list[str]


async def measure(url: str, seconds: float) -> Findings:
    """Loads the service at `url`, with the flood for so many seconds."""
    target = Target(url)

    async def costed(load: Awaitable[Run]) -> tuple[Run, float]:
        """A run, and the service's processor time in it."""
        before = await target.cpu_seconds()
        return await load, await target.cpu_seconds() - before

    alone = await target.closed_loop(1, max(2.0, seconds / 6), target.ask)
    p50 = quantile(alone.replies, 0.5)
    many, cost = await costed(target.closed_loop(20, max(2.0, seconds / 6), target.ask))
    capacity, cost_answer = many.rate(), cost / len(many.replies)
    lives, cost = await costed(target.closed_loop(1, max(2.0, seconds / 12), target.livez))
    cost_least = cost / len(lives.replies)
    stop = asyncio.Event()
    beat = asyncio.create_task(target.beat(stop))
    recovering = asyncio.create_task(_recovery(target, p50, stop))
    flood, cost = await costed(target.open_loop(10 * capacity, seconds, stop))
    lived, recovery = await beat, await recovering
    cost_refusal = (cost - cost_answer * len(flood.of(200))) / max(1, len(flood.of(503)))
    await target.ask("What stood in the paper?")
    repeated, cost = await costed(
        target.closed_loop(4, max(2.0, seconds / 12), lambda: target.ask("What stood in the paper?"))
    )
    cost_repeated = cost / len(repeated.replies)
    always = {
        "20 concurrent askers get only 200s": set(many.counts()) == {200},
        "ten times the capacity gets only 200 and 503": set(flood.counts()) <= {200, 503},
        "every 503 has Retry-After": all((reply.retry_after or "").isdigit() for reply in flood.of(503)),
        "/livez always answers 200": set(lived.counts()) == {200},
    }
    in_time = {
        "a 503 comes within 100 ms or one p50": quantile(flood.of(503), 0.99) <= max(0.1, p50),
        f"a 503 costs at most {_DEAREST} times /livez": cost_refusal <= _DEAREST * cost_least,
        "80 % of the capacity is still answered": flood.rate() >= 0.8 * capacity,
        "/livez p99 is at most 200 ms or two p50": quantile(lived.replies, 0.99) <= max(0.2, 2 * p50),
        "back to normal within 10 s": recovery is not None,
        "a repeated question is served at 200/s": repeated.rate() >= 200,
        f"a repeated question costs at most {_DEAREST} times /livez": cost_repeated <= _DEAREST * cost_least,
    }
    figures = {
        "single_user_p50_ms": _ms(p50),
        "twenty_users": {
            "answers_per_s": round(capacity, 1),
            "p95_ms": _ms(quantile(many.replies, 0.95)),
            "statuses": many.counts(),
        },
        "ten_times_capacity": {
            "seconds": seconds,
            "offered_per_s": round(10 * capacity, 1),
            "answered_per_s": round(flood.rate(), 1),
            "statuses": flood.counts(),
            "refusal_p50_ms": _ms(quantile(flood.of(503), 0.5)),
            "refusal_p99_ms": _ms(quantile(flood.of(503), 0.99)),
            "livez_p99_ms": _ms(quantile(lived.replies, 0.99)),
        },
        "recovery_s": recovery,
        "repeated_question_per_s": round(repeated.rate(), 1),
        "service_cpu_ms": {"livez": _ms(cost_least), "refusal": _ms(cost_refusal), "repeated": _ms(cost_repeated)},
    }
    broken, slow = ([promise for promise, kept in promises.items() if not kept] for promises in (always, in_time))
    return Findings(figures, broken, slow)


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)


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
    found = asyncio.run(measure(args.url, min(args.seconds, 120.0)))
    print(json.dumps({**found.figures, "broken": found.broken + found.slow}, indent=2))
    return 1 if found.broken or found.slow else 0


if __name__ == "__main__":
    sys.exit(main())
