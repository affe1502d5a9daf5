"""Answers given before: by the exact question and parameters, of the current generation alone. Never by likeness."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from api.responses import AskOut

_BYTES = 16 * 1024 * 1024  # of JSON in all
_LARGEST = 256 * 1024  # of one answer
_REQUESTS = 4096


class AnswerCache:
    """The answers of one generation, the ones used longest ago forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = -1
        self._answers: OrderedDict[Hashable, tuple[AskOut, int]] = OrderedDict()
        self._size = 0
        self._requests: OrderedDict[int, None] = OrderedDict()

    def remember(self, request: bytes) -> None:
        """Remembers how an answer that may be here was asked for, in its caller's own bytes."""
        with self._lock:
            self._requests[hash(request)] = None
            self._requests.move_to_end(hash(request))
            if len(self._requests) > _REQUESTS:
                self._requests.popitem(last=False)

    def may_know(self, request: bytes) -> bool:
        """Whether the answer to a request may be here; tells so without reading what it asks."""
        return hash(request) in self._requests

    def get(self, key: Hashable, generation: int) -> AskOut | None:
        """The answer to the same question in the same generation."""
        with self._lock:
            if generation != self._generation or key not in self._answers:
                return None
            self._answers.move_to_end(key)
            return self._answers[key][0]

    def put(self, key: Hashable, generation: int, answer: AskOut) -> None:
        """Keeps an answer; one of a newer generation ends all older ones."""
        size = len(answer.model_dump_json())
        with self._lock:
            if generation > self._generation:
                self._generation, self._size = generation, 0
                self._answers.clear()
            if generation < self._generation or size > _LARGEST:
                return
            _, old = self._answers.pop(key, (None, 0))
            self._answers[key] = (answer, size)
            self._size += size - old
            while self._size > _BYTES:
                self._size -= self._answers.popitem(last=False)[1][1]
