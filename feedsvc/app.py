"""The application factory."""

from flask import Flask

from feedsvc.catalogue import Catalogue
from feedsvc.keeper import Keeper
from feedsvc.settings import Settings, load
from feedsvc.views import Views


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application that serves, and see to it that the catalogue is kept.

    Without settings they are loaded as `settings.load` says. Raises SettingsError.
    """
    settings = settings or load()
    app = build_app(settings)
    keeper = Keeper(settings)
    keeper.start()
    app.before_request(keeper.be_here)
    return app


def build_app(settings: Settings) -> Flask:
    """Make the application that serves whatever the catalogue holds."""
    app = Flask("feedsvc", static_folder=None)
    Views(settings, Catalogue(settings.instance)).register(app)
    return app
