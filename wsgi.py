"""The WSGI application under its shorter name, in a checkout: `gunicorn wsgi:app`."""

from feedsvc.wsgi import app

__all__ = ["app"]
