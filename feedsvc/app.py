"""The composition root: everything that a serving process is made of."""
# ruff: noqa: PLC0415 - what is not set up is not loaded

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flask import Flask

from feedsvc import logs
from feedsvc.settings import Settings, load
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.coordination import WriterSupervisor
from feedsvc.web.background import BackgroundTasks, release_free_memory
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.response_cache import ResponseCache
from feedsvc.web.routes import register

if TYPE_CHECKING:
    from feedsvc.web.observed import Observer

# In seconds, between two calls of each background task.
ENSURE_WRITER_EVERY = 0.5
REFRESH_EVERY = 0.04
RELEASE_MEMORY_EVERY = 2.0


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application that serves, and make sure that there is a writer.

    Without `settings` they are loaded by `settings.load`. Raises SettingsError.
    """
    settings = settings or load()
    logs.set_up_within(settings.log.format)
    observers: list[Observer] = []
    tasks: list[tuple[Callable[[], None], float]] = []
    make_cache: Callable[[Catalogue], DocumentCache] = DocumentCache
    if settings.desk.metrics:
        from feedsvc.metrics.counted import count

        counting = count(settings)
        make_cache = counting.make_cache
        observers.append(counting.counts)
        tasks.append((counting.publish, counting.publish_every))
    if settings.log.access:
        from feedsvc.web.access_log import AccessLog

        observers.append(AccessLog(settings.log, settings.language))
    app, cache = _build(settings, make_cache, observers)
    background = BackgroundTasks(
        (WriterSupervisor(settings).ensure_writer, ENSURE_WRITER_EVERY),
        (cache.refresh, REFRESH_EVERY),
        (release_free_memory, RELEASE_MEMORY_EVERY),
        *tasks,
    )
    background.start()
    app.before_request(background.start_in_process)
    return app


def build_app(settings: Settings) -> Flask:
    """Return the application that serves what the catalogue holds, and starts nothing."""
    return _build(settings, DocumentCache, ())[0]


def _build(
    settings: Settings,
    make_cache: Callable[[Catalogue], DocumentCache],
    observers: "Sequence[Observer]",
) -> tuple[Flask, DocumentCache]:
    app = Flask("feedsvc", static_folder=None)
    catalogue = Catalogue(settings.instance)
    cache = make_cache(catalogue)
    register(app, settings, catalogue, cache)
    responses: ResponseCache
    if observers:
        from feedsvc.web.observed import ObservedCache, name_document

        app.after_request(name_document)
        responses = ObservedCache(app.wsgi_app, cache.validity, observers)
    else:
        responses = ResponseCache(app.wsgi_app, cache.validity)
    app.wsgi_app = responses  # type: ignore[method-assign]
    return app, cache
