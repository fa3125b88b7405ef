"""The composition root: everything that a serving process is made of."""
# ruff: noqa: PLC0415 - what is not set up is not loaded

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask, Response

from feedsvc import logs
from feedsvc.settings import Settings, load
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync import coordination
from feedsvc.web.background import BackgroundTasks, MemoryRelease, Task
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.refreshing import Refreshing
from feedsvc.web.response_cache import ResponseCache
from feedsvc.web.routes import register

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from feedsvc.web.observed import Observe


@dataclass
class _Extras:
    """What the settings ask for beside serving.

    How the two caches are made; who is told of each request that the application answers; what
    is called with its responses; background tasks.
    """

    make_cache: Callable[[Catalogue], DocumentCache] = DocumentCache
    make_responses: Callable[..., ResponseCache] = ResponseCache
    observers: "list[Observe]" = field(default_factory=list)
    after_request: list[Callable[[Response], Response]] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application that serves, and make sure that there is a writer.

    Without `settings` they are loaded by `settings.load`. Raises SettingsError.
    """
    settings = settings or load()
    logs.set_up_within(settings.log.format)
    extras = _extras(settings)
    app, cache = _build(settings, extras)
    refreshing = Refreshing(cache, settings.instance)
    supervisor, memory = coordination.WriterSupervisor(settings), MemoryRelease()

    def tend() -> None:
        supervisor.ensure_writer()
        memory.release()

    background = BackgroundTasks(
        (tend, coordination.ENSURE_EVERY), (refreshing.refresh, refreshing.wait), *extras.tasks
    )
    background.start()
    app.before_request(background.start_in_process)
    return app


def build_app(settings: Settings) -> Flask:
    """Return the application that serves what the catalogue holds, and starts nothing."""
    return _build(settings, _Extras())[0]


def _extras(settings: Settings) -> _Extras:
    extras = _Extras()
    if settings.desk.metrics:
        from feedsvc.metrics.counted import count

        counting = count(settings)
        extras.make_cache = counting.make_cache
        extras.observers.append(counting.counts.count)
        extras.after_request.append(counting.counts.prepare)
        extras.tasks.append((counting.publish, counting.publish_every))
    if settings.log.access:
        from feedsvc.web.access_log import AccessLog, LoggedCache

        log = AccessLog(settings.log, settings.language)
        extras.make_responses = partial(LoggedCache, log=log)
        extras.observers.append(log.log)
    return extras


def build_uncached(
    settings: Settings, make_cache: Callable[[Catalogue], DocumentCache] = DocumentCache
) -> tuple[Flask, DocumentCache]:
    """Return the application without the response cache, and its cache of documents.

    What it answers is as new as the last call of the cache's `refresh`, or newer.
    """
    app = Flask("feedsvc", static_folder=None)
    catalogue = Catalogue(settings.instance)
    cache = make_cache(catalogue)
    register(app, settings, catalogue, cache)
    return app, cache


def _build(settings: Settings, extras: _Extras) -> tuple[Flask, DocumentCache]:
    app, cache = build_uncached(settings, extras.make_cache)
    for function in extras.after_request:
        app.after_request(function)
    wsgi: WSGIApplication = app.wsgi_app
    if extras.observers:
        from feedsvc.web.observed import observed

        wsgi = observed(wsgi, extras.observers)
    app.wsgi_app = extras.make_responses(wsgi, cache.validity)  # type: ignore[method-assign]
    return app, cache
