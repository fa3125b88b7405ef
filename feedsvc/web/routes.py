"""Routes: each document of the list gets its URL rule and the view that answers it."""

from collections.abc import Callable
from functools import partial

from flask import Flask, Response
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import urls
from feedsvc.documents import DOCUMENTS
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.web import errors, health
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.feeds import FeedViews
from feedsvc.web.media import MediaViews
from feedsvc.web.pages import PageViews
from feedsvc.web.responses import moved
from feedsvc.web.search import SearchViews

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; media-src 'self';"
    " style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


def register(app: Flask, settings: Settings, catalogue: Catalogue, cache: DocumentCache) -> None:
    """Add the routes and error pages to an application."""
    # No redirects of Werkzeug's: they lead to whatever host the request names.
    app.url_map.merge_slashes = False
    feeds = FeedViews(settings, cache)
    views: dict[str, Callable[..., BaseResponse]] = {
        **PageViews(settings, cache).views(),
        **feeds.views(),
        **SearchViews(settings, cache, feeds).views(),
        **MediaViews(settings, catalogue).views(),
        "health": health.alive,
        "ready": partial(health.ready, catalogue),
    }
    for document in DOCUMENTS:
        rule = document.rule_for(settings)
        # A path that lacks the last slash is answered; that of the feeds' page is an alias.
        strict = not rule.endswith("/") or rule == urls.SUBSCRIBE
        app.add_url_rule(rule, document.name, views[document.name], strict_slashes=strict)
    for path, aliases in urls.ALIASES.items():
        for alias in aliases.split():
            app.add_url_rule(alias, alias, partial(moved, path))
    errors.register(app, settings)
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    # A 304 is most of what is sent, and leaves those headers in force that came with what
    # it confirms (RFC 9111 section 3.2).
    if response.status_code != 304:
        response.headers.extend(_HEADERS)
    return response
