"""Outcomes of earlier runs: valid only while code, libraries, models, settings, articles and question are the same."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from eval import record
from eval.cache import Cache, libraries
from eval.gold import Gold
from eval.outcome import Outcome

_ROOT = Path(__file__).parents[1]
_ROOMS = ("index", "rag", "eval")
_OUTSIDE = {"bench", "train"}  # nothing of these runs when a question is asked


class Memo:
    """See run.Memory. A remembered outcome has no timings: latency is never measured from the cache."""

    def __init__(self, cache: Cache, facts: Mapping[str, str]) -> None:
        self._cache = cache
        self._state = hashlib.sha256("\n".join([code(), *libraries(), json.dumps(facts)]).encode()).hexdigest()

    def get(self, gold: Gold) -> Outcome | None:
        """See run.Memory."""
        kept = self._cache.get(self._key(gold))
        if kept is None:
            return None
        outcome = record.from_json(json.loads(kept["json"].tobytes()))
        return replace(outcome, gold=gold, timings_ms=None)

    def put(self, outcome: Outcome) -> None:
        """See run.Memory."""
        raw = json.dumps(record.to_json(outcome)).encode()
        self._cache.put(self._key(outcome.gold), {"json": np.frombuffer(raw, dtype=np.uint8)})

    def _key(self, gold: Gold) -> str:
        return hashlib.sha256(f"outcome {self._state} {gold.id} {gold.digest}".encode()).hexdigest()


def code() -> str:
    """The hash of every source file that has a part in an outcome."""
    found = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((_ROOT / room).rglob("*.py")):
            name = path.relative_to(_ROOT)
            if not _OUTSIDE & set(name.parts):
                found.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()
