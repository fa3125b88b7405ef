"""Requests to the application, and what the site of tests/http answers them with."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.newsroom import NOW, SECOND

ATOM = "/feeds/atom.xml"
PAGE = "/presscenter/news/detail/1204713.html"
GONE = "/presscenter/news/detail/gone.html"
# When the site was published.
CHANGED = NOW - 3600 * SECOND
CACHE = "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400"
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; media-src 'self';"
    " style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
# Of the pages that have a script.
WITH_SCRIPT = ("/feeds/", "/feeds/category/sport/")
# A path of each kind of document, and its Content-Type.
TYPES = {
    "/": "text/html; charset=utf-8",
    PAGE: "text/html; charset=utf-8",
    ATOM: "application/xml; charset=utf-8",
    "/feeds/rss.xml": "application/xml; charset=utf-8",
    "/feeds/feed.json": "application/feed+json; charset=utf-8",
    "/feeds/yandex.xml": "application/xml; charset=utf-8",
    "/feeds/": "text/html; charset=utf-8",
    "/feeds/category/sport/": "text/html; charset=utf-8",
    "/feeds/qr.svg": "image/svg+xml; charset=utf-8",
    "/feeds/category/sport/qr.svg": "image/svg+xml; charset=utf-8",
    "/feeds/opml.xml": "text/x-opml; charset=utf-8",
    "/feeds/archive/2014/08/atom.xml": "application/xml; charset=utf-8",
    "/archive/": "text/html; charset=utf-8",
    "/archive/2014/08/": "text/html; charset=utf-8",
    "/category/sport/": "text/html; charset=utf-8",
    "/category/sport/2014/08/": "text/html; charset=utf-8",
    "/feeds/category/sport/atom.xml": "application/xml; charset=utf-8",
    "/feeds/category/sport/rss.xml": "application/xml; charset=utf-8",
    "/feeds/category/sport/feed.json": "application/feed+json; charset=utf-8",
    "/sitemap.xml": "application/xml; charset=utf-8",
    "/sitemap/pages.xml": "application/xml; charset=utf-8",
    "/sitemap/2014-1.xml": "application/xml; charset=utf-8",
    "/sitemap-news.xml": "application/xml; charset=utf-8",
    "/robots.txt": "text/plain; charset=utf-8",
}


def get(client: FlaskClient, url: str, coding: str = "identity", **headers: str) -> TestResponse:
    """Request a path; in the names of headers, underscores stand for hyphens."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(url, headers={"Accept-Encoding": coding, **names})


def tag(response: TestResponse) -> str:
    return response.headers["ETag"]


def headers_of(response: TestResponse) -> list[tuple[str, str]]:
    """Return all headers in order; `Date` is not among them, for only a server adds it."""
    return sorted(response.headers)


def error_headers(**more: str) -> list[tuple[str, str]]:
    """Return the headers of an error page."""
    common = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", **SECURITY}
    return sorted({**common, **{n.replace("_", "-"): value for n, value in more.items()}}.items())
