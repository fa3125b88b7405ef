"""The application factory."""

from flask import Flask

from feedsvc.catalogue import Catalogue
from feedsvc.keeper import Keeper
from feedsvc.memo import Memo
from feedsvc.settings import Settings, load
from feedsvc.shelf import Shelf
from feedsvc.views import Views


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
