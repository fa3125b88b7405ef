"""URLs to documents to responses.

Werkzeug decides all conditions; only here do exceptions become statuses.
"""

import re
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import TypeVar

import msgspec
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as Answer

from feedsvc import clock
from feedsvc.edition import Edition
from feedsvc.errors import CatalogueUnavailable, SearchUnavailable
from feedsvc.feeds import FEEDS, FOR_READERS, atom, channel
from feedsvc.media.thumbnails import WIDTHS
from feedsvc.model import Entry
from feedsvc.pages import html as pages
from feedsvc.pages import sitemaps
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.status import take_status
from feedsvc.web.document_cache import Shelf
from feedsvc.web.feeds import FeedViews
from feedsvc.web.media import Files
from feedsvc.web.representation import Document, document
from feedsvc.web.responses import MAX_AGE, answer, still
from feedsvc.web.search import SearchViews

RETRY_AFTER = 2
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; media-src 'self';"
    " style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
# Where readers and people look for a feed, and the one that is meant.
_MEANT = {
    "atom.xml": "/atom.xml /atom /atom/ /feed /feed/ /feed.xml /feeds/atom /feed/atom /feed/atom/",
    "rss.xml": "/rss.xml /rss /rss/ /index.xml /rss/index.xml /feeds/rss /feed/rss /feed/rss/",
    "feed.json": "/feed.json /feed/json /index.json",
}
# What no news changes.
_STILL: dict[str, tuple[str, Callable[[Settings], bytes]]] = {
    "style.css": ("text/css", pages.style),
    "feed.css": ("text/css", pages.feed_style),
}
T = TypeVar("T")
_month = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")


