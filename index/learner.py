"""Learns a large library's lists anew in the background, while it is asked and written to."""

import os
import threading

import faiss

from index.vectors import VectorIndex


class _StoppedError(Exception):
    pass


class Learner:
    """At most one thread, of low priority. lock: held while anything is written to `vectors`."""

    def __init__(self, vectors: VectorIndex, lock: threading.Lock) -> None:
        self._vectors = vectors
        self._lock = lock
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start_if_due(self) -> None:
        """Begins when the library has outgrown its lists; the lock is held."""
        if self._vectors.outgrown and self._thread is None and not self._stopping.is_set():
            self._thread = threading.Thread(target=self._learn, name="quoteline-lists", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Gives up what was begun, and waits for that: some seconds at most. Nothing begins any more."""
        self._stopping.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _learn(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)  # of this thread alone
        faiss.omp_set_num_threads(1)  # of this thread's work alone
        try:
            lists = self._vectors.learned(self._go_on)
        except _StoppedError:
            return
        with self._lock:
            self._vectors.adopt(lists)
            self._thread = None
            self.start_if_due()

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise _StoppedError
