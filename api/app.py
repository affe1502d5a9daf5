"""The ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from api import __version__, errors, openapi
from api.cors import Cors
from api.guard import Gate
from api.keys import Keys
from api.metrics import Metrics
from api.middleware import RequestContext
from api.render import Renderer
from api.routes import articles, ask, bulk, feedback, health, pages, search, widget
from api.service import Service
from api.settings import Settings
from rag.answer import Answerer

_DESCRIPTION = "Answers questions from articles with their exact words, and says where they stand."


def create_app(settings: Settings, answerer: Answerer | None = None) -> FastAPI:
    """The service. Without an Answerer it loads the models and the library of `settings.data` in the background when
    it starts, and answers 503 until they are there; `app.state.service.loaded` tells how that went."""
    metrics = Metrics()
    keys = Keys(settings.keys) if settings.keys else None
    service = Service(settings, metrics, Renderer(keys.sign if keys else lambda _: None), answerer)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        await service.stop()

    app = FastAPI(
        title="Quoteline",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.service = service
    app.state.gate = gate = Gate(keys, settings.origins, settings.rate, is_open=settings.insecure)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    app.add_middleware(RequestContext, metrics=metrics)
    app.add_middleware(Cors, gate=gate)
    errors.install(app)
    for routes in (ask, search, articles, bulk, feedback, health, pages, widget):
        for router in routes.routers:
            app.include_router(router)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    return app
