"""The WSGI application, for any server: `gunicorn feedsvc.wsgi:app`."""

from feedsvc.app import create_app

app = create_app()
