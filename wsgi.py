"""The WSGI application, for any server: `granian --interface wsgi wsgi:app`."""

from feedsvc.app import create_app

app = create_app()
