"""URLs to documents to responses.

Werkzeug decides all conditions; only here do exceptions become statuses.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, NotFound

from feedsvc import clock, feeds, pages
from feedsvc.catalogue import Catalogue, from_microseconds, to_microseconds
from feedsvc.document import Document, document
from feedsvc.edition import Edition, Gone, Period
from feedsvc.errors import CatalogueUnavailable
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.shelf import Shelf
from feedsvc.status import take_status

MAX_AGE = 300
RETRY_AFTER = 2
_SECOND = 1_000_000
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Views:
    """The routes of one application."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._shelf = Shelf(catalogue)

    def register(self, app: Flask) -> None:
        """Add the routes and the error pages to an application."""
        # No redirects: Werkzeug's lead to whatever host the request names.
        app.url_map.merge_slashes = False
        app.add_url_rule("/", view_func=self.home)
        permalink = self._settings.permalink
        app.add_url_rule(
            permalink, view_func=self.entry, strict_slashes=not permalink.endswith("/")
        )
        app.add_url_rule("/feeds/<name>", view_func=self.feed)
        app.add_url_rule("/healthz", view_func=self.alive)
        app.add_url_rule("/readyz", "ready", self.ready)
        app.register_error_handler(HTTPException, self.http_error)
        app.register_error_handler(CatalogueUnavailable, self.unavailable)
        app.after_request(_add_headers)

    def home(self) -> Response:
        """Answer with the newest news."""
        return self._answer("text/html", lambda edition: pages.home(edition, self._settings))

    def entry(self, id: str) -> Response:  # noqa: A002 - the setting's word for it
        """Answer with an entry's page, 410 where it was withdrawn or removed, or 404."""

        def render(edition: Edition) -> bytes:
            found = edition.find(id)
            if isinstance(found, Entry):
                return pages.entry(found, self._settings)
            raise NotFound if found is None else _Withdrawn(found)

        try:
            return self._answer("text/html", render)
        except _Withdrawn as withdrawn:
            return _error_page(pages.gone(withdrawn.gone, self._settings), 410)

    def feed(self, name: str) -> Response:
        """Answer with a feed."""
        if name not in feeds.FEEDS:
            raise NotFound
        feed = feeds.FEEDS[name]
        url = self._settings.site + feeds.path(name)
        return self._answer(
            feed.media_type, lambda edition: feed.render(edition, self._settings, url)
        )

    def alive(self) -> Response:
        """Answer, for as long as this process can."""
        return _uncached(Response("ok\n", content_type="text/plain; charset=utf-8"))

    def ready(self) -> Response:
        """Answer how the catalogue is, as JSON: no names of files, no titles."""
        with self._catalogue.snapshot() as snapshot:
            status = take_status(snapshot, clock.now())
        row = {
            "ready": True,
            "degraded": status.degraded,
            "revision": status.revision,
            "scan_age": status.scan_age,
            "entries": status.entries,
            "problems": status.problems,
        }
        return _uncached(jsonify(row))

    def http_error(self, error: HTTPException) -> Response | HTTPException:
        """Answer with an error page, keeping what the error says in headers."""
        if error.code is None or error.code < 400:
            return error
        response = _error_page(pages.error(error.code, self._settings), error.code)
        for name, value in error.get_headers():
            if name != "Content-Type":
                response.headers[name] = value
        return response

    def unavailable(self, _error: CatalogueUnavailable) -> Response:
        """Answer that the news is not ready yet."""
        if request.endpoint == "ready":
            response = _uncached(jsonify({"ready": False}))
            response.status_code = 503
        else:
            response = _error_page(pages.error(503, self._settings), 503)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response

    def _answer(self, media_type: str, render: Callable[[Edition], bytes]) -> Response:
        kept = self._shelf.get(request.path, lambda edition: document(render(edition), media_type))
        return _respond(kept.document, kept.period, clock.now())


class _Withdrawn(Exception):
    """What was asked for is gone."""

    def __init__(self, gone: Gone) -> None:
        self.gone = gone


def _respond(made: Document, period: Period, now: int) -> Response:
    coding = _coding(made)
    response = Response(made.bodies[coding], content_type=f"{made.media_type}; charset=utf-8")
    response.set_etag(made.tag_of(coding))
    response.vary.add("Accept-Encoding")
    if coding != "identity":
        response.content_encoding = coding
    response.cache_control.public = True
    response.cache_control.max_age = _max_age(period, now)
    if now // _SECOND > period.changed // _SECOND:
        # Not within the second of the change: another could follow in the same
        # second, and whoever asks by date would miss it (RFC 9110 section 8.8.2.2).
        response.last_modified = from_microseconds(period.changed)
    response.make_conditional(_without_future_date(now))
    return response


def _without_future_date(now: int) -> "WSGIEnvironment":
    # A date that lies ahead was handed out by a clock that was wrong.
    since = request.if_modified_since
    environ = request.environ
    if since is not None and to_microseconds(since) > now:
        environ = {**environ}
        del environ["HTTP_IF_MODIFIED_SINCE"]
    return environ


def _coding(made: Document) -> str:
    accepted = request.accept_encodings
    wanted = accepted["gzip"]
    if "gzip" in made.bodies and wanted > 0 and wanted >= accepted["identity"]:
        return "gzip"
    return "identity"


def _max_age(period: Period, now: int) -> int:
    if period.until is None:
        return MAX_AGE
    return max(0, min(MAX_AGE, (period.until - now) // _SECOND))


def _error_page(body: bytes, status: int) -> Response:
    return _uncached(Response(body, status, content_type="text/html; charset=utf-8"))


def _uncached(response: Response) -> Response:
    response.cache_control.no_cache = True
    return response


def _add_headers(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    return response
