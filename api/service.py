"""The models and the library behind the routes: loading, ready or failed, and the lanes their work runs in."""

import gc
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import cached_property, partial
from typing import Annotated, TypeVar

import anyio
import anyio.to_thread
from fastapi import Depends, Request

from api.asking import Asked, Desk, Given
from api.errors import NotReadyError, public_sentence
from api.feedback import Recent
from api.lanes import BusyError, Lane
from api.loop import give_way
from api.metrics import Metrics
from api.render import Renderer
from api.settings import Settings
from index.device import processors
from index.errors import QuotelineError
from index.ingest import ingest_paths
from index.library import Library
from rag.answer import Answerer

logger = logging.getLogger(__name__)
_T = TypeVar("_T")
_ALWAYS = 20  # questions may wait even where a machine stands still for seconds
_WRITE_WAIT, _WRITE_DEADLINE = 30.0, 120.0  # seconds: a write is worth waiting for


class Service:
    """One Answerer, given or loaded in a background thread.

    `loaded` completes when questions can be asked, or with the exception that prevents it. Inference and ingestion
    each have a lane, off the event loop.
    """

    def __init__(
        self, settings: Settings, metrics: Metrics, render: Renderer, answerer: Answerer | None = None
    ) -> None:
        self.loaded: Future[Answerer] = Future()
        self.settings = settings
        self.metrics = metrics
        self.render = render
        self._phase = "the models are loading"
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self.recent = Recent()
        self.reading = Lane("read", settings.wait, settings.deadline, workers=processors() + 1, always=_ALWAYS)
        self.writing = Lane("write", _WRITE_WAIT, _WRITE_DEADLINE)
        if answerer is not None:
            self.loaded.set_result(answerer)

    def start(self) -> None:
        """Begins to load, unless an Answerer was given; returns at once."""
        if not self.loaded.done() and self._thread is None:
            self._thread = threading.Thread(target=self._load, name="load")
            self._thread.start()

    async def stop(self) -> None:
        """Ends a load in progress and closes the library, if it was opened here."""
        self._stopping.set()
        if (answerer := self._ready()) is not None:
            answerer.library.stop_adding()
        for lane in (self.reading, self.writing):
            await anyio.to_thread.run_sync(lane.close)
        if self._thread is not None:
            await anyio.to_thread.run_sync(self._thread.join)
            if (answerer := self._ready()) is not None:
                await anyio.to_thread.run_sync(answerer.library.close)

    def _ready(self) -> Answerer | None:
        return self.loaded.result() if self.loaded.done() and self.loaded.exception() is None else None

    def answerer(self) -> Answerer:
        """The loaded Answerer; raises NotReadyError with the reason while there is none."""
        if not self.loaded.done():
            raise NotReadyError(f"Not ready yet: {self._phase}; try again in a moment.")
        if (error := self.loaded.exception()) is not None:
            reason = public_sentence(error) if isinstance(error, QuotelineError) else "The models could not be loaded."
            raise NotReadyError(f"{reason} The log says more.")
        return self.loaded.result()

    @property
    def library(self) -> Library:
        """The library; raises NotReadyError while there is none."""
        return self.answerer().library

    @cached_property
    def desk(self) -> Desk:
        """Where questions are answered; raises NotReadyError while nobody can."""
        return Desk(self.answerer(), self.reading, self.render)

    def refusal(self, request: bytes) -> BusyError | None:
        """What a question, in its caller's bytes, is told while the lane is full; None where the cache may know it."""
        return None if self.desk.cache.may_know(request) else self.reading.busy()

    async def ask(self, asked: Asked, gone: Callable[[], Awaitable[None]]) -> Given:
        """See Desk.ask; the answer can be rated from then on."""
        given = await self.desk.ask(asked, gone)
        self.recent.remember(asked, given.body)
        self.metrics.answered(given.body)
        return given

    def exposition(self) -> bytes:
        """The metrics of this moment."""
        if (answerer := self._ready()) is not None:
            self.metrics.generation.set(answerer.library.generation)
        return self.metrics.render(read=self.reading.depth, write=self.writing.depth)

    async def write(self, work: Callable[[Library], _T]) -> _T:
        """Runs `work`, which changes the library, in the lane of writes."""
        return await self.writing.run(partial(work, self.library))

    def _load(self) -> None:
        give_way()  # and so do the threads in which the models compute
        gc.disable()  # a fifth of the start is the collector walking modules just imported
        try:
            from rag.load import open_answerer  # torch alone takes seconds, and /livez answers meanwhile

            answerer = open_answerer(self.settings.data, embedder=self.settings.embedder)
            try:
                self._ingest(answerer.library)
            except BaseException:
                answerer.library.close()
                raise
        except Exception as error:
            logger.error("cannot load: %s", error, exc_info=not isinstance(error, QuotelineError))
            self.loaded.set_exception(error)
        else:
            self.loaded.set_result(answerer)
        finally:
            gc.freeze()
            gc.enable()

    def _ingest(self, library: Library) -> None:
        if not self.settings.ingest:
            return
        self._phase = "the articles are being read"
        counts: dict[str, int] = {}
        for outcome in ingest_paths(library, self.settings.ingest):
            counts[outcome.status] = counts.get(outcome.status, 0) + 1
            if outcome.status == "refused":
                logger.warning("refused %s: %s", outcome.id, outcome.reason)
            if self._stopping.is_set():
                break
        logger.info("ingested: %s", ", ".join(f"{n} {status}" for status, n in sorted(counts.items())) or "nothing")


async def _service(request: Request) -> Service:  # a plain function would take a turn in a thread
    service: Service = request.app.state.service
    service.answerer()
    return service


Ready = Annotated[Service, Depends(_service)]
