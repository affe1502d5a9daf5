"""Memory and descriptors over time: mixed asks, writes and deletes against a service in a process of its own.

python -m tests.soak [--minutes 30] [--fakes]      prints figures as JSON; exit 1 when they do not hold steady
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from tests.abuse import newsroom
from tests.fake_service import PUBLISHED
from tests.service_process import started

GROWTH = 1.0  # MB a minute at most, once warm
DESCRIPTORS = 5  # more at the end than when warm, at most
FAKES = ("--read-seconds", "0.15", "--publish-seconds", "0.2")


async def soak(url: str, seconds: float, warm: float) -> dict[str, Any]:
    """Figures of `seconds` of load; growth is the slope of a line through the memory after `warm` seconds."""
    samples: list[tuple[float, float, float]] = []
    began = time.perf_counter()

    async def sample() -> None:
        async with httpx2.AsyncClient(base_url=url, timeout=60) as client:
            text = (await client.get("/metrics")).text
        found = {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}
        memory, descriptors = found["process_resident_memory_bytes"] / 1e6, found["process_open_fds"]
        samples.append((time.perf_counter() - began, memory, descriptors))
        await asyncio.sleep(min(5.0, seconds / 30))

    room = await newsroom(url, seconds, sample)
    late = [one for one in samples if one[0] >= warm]
    minutes, memory = np.array([one[0] / 60 for one in late]), np.array([one[1] for one in late])
    slope = float(np.polyfit(minutes, memory, 1)[0])
    return {
        "minutes": round(seconds / 60, 1),
        "asked": room.asked,
        "cited": room.cited,
        "written": room.written,
        "broken": room.broken[:10],
        "memory_mb": {"start": samples[0][1], "warm": late[0][1], "end": late[-1][1]},
        "growth_mb_a_minute": round(slope, 3),
        "descriptors": {"warm": late[0][2], "end": late[-1][2]},
        "steady": slope < GROWTH and late[-1][2] <= late[0][2] + DESCRIPTORS and not room.broken,
    }


def main() -> int:
    """Starts a service on a folder of its own, and soaks it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Does memory hold steady?")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--fakes", action="store_true", help="predictable models in place of the real ones")
    args = parser.parse_args()
    module, options = ("tests.fake_service", FAKES) if args.fakes else ("api", ())
    with tempfile.TemporaryDirectory() as folder, started(module, Path(folder) / "data", *options) as service:
        seconds = min(args.minutes, 60.0) * 60
        figures = asyncio.run(soak(service.url, seconds, min(300.0, seconds / 3)))
        figures["published"] = (Path(folder) / "data.log").read_text().splitlines().count(PUBLISHED)
    print(json.dumps(figures, indent=2))
    return 0 if figures["steady"] else 1


if __name__ == "__main__":
    sys.exit(main())
