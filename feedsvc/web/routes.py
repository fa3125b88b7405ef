"""Routes: each document of the list gets its URL rule and the view that answers it."""

from collections.abc import Callable
from functools import partial

from flask import Flask, Response, request
from werkzeug.http import parse_date
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response as BaseResponse

from feedsvc import clock, urls
from feedsvc.documents import DOCUMENTS
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.web import errors, health
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.feeds import FeedViews
from feedsvc.web.media import MediaViews
from feedsvc.web.old_addresses import OldAddresses
from feedsvc.web.pages import PageViews
from feedsvc.web.responses import CONTENT_SECURITY_POLICY, add_surrogate_keys, moved
from feedsvc.web.search import SearchViews

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class _NumberConverter(IntegerConverter):
    """Numbers as paths are made with: in ASCII digits, few, and without zeros in front."""

    # Werkzeug's own takes any digits, and thousands of them make Python raise.
    regex = "0|[1-9][0-9]{0,8}"


def register(app: Flask, settings: Settings, catalogue: Catalogue, cache: DocumentCache) -> None:
    """Add the routes and error pages to an application."""
    # No redirects of Werkzeug's: they lead to whatever host the request names.
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = _NumberConverter
    feeds = FeedViews(settings, cache)
    media = MediaViews(settings, catalogue)
    old_addresses = OldAddresses(settings, catalogue, media)
    views: dict[str, Callable[..., BaseResponse]] = {
        **PageViews(settings, cache).views(),
        **feeds.views(),
        **SearchViews(settings, cache, feeds).views(),
        **media.views(),
        "health": health.alive,
        "ready": partial(health.ready, catalogue, settings.replica, clock.now()),
    }
    for document in DOCUMENTS:
        for rule in document.rules(settings):
            # A path that lacks the last slash is answered; that of the feeds' page is an alias.
            strict = not rule.endswith("/") or rule == urls.SUBSCRIBE
            app.add_url_rule(rule, document.name, views[document.name], strict_slashes=strict)
    for path, aliases in urls.ALIASES.items():
        for alias in aliases.split():
            app.add_url_rule(alias, alias, partial(moved, path))
    errors.register(app, settings, old_addresses.response)
    app.before_request(_replace_absurd_dates)
    app.before_request(old_addresses.response_to_query)
    app.after_request(_add_headers)
    if settings.surrogate_keys:
        app.after_request(partial(add_surrogate_keys, settings.surrogate_keys))


def _replace_absurd_dates() -> None:
    # Werkzeug lets the error through that Python raises for years of more than nine digits.
    for name in ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_RANGE"):
        try:
            parse_date(request.environ.get(name))
        except OverflowError:
            request.environ[name] = "-"


def _add_headers(response: Response) -> Response:
    # A 304 is most of what is sent, and leaves those headers in force that came with what
    # it confirms (RFC 9111 section 3.2). A 226 has readers that merge it, and is never shown.
    if response.status_code not in (226, 304):
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
    return response
