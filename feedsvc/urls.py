"""Every address of the service: the URL rules, the paths made from them, absolute URLs.

A rule is written as Werkzeug reads it. Paths are made by filling in the same rules, so an
address is spelled once. Nothing here depends on a request: absolute URLs begin with
`settings.site`.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from unicodedata import normalize
from urllib.parse import quote, unquote, urlencode, urlsplit

from feedsvc.model import Entry
from feedsvc.settings import Settings

HOME = "/"
# Redirected to the page: an old address of each entry, if its page is not made of its id alone.
ENTRY = "/entry/<id>"
ARCHIVE = "/archive/"
MONTH = "/archive/<year>/<month>/"
CATEGORY = "/category/<slug>/"
CATEGORY_MONTH = "/category/<slug>/<year>/<month>/"
LANGUAGE = "/lang/<tag>/"
SUBSCRIBE = "/feeds/"
FEED = "/feeds/<name>"
CATEGORY_FEED = "/feeds/category/<slug>/<name>"
CATEGORY_SUBSCRIBE = "/feeds/category/<slug>/"
LANGUAGE_FEED = "/feeds/lang/<tag>/<name>"
ARCHIVE_FEED = "/feeds/archive/<year>/<month>/atom.xml"
OPML = "/feeds/opml.xml"
SEARCH = "/search"
SEARCH_FEED = "/feeds/search/<path:words>/<name>"
SEARCH_SUBSCRIBE = "/feeds/search/<path:words>/subscribe"
QR_CODE = "/feeds/qr.svg"
CATEGORY_QR_CODE = "/feeds/category/<slug>/qr.svg"
SITEMAP_INDEX = "/sitemap.xml"
SITEMAP_PAGES = "/sitemap/pages.xml"
SITEMAP_YEAR = "/sitemap/<year>-<int:part>.xml"
SITEMAP_NEWS = "/sitemap-news.xml"
ROBOTS = "/robots.txt"
INDEXNOW_KEY = "/<key>.txt"
MEDIA = "/media/<entry_id>/<name>"
THUMBNAIL = "/preview/<int:width>/<entry_id>/<name>"
LOGO = "/logo/<name>"
STYLE = "/static/style.css"
FEED_STYLE = "/static/feed.css"
HEALTH = "/healthz"
READY = "/readyz"

# Conventional addresses of feeds, redirected to ours.
ALIASES = {
    "/feeds/atom.xml": (
        "/atom.xml /atom /atom/ /feed /feed/ /feed.xml /feeds/atom /feed/atom /feed/atom/"
    ),
    "/feeds/rss.xml": (
        "/rss.xml /rss /rss/ /index.xml /rss/index.xml /feeds/rss /feed/rss /feed/rss/"
    ),
    "/feeds/feed.json": "/feed.json /feed/json /index.json",
    SUBSCRIBE: "/feeds",
}


# The most characters of an old address.
MAX_OLD_ADDRESS = 2000
# Variables of other systems, which stand for something that is not known here.
_variable = re.compile(r"/:\w|[{}<>]")
_VARIABLES = {
    "<id>": "(?P<id>[^/]+)",
    "<folder>": ".+",
    "<year>": r"\d{4}",
    "<month>": r"\d\d",
    "<day>": r"\d\d",
}
_end = re.compile(r"(?:/index)?(?:\.html?)?\Z", re.IGNORECASE)


class HasPermalink(Protocol):
    """Settings that say what the path of an entry's page looks like."""

    @property
    def permalink(self) -> str:
        """Return the path of an entry's page, with `<id>` for the entry's id.

        It may have `<year>`, `<month>` and `<day>` of publication, and `<folder>`, that of the
        entry's file.
        """


