"""Metrics at the desk's port, for Prometheus: what it needs to scrape them, and the answer."""

import json
import logging
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from feedsvc.desk import addresses
from feedsvc.desk.keys import Keys
from feedsvc.i18n import N_, Message
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue

_log = logging.getLogger("feedsvc")


def add_metrics(app: Flask, settings: Settings, catalogue: Catalogue, keys: Keys) -> None:
    """Add the metrics to the application of the desk, if the library for them is installed.

    The token of the metrics is presented as a bearer token (RFC 6750) or in the path. It opens
    nothing else, so that the settings of a monitoring system do not hold the key of the desk.
    """
    try:
        from feedsvc.metrics.exposition import render  # noqa: PLC0415 - it may not be installed
    except ModuleNotFoundError as error:
        text = N_("metrics need one more library ({name}): pip install 'feedsvc[metrics]'")
        _log.error("%s", Message(text, {"name": error.name}).text(settings.language))
        return

    def metrics(token: str | None = None) -> Response:
        given = request.authorization
        if token is None and given is not None and given.type == "bearer":
            token = given.token
        if not keys.opens_metrics(token or ""):
            raise NotFound
        body, media_type = render(settings, catalogue, request.headers.get("Accept", ""))
        return Response(body, content_type=media_type)

    for rule in (addresses.METRICS, addresses.METRICS_BY_PATH):
        app.add_url_rule(rule, rule, metrics, strict_slashes=True)


def scrape_config(settings: Settings, keys: Keys) -> str:
    """Return what belongs into `scrape_configs` of Prometheus, as YAML."""
    url = urlsplit(addresses.metrics_url(settings))
    # What is quoted as in JSON is YAML as well.
    return f"""\
- job_name: feedsvc
  scheme: {url.scheme}
  metrics_path: {url.path}
  authorization:
    credentials: {json.dumps(keys.metrics_token())}
  static_configs:
    - targets: [{json.dumps(url.netloc)}]
"""