class Views:
    """The routes of one application."""

    def __init__(self, settings: Settings, catalogue: Catalogue, shelf: Shelf) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._shelf = shelf
        self._files = Files(settings)
        self._feeds = FeedViews(settings, shelf)
        self._searches = SearchViews(settings, shelf, self._feeds)

    def register(self, app: Flask) -> None:
        """Add the routes and the error pages to an application."""
        # No redirects: Werkzeug's lead to whatever host the request names.
        app.url_map.merge_slashes = False
        add = app.add_url_rule
        permalink = self._settings.permalink
        app.add_url_rule(
            permalink, view_func=self.entry, strict_slashes=not permalink.endswith("/")
        )
        self._feeds.render_ahead()
        for path, (media_type, render) in self._singles().items():
            add(path, path, partial(self._answer, media_type, render))
        for name, (media_type, render_still) in _STILL.items():
            made = document(render_still(self._settings), media_type)
            add(f"/static/{name}", name, partial(still, made))
        add("/category/<slug>/", view_func=self.category, strict_slashes=False)
        add("/category/<slug>/<year>/<month>/", view_func=self.month, strict_slashes=False)
        add("/archive/<year>/<month>/", view_func=self.month, strict_slashes=False)
        add("/feeds/<name>", view_func=self._feeds.feed)
        add("/feeds/category/<slug>/<name>", view_func=self._feeds.feed)
        add("/search", "search", self._searches.page)
        add("/feeds/search/<path:words>/<name>", "search feed", self._searches.feed)
        add("/feeds/archive/<year>/<month>/atom.xml", view_func=self.archive)
        add("/sitemap/<year>-<int:part>.xml", view_func=self.sitemap)
        add("/media/<entry_id>/<name>", view_func=self.media)
        add("/preview/<int:width>/<entry_id>/<name>", view_func=self.preview)
        add("/logo/<name>", view_func=self.logo)
        add("/healthz", view_func=self.alive)
        add("/readyz", "ready", self.ready)
        for name, paths in _MEANT.items():
            for path in paths.split():
                add(path, path, partial(_moved, channel.feed_path(name)))
        add("/feeds", "/feeds", partial(_moved, "/feeds/"))
        app.register_error_handler(HTTPException, self.http_error)
        app.register_error_handler(CatalogueUnavailable, self.unavailable)
        app.register_error_handler(SearchUnavailable, self._searches.unavailable)
        app.after_request(_add_headers)

    def _singles(self) -> dict[str, tuple[str, Callable[[Edition], bytes]]]:
        """Give the documents that there is one of: path, media type, how it is rendered."""
        html, xml, settings = "text/html", "application/xml", self._settings
        singles = {
            "/": (html, pages.home),
            "/feeds/": (html, pages.subscribe),
            channel.ARCHIVE: (html, pages.archive),
            "/feeds/opml.xml": ("text/x-opml", sitemaps.opml),
            "/sitemap.xml": (xml, sitemaps.sitemap_index),
            "/sitemap/pages.xml": (xml, sitemaps.sitemap_of_pages),
            "/sitemap-news.xml": (xml, sitemaps.sitemap_of_news),
            "/robots.txt": ("text/plain", sitemaps.robots),
        }
        return {
            path: (media_type, partial(_with_settings, render, settings))
            for path, (media_type, render) in singles.items()
        }

    def entry(self, id: str) -> Response:  # noqa: A002 - the setting's word for it
        """Answer with an entry's page, 410 where it was withdrawn or removed, or 404."""

        def render(edition: Edition) -> Document:
            found = edition.find(id)
            if isinstance(found, Entry):
                return self._page_of(found, edition.beside(found))
            raise NotFound if found is None else _Instead(pages.gone(found, self._settings), 410)

        return self._answer_with(render)

    def _page_of(self, item: Entry, beside: tuple[Entry | None, Entry | None]) -> Document:
        # Hundreds are asked for right after a change, and it has changed some of them.
        basis = blake2b(msgspec.json.encode((item, beside))).digest()
        last = self._shelf.last(request.path)
        if last is not None and last.basis == basis:
            return last
        return document(pages.entry(item, beside, self._settings), "text/html", basis=basis)

    def category(self, slug: str) -> Response:
        """Answer with the newest news of a category."""

        def render(edition: Edition) -> bytes:
            return _found(pages.category(edition, self._settings, slug))

        return self._answer("text/html", render)

    def month(self, year: str, month: str, slug: str | None = None) -> Response:
        """Answer with the news of a month, of all or of a category."""
        wanted = _month_of(year, month)

        def render(edition: Edition) -> bytes:
            made = pages.month(edition, self._settings, wanted, slug)
            if made is None:
                raise _Instead(_found(pages.no_news(edition, self._settings, wanted, slug)), 404)
            return made

        return self._answer("text/html", render)

    def archive(self, year: str, month: str) -> Response:
        """Answer with the archive document of a month."""

        def render(edition: Edition) -> bytes:
            told = channel.of_month(edition, self._settings, _month_of(year, month))
            return atom.render(_found(told), self._settings)

        return self._answer(FEEDS["atom.xml"].served_as, render)

    def sitemap(self, year: str, part: int) -> Response:
        """Answer with a part of the sitemap of a year."""

        def render(edition: Edition) -> bytes:
            return _found(sitemaps.sitemap_of_year(edition, self._settings, year, part))

        return self._answer("application/xml", render)

    def media(self, entry_id: str, name: str) -> Answer:
        """Answer with a picture or an attachment of a public entry."""
        return _found(self._files.of_entry(self._public(entry_id), name))

    def preview(self, width: int, entry_id: str, name: str) -> Answer:
        """Answer with a small form of a picture of a public entry."""
        if width not in WIDTHS:
            raise NotFound
        return _found(self._files.preview_of(self._public(entry_id), name, width))

    def _public(self, entry_id: str) -> Entry:
        with self._catalogue.snapshot() as snapshot:
            found = Edition(snapshot, clock.now()).find(entry_id)
        if not isinstance(found, Entry):
            raise NotFound
        return found

    def logo(self, name: str) -> Answer:
        """Answer with a picture of the site itself."""
        return _found(self._files.of_site(name))

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
        return self._answer_with(lambda edition: document(render(edition), media_type))

    def _answer_with(self, render: Callable[[Edition], Document]) -> Response:
        try:
            kept = self._shelf.get(request.path, render)
        except _Instead as instead:
            return _error_page(instead.body, instead.status)
        response = answer(kept)
        if kept.document.media_type == "text/html" and response.status_code == 200:
            for name, feed in FOR_READERS.items():
                link = f'<{channel.feed_path(name)}>; rel="alternate"; type="{feed.media_type}"'
                response.headers.add("Link", link)
        return response


class _Instead(Exception):
    """There is a page to say why what was asked for is not here."""

    def __init__(self, body: bytes, status: int) -> None:
        self.body = body
        self.status = status


def _month_of(year: str, month: str) -> str:
    wanted = f"{year}-{month}"
    if not _month.fullmatch(wanted):
        raise NotFound
    return wanted


def _found(thing: T | None) -> T:
    if thing is None:
        raise NotFound
    return thing


def _with_settings(
    render: Callable[[Edition, Settings], bytes], settings: Settings, edition: Edition
) -> bytes:
    return render(edition, settings)


def _moved(path: str) -> Answer:
    response = redirect(path, 301, Response)
    response.cache_control.public = True
    response.cache_control.max_age = MAX_AGE
    return response


def _error_page(body: bytes, status: int) -> Response:
    return _uncached(Response(body, status, content_type="text/html; charset=utf-8"))


def _uncached(response: Response) -> Response:
    response.cache_control.no_cache = True
    return response


def _add_headers(response: Response) -> Response:
    # A 304 is most of what is sent, and leaves those headers in force that came
    # with what it confirms (RFC 9111 section 3.2).
    if response.status_code != 304:
        response.headers.extend(_HEADERS)
    return response
