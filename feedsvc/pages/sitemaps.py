"""Documents that list addresses, for machines: sitemaps, robots.txt, OPML. Pure."""

from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from feedsvc.edition import Edition
from feedsvc.feeds.channel import ARCHIVE, category_page, feed_path, month_page
from feedsvc.settings import Settings

# sitemaps.org: so many addresses in a file; 50 MB are never reached with them.
MAX_ADDRESSES = 50_000
# Google News: so many, of two days.
MAX_NEWS = 1000
NEWS_SPAN = timedelta(days=2)
_CHINESE = ("zh-cn", "zh-tw")
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
# lxml's word for the name space without a prefix, which its stubs do not know.
_DEFAULT: Any = {None: _SITEMAP}
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_ROBOTS = """\
User-agent: *
Disallow:

Sitemap: {site}/sitemap.xml
Sitemap: {site}/sitemap-news.xml
"""


def sitemap_index(edition: Edition, settings: Settings) -> bytes:
    """List the sitemaps: one for what is always there, and those of each year."""
    root = etree.Element(f"{{{_SITEMAP}}}sitemapindex", nsmap=_DEFAULT)
    paths = ["/sitemap/pages.xml"]
    for year in sorted({month[:4] for month, _ in edition.months()}, reverse=True):
        parts = range(1, 2 + (len(edition.addresses(year)) - 1) // MAX_ADDRESSES)
        paths += [f"/sitemap/{year}-{part}.xml" for part in parts]
    for path in paths:
        sitemap = etree.SubElement(root, f"{{{_SITEMAP}}}sitemap")
        etree.SubElement(sitemap, f"{{{_SITEMAP}}}loc").text = settings.site + path
    return _written(root)


def sitemap_of_pages(edition: Edition, settings: Settings) -> bytes:
    """List the pages that lead to the news."""
    paths = ["/", "/feeds/", ARCHIVE]
    paths += [month_page(month) for month, _ in edition.months()]
    paths += [category_page(slug) for slug, _ in edition.categories()]
    return _sitemap([(path, None) for path in paths[:MAX_ADDRESSES]], settings)


def sitemap_of_year(edition: Edition, settings: Settings, year: str, part: int) -> bytes | None:
    """List a part, from 1, of a year's news; None where there is no such part."""
    start = (part - 1) * MAX_ADDRESSES
    found = edition.addresses(year)[start : start + MAX_ADDRESSES]
    if not found:
        return None
    return _sitemap([(settings.page(entry_id), moment) for entry_id, moment in found], settings)


def _sitemap(pages: list[tuple[str, datetime | None]], settings: Settings) -> bytes:
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap=_DEFAULT)
    for path, changed in pages:
        url = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        etree.SubElement(url, f"{{{_SITEMAP}}}loc").text = settings.site + path
        if changed is not None:
            moment = changed.isoformat(timespec="seconds")
            etree.SubElement(url, f"{{{_SITEMAP}}}lastmod").text = moment
    return _written(root)


def sitemap_of_news(edition: Edition, settings: Settings) -> bytes:
    """List the news of the last two days, as Google News reads it."""
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap=_DEFAULT | {"news": _NEWS})
    for entry in edition.of_last(NEWS_SPAN, MAX_NEWS):
        url = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        etree.SubElement(url, f"{{{_SITEMAP}}}loc").text = settings.site + settings.page(entry.id)
        news = etree.SubElement(url, f"{{{_NEWS}}}news")
        publication = etree.SubElement(news, f"{{{_NEWS}}}publication")
        etree.SubElement(publication, f"{{{_NEWS}}}name").text = settings.title
        language = (entry.lang or settings.language).lower()
        # Of ISO 639, two or three letters, but for the two kinds of Chinese.
        short = language if language in _CHINESE else language.partition("-")[0]
        etree.SubElement(publication, f"{{{_NEWS}}}language").text = short
        moment = entry.published.isoformat(timespec="seconds")
        etree.SubElement(news, f"{{{_NEWS}}}publication_date").text = moment
        etree.SubElement(news, f"{{{_NEWS}}}title").text = entry.title
    return _written(root)


def robots(_edition: Edition, settings: Settings) -> bytes:
    """Say to search engines that they may read everything, and where the sitemaps are."""
    return _ROBOTS.format(site=settings.site).encode()


def opml(edition: Edition, settings: Settings) -> bytes:
    """List the feeds of the site and of each category, for import into a reader (OPML 2.0)."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = settings.title
    body = etree.SubElement(root, "body")
    for title, feed, page in channels(edition, settings, "atom.xml"):
        etree.SubElement(
            body,
            "outline",
            type="rss",
            text=title,
            title=title,
            xmlUrl=settings.site + feed,
            htmlUrl=settings.site + page,
        )
    return _written(root)


def channels(edition: Edition, settings: Settings, name: str) -> list[tuple[str, str, str]]:
    """Give title, feed's path and page's path of the site and of each category."""
    return [
        (settings.title, feed_path(name), "/"),
        *(
            (f"{settings.title}: {label}", feed_path(name, slug), category_page(slug))
            for slug, label in edition.categories()
        ),
    ]


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
