"""The composition root: everything that a serving process is made of."""

from flask import Flask

from feedsvc.settings import Settings, load
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.coordination import WriterSupervisor
from feedsvc.web.background import BackgroundTasks, release_free_memory
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.response_cache import ResponseCache
from feedsvc.web.routes import register

# In seconds, between two calls of each background task.
ENSURE_WRITER_EVERY = 0.5
REFRESH_EVERY = 0.04
RELEASE_MEMORY_EVERY = 2.0


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application that serves, and make sure that there is a writer.

    Without `settings` they are loaded by `settings.load`. Raises SettingsError.
    """
    settings = settings or load()
    app, cache = _build(settings)
    background = BackgroundTasks(
        (WriterSupervisor(settings).ensure_writer, ENSURE_WRITER_EVERY),
        (cache.refresh, REFRESH_EVERY),
        (release_free_memory, RELEASE_MEMORY_EVERY),
    )
    background.start()
    app.before_request(background.start_in_process)
    return app


def build_app(settings: Settings) -> Flask:
    """Return the application that serves what the catalogue holds, and starts nothing."""
    return _build(settings)[0]


def build_uncached(settings: Settings) -> tuple[Flask, DocumentCache]:
    """Return the same without the response cache, and its cache of documents.

    What it answers is as new as the last call of the cache's `refresh`, or newer.
    """
    app = Flask("feedsvc", static_folder=None)
    catalogue = Catalogue(settings.instance)
    cache = DocumentCache(catalogue)
    register(app, settings, catalogue, cache)
    return app, cache


def _build(settings: Settings) -> tuple[Flask, DocumentCache]:
    app, cache = build_uncached(settings)
    app.wsgi_app = ResponseCache(app.wsgi_app, cache.validity)  # type: ignore[method-assign]
    return app, cache
