"""Requests to the application."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; media-src 'self';"
    " style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


def get(client: FlaskClient, url: str, coding: str = "identity", **headers: str) -> TestResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(url, headers={"Accept-Encoding": coding, **names})