@lru_cache
def _template(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def fill(rule: str, **values: object) -> str:
    """Return the path of a rule with these values, percent-encoded, for its variables."""
    quoted = {name: quote(str(value), safe="") for name, value in values.items()}
    return _template(rule).format_map(quoted)


def _month(month: str) -> dict[str, str]:
    year, _, number = month.partition("-")
    return {"year": year, "month": number}


def page_path(settings: HasPermalink, entry_id: str, published: datetime, folder: str) -> str:
    """Return the path of the page of an entry, published then, whose file is in a folder.

    `folder` is relative to the entries folder and consists of ids; it may be ''.
    """
    path = settings.permalink.replace("<id>", entry_id)
    if path.count("<"):
        day = {name: f"{getattr(published, name):02}" for name in ("month", "day")}
        values = {"year": f"{published.year:04}", **day, "folder": folder}
        path = _template(path).format_map(values).replace("//", "/")
    return path


def link_path(settings: HasPermalink, entry_id: str) -> str:
    """Return a path that leads to the page of an entry of which nothing but the id is known."""
    if settings.permalink.count("<") > 1:
        return fill(ENTRY, id=entry_id)
    return settings.permalink.replace("<id>", entry_id)


def permalink_pattern(settings: HasPermalink) -> re.Pattern[str]:
    """Return the pattern of the paths of entries' pages; its group `id` is the entry's."""
    parts = re.split("(<[a-z]+>)", settings.permalink)
    return re.compile("".join(_VARIABLES.get(part) or re.escape(part) for part in parts))


def permalink_rules(settings: HasPermalink) -> list[str]:
    """Return the URL rules of entries' pages."""
    rule = settings.permalink.replace("<folder>", "<path:folder>")
    # The files that are in no folder.
    return [rule, rule.replace("<path:folder>/", "")] if "<path:folder>" in rule else [rule]


def entry_url(entry: Entry, settings: Settings) -> str:
    """Return the absolute URL of an entry's page."""
    return settings.site + entry.page


def month_path(month: str, slug: str | None = None) -> str:
    """Return the path of the page of a month like '2014-08', of all news or of a category."""
    if slug is None:
        return fill(MONTH, **_month(month))
    return fill(CATEGORY_MONTH, slug=slug, **_month(month))


def category_path(slug: str) -> str:
    """Return the path of the page of a category."""
    return fill(CATEGORY, slug=slug)


def feed_path(name: str, slug: str | None = None) -> str:
    """Return the path of a feed of the whole site, or of a category."""
    return fill(FEED, name=name) if slug is None else fill(CATEGORY_FEED, slug=slug, name=name)


def language_path(tag: str) -> str:
    """Return the path of the page of the news in a language."""
    return fill(LANGUAGE, tag=tag)


def language_feed_path(name: str, tag: str) -> str:
    """Return the path of a feed of the news in a language."""
    return fill(LANGUAGE_FEED, tag=tag, name=name)


def subscribe_path(slug: str | None = None) -> str:
    """Return the path of the page about subscribing to all news, or to a category."""
    return SUBSCRIBE if slug is None else fill(CATEGORY_SUBSCRIBE, slug=slug)


def qr_path(slug: str | None = None) -> str:
    """Return the path of the QR code of the feed of all news, or of a category's."""
    return QR_CODE if slug is None else fill(CATEGORY_QR_CODE, slug=slug)


def archive_feed_path(month: str) -> str:
    """Return the path of the archive document (RFC 5005) of a month like '2014-08'."""
    return fill(ARCHIVE_FEED, **_month(month))


def search_path(**fields: object) -> str:
    """Return the path of the search page, with the fields of its form filled in."""
    return f"{SEARCH}?{urlencode(fields)}"


def search_feed_path(name: str, text: str) -> str:
    """Return the path of the feed of a search, given the canonical text of its query."""
    return fill(SEARCH_FEED, words=text, name=name)


def search_subscribe_path(text: str) -> str:
    """Return the path of the page about subscribing to a search, given its canonical text."""
    return fill(SEARCH_SUBSCRIBE, words=text)


def sitemap_path(year: str, part: int) -> str:
    """Return the path of a part, from 1, of a year's sitemap."""
    return fill(SITEMAP_YEAR, year=year, part=part)


def media_path(entry_id: str, name: str) -> str:
    """Return the path of a file of an entry."""
    return fill(MEDIA, entry_id=entry_id, name=name)


def media_url(entry: Entry, name: str, settings: Settings) -> str:
    """Return the absolute URL of a file of an entry."""
    return settings.site + media_path(entry.id, name)


def thumbnail_path(width: int, entry_id: str, name: str) -> str:
    """Return the path of a picture of an entry, reduced to a width in pixels."""
    return fill(THUMBNAIL, width=width, entry_id=entry_id, name=name)


def logo_path(name: str, settings: Settings) -> str | None:
    """Return the path of the site's `icon`, `logo` or `logo_square`; None if it has none."""
    file = settings.logo_file(name)
    return None if file is None else fill(LOGO, name=f"{name}{file.suffix.lower()}")


def logo_url(name: str, settings: Settings) -> str | None:
    """Return the absolute URL of the site's `icon`, `logo` or `logo_square`, or None."""
    path = logo_path(name, settings)
    return path and settings.site + path


def old_address(written: str) -> str | None:
    """Return the one form of an address that led to an entry before; None if it is none.

    It is a path, with its query if it has one, behind `//` and the host if it names one. How a
    path ends (`/a`, `/a/`, `/a.html`, `/a/index.html`) makes no difference.
    """
    if len(written) > MAX_OLD_ADDRESS or _variable.search(written):
        return None
    try:
        parts = urlsplit(written.strip())
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https"):
        return None
    path = _end.sub("", "/" + normalize("NFC", unquote(parts.path)).strip("/"))
    key = path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    if not key:  # the home page
        return None
    host = parts.netloc.lower().removeprefix("www.")
    return f"//{host}{key}" if host else key
