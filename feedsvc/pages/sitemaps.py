"""Sitemaps (sitemaps.org) and robots.txt. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from lxml import etree

from feedsvc import urls
from feedsvc.edition import Edition
from feedsvc.feeds import common
from feedsvc.model import Version
from feedsvc.settings import Settings

# sitemaps.org: the maximum of URLs in a file. With ours, it stays far below the 50 MB allowed.
MAX_URLS = 50_000
# Google News accepts at most this many entries, of the last two days.
MAX_NEWS = 1000
NEWS_SPAN = timedelta(days=2)
_CHINESE = ("zh-cn", "zh-tw")
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
# None is lxml's prefix of the default namespace; its stubs do not allow it.
_DEFAULT: Any = {None: _SITEMAP}
_XHTML = "http://www.w3.org/1999/xhtml"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_ROBOTS = """\
User-agent: *
Disallow:

Sitemap: {site}{index}
Sitemap: {site}{news}
"""


def parts(edition: Edition) -> Iterator[tuple[str, int]]:
    """Yield the year and the number, from 1, of each part of the yearly sitemaps, newest first."""
    for year in sorted({month[:4] for month, _ in edition.months()}, reverse=True):
        for part in range(1, 2 + (len(edition.addresses(year)) - 1) // MAX_URLS):
            yield year, part


def index(edition: Edition, settings: Settings) -> bytes:
    """Render the sitemap index: the sitemap of pages, and the parts of each year's."""
    root = etree.Element(f"{{{_SITEMAP}}}sitemapindex", nsmap=_DEFAULT)
    paths = [urls.SITEMAP_PAGES, *(urls.sitemap_path(*part) for part in parts(edition))]
    for path in paths:
        sitemap = etree.SubElement(root, f"{{{_SITEMAP}}}sitemap")
        etree.SubElement(sitemap, f"{{{_SITEMAP}}}loc").text = settings.site + path
    return _serialized(root)


def of_pages(paths: list[str], settings: Settings) -> bytes:
    """Render the sitemap of the pages that lead to the entries."""
    return _sitemap(((path, None) for path in paths[:MAX_URLS]), settings)


def of_year(edition: Edition, settings: Settings, year: str, part: int) -> bytes | None:
    """Render a part, from 1, of the sitemap of a year's entries; None if there is none."""
    start = (part - 1) * MAX_URLS
    addresses = edition.addresses(year)[start : start + MAX_URLS]
    if not addresses:
        return None
    return _sitemap(addresses, settings, edition.versions())


def _sitemap(
    pages: Iterable[tuple[str, datetime | None]],
    settings: Settings,
    versions: Mapping[str, tuple[Version, ...]] = MappingProxyType({}),
) -> bytes:
    """Render a sitemap of pages, each with the moment when it changed and its versions."""
    nsmap = _DEFAULT | {"xhtml": _XHTML} if versions else _DEFAULT
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap=nsmap)
    for path, changed in pages:
        url = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        etree.SubElement(url, f"{{{_SITEMAP}}}loc").text = settings.site + path
        if changed is not None:
            moment = changed.isoformat(timespec="seconds")
            etree.SubElement(url, f"{{{_SITEMAP}}}lastmod").text = moment
        if path in versions:
            _add_versions(url, path, versions[path], settings)
    return _serialized(root)


def _add_versions(
    url: etree._Element, page: str, versions: tuple[Version, ...], settings: Settings
) -> None:
    found = common.versions_by_language(page, versions, settings)
    links = {tag: version.page for tag, version in found.items()}
    if settings.language in links:
        links["x-default"] = links[settings.language]
    for tag, path in links.items():
        link = {"rel": "alternate", "hreflang": tag, "href": settings.site + path}
        etree.SubElement(url, f"{{{_XHTML}}}link", link)


def of_news(edition: Edition, settings: Settings) -> bytes:
    """Render the entries of the last two days as a Google News sitemap."""
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap=_DEFAULT | {"news": _NEWS})
    for entry in edition.recent(NEWS_SPAN, MAX_NEWS):
        url = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        etree.SubElement(url, f"{{{_SITEMAP}}}loc").text = urls.entry_url(entry, settings)
        news = etree.SubElement(url, f"{{{_NEWS}}}news")
        publication = etree.SubElement(news, f"{{{_NEWS}}}publication")
        etree.SubElement(publication, f"{{{_NEWS}}}name").text = settings.title
        language = (entry.lang or settings.language).lower()
        # ISO 639, two or three letters; only for Chinese does Google distinguish two forms.
        code = language if language in _CHINESE else language.partition("-")[0]
        etree.SubElement(publication, f"{{{_NEWS}}}language").text = code
        moment = entry.published.isoformat(timespec="seconds")
        etree.SubElement(news, f"{{{_NEWS}}}publication_date").text = moment
        etree.SubElement(news, f"{{{_NEWS}}}title").text = entry.title
    return _serialized(root)


def robots(settings: Settings) -> bytes:
    """Render robots.txt (RFC 9309): allow everything, and list the sitemaps."""
    return _ROBOTS.format(
        site=settings.site, index=urls.SITEMAP_INDEX, news=urls.SITEMAP_NEWS
    ).encode()


def _serialized(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
