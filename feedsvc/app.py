"""The application factory."""

from flask import Flask

from feedsvc.settings import Settings, load
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.coordination import Keeper
from feedsvc.web.document_cache import Shelf
from feedsvc.web.pages import Views
from feedsvc.web.response_cache import Memo


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application that serves, and see to it that the catalogue is kept.

    Without settings they are loaded as `settings.load` says. Raises SettingsError.
    """
    settings = settings or load()
    app, shelf = _build(settings)
    keeper = Keeper(settings, shelf.look)
    keeper.start()
    app.before_request(keeper.be_here)
    return app


def build_app(settings: Settings) -> Flask:
    """Make the application that serves whatever the catalogue holds."""
    return _build(settings)[0]


def _build(settings: Settings) -> tuple[Flask, Shelf]:
    app = Flask("feedsvc", static_folder=None)
    catalogue = Catalogue(settings.instance)
    shelf = Shelf(catalogue, shown_by=settings.shown_by)
    Views(settings, catalogue, shelf).register(app)
    app.wsgi_app = Memo(app.wsgi_app, shelf.period)  # type: ignore[method-assign]
    return app, shelf
