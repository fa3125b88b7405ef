"""Validators of feeds and sitemaps: their specifications, and what readers and portals require.

Each raises AssertionError for a document that breaks a rule. They expect the time of the tests.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from feedsvc.dates import from_microseconds
from tests.support.attacks import dangers, parsed
from tests.support.elements import (
    ATOM,
    CONTENT,
    DC,
    FULL_TEXTS,
    HISTORY,
    MEDIA_RSS,
    NEWS_SITEMAP,
    SITEMAP,
    TOMBSTONES,
    XML_LANG,
    YANDEX,
    texts,
)
from tests.support.newsroom import NOW, ROOT, SITE

ATOM_GRAMMAR = etree.RelaxNG(file=str(ROOT / "tests" / "data" / "atom.rng"))
TODAY = from_microseconds(NOW)
# RFC 3986: an absolute URI has a scheme, and only the characters allowed.
URI = re.compile(r"[a-z][a-z0-9+.-]*:[!#-;=?-Z\[\]_a-z~%]+", re.IGNORECASE)
# The profile of ISO 8601 that sitemaps use, with a time.
W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
# The elements that a text has in Dzen.
DZEN_ELEMENTS = frozenset(
    "p a b i u s h1 h2 h3 h4 blockquote ul ol li figure img figcaption".split()
)
RFC_822 = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")


def validate_html(html: str) -> None:
    """Check that content is harmless and has no relative addresses."""
    assert dangers(html) == []
    for element in parsed(f"<html><body>{html}</body></html>").iter(etree.Element):
        for name in ("href", "src", "cite"):
            value = element.get(name)
            assert value is None or URI.fullmatch(value), value


def validate_date(text: str | None) -> datetime:
    """Check that a date follows RFC 3339, and return it."""
    assert text
    assert RFC_3339.fullmatch(text), text
    return datetime.fromisoformat(text)


def validate_mail_date(text: str | None) -> datetime:
    """Check that a date follows RFC 822, with the right weekday, and return it."""
    assert text
    assert RFC_822.fullmatch(text), text
    date = parsedate_to_datetime(text)
    assert date.strftime("%a") == text[:3]
    return date


def validate_atom(body: bytes, url: str) -> etree._Element:
    """Check a document against RFC 4287 and, as far as it applies, RFC 5005 and RFC 6721."""
    root = etree.fromstring(body)
    assert ATOM_GRAMMAR.validate(root), ATOM_GRAMMAR.error_log.last_error
    entries = root.findall(f"{ATOM}entry")
    ids = [element.text or "" for entry in entries for element in entry.iter(f"{ATOM}id")]
    assert len(ids) == len(entries) == len(set(ids))
    own = root.findtext(f"{ATOM}id") or ""
    assert own not in ids
    assert all(map(URI.fullmatch, [own, *ids]))
    assert root.find(f"{ATOM}author") is not None
    assert root.get(XML_LANG) in ("ru", "en")
    links = validate_links(root)
    assert links.get("self") == [url]
    assert len(links.get("alternate", [])) == 1
    assert ("current" in links) == (root.find(f"{HISTORY}archive") is not None)
    assert root.find(f"{HISTORY}complete") is None
    updated = validate_date(root.findtext(f"{ATOM}updated"))
    assert updated <= TODAY
    for entry in entries:
        assert validate_atom_entry(entry) <= updated
    for tombstone in root.findall(f"{TOMBSTONES}deleted-entry"):
        assert tombstone.get("ref") not in ids
        assert validate_date(tombstone.get("when")) <= updated
    return root


def validate_links(element: etree._Element) -> dict[str, list[str]]:
    """Check the links of an Atom feed or entry, and return their addresses by relation."""
    found: dict[str, list[str]] = {}
    seen = set()
    for link in element.findall(f"{ATOM}link"):
        relation, href = link.get("rel", "alternate"), link.get("href", "")
        assert URI.fullmatch(href), href
        found.setdefault(relation, []).append(href)
        key = (relation, link.get("type"), link.get("hreflang"))
        assert relation == "enclosure" or key not in seen
        seen.add(key)
        if relation == "enclosure":
            assert link.get("type")
            assert int(link.get("length", "")) > 0
    assert all(len(set(hrefs)) == len(hrefs) for hrefs in found.values())
    return found


def validate_atom_entry(entry: etree._Element) -> datetime:
    """Check an Atom entry, and return when it was updated."""
    links = validate_links(entry)
    assert len(links.get("alternate", [])) == 1
    assert links.keys() <= {"alternate", "enclosure", "via"}
    dates = (entry.findtext(f"{ATOM}{name}") for name in ("published", "updated"))
    published, updated = map(validate_date, dates)
    assert published <= updated <= TODAY
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.get("type") == "html"
    validate_html(content.text or "")
    assert (entry.findtext(f"{ATOM}title") or "").strip()
    for name in ("title", "summary"):
        element = entry.find(f"{ATOM}{name}")
        assert element is not None
        assert element.get("type", "text") == "text"
    return updated


def validate_rss(body: bytes, url: str) -> etree._Element:
    """Check a document against RSS 2.0, and what feed readers require beyond it."""
    root = etree.fromstring(body)
    assert (root.tag, root.get("version"), len(root)) == ("rss", "2.0", 1)
    top = root[0]
    names = [str(element.tag) for element in top]
    items = top.findall("item")
    assert names[len(names) - len(items) :] == ["item"] * len(items)
    for name in ("title", "link", "description"):
        assert names.count(name) == 1
        assert top.findtext(name)
    for name in ("language", "lastBuildDate", "ttl", "managingEditor", "image"):
        assert names.count(name) <= 1
    assert top.findtext("language") in ("ru", "en")
    selves = [link for link in top.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert [link.get("href") for link in selves] == [url]
    assert validate_mail_date(top.findtext("lastBuildDate")) <= TODAY
    assert re.fullmatch(r"[^ ]+@[^ ]+ \(.+\)", top.findtext("managingEditor") or "a@b (c)")
    assert re.fullmatch("[0-9]+", top.findtext("ttl") or "")
    image = top.find("image")
    if image is not None:
        assert [image.findtext(name) for name in ("title", "link")] == [
            top.findtext(name) for name in ("title", "link")
        ]
        assert not (image.findtext("url") or "").endswith("svg")
    guids = [item.findtext("guid") for item in items]
    assert len(set(guids)) == len(guids)
    for item in items:
        validate_rss_item(item)
    return root


def validate_rss_item(item: etree._Element) -> None:
    """Check an RSS item."""
    names = [str(child.tag) for child in item]
    for name in ("title", "link", "description", "pubDate", "guid", f"{CONTENT}encoded"):
        assert names.count(name) == 1, name
    assert names.index("description") < names.index(f"{CONTENT}encoded")
    for name in ("enclosure", "author", "comments", "source"):
        assert names.count(name) <= 1, name
    assert "author" not in names or "@" in (item.findtext("author") or "")
    guid = item.find("guid")
    assert guid is not None
    assert guid.get("isPermaLink") == "false"
    assert URI.fullmatch(guid.text or "")
    assert URI.fullmatch(item.findtext("link") or "")
    assert validate_mail_date(item.findtext("pubDate")) <= TODAY
    validate_html(item.findtext(f"{CONTENT}encoded") or "")
    assert "<" not in (item.findtext("description") or "")
    for enclosure in item.findall("enclosure"):
        assert set(enclosure.keys()) == {"url", "length", "type"}
        assert URI.fullmatch(enclosure.get("url", ""))


def validate_json(body: bytes, url: str) -> dict[str, Any]:
    """Check a document against those rules of JSON Feed 1.1 that its schema cannot express."""
    feed: dict[str, Any] = json.loads(body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == url
    assert feed.get("next_url") != url
    ids = [item["id"] for item in feed["items"]]
    assert all(isinstance(item_id, str) for item_id in ids)
    assert len(set(ids)) == len(ids)
    for item in feed["items"]:
        validate_html(item["content_html"])
        published, modified = validate_date(item["date_published"]), item["date_modified"]
        assert published <= validate_date(modified) <= TODAY
        assert all(set(file) >= {"url", "mime_type"} for file in item.get("attachments", ()))
    return feed


VALIDATORS: dict[str, Callable[[bytes, str], object]] = {
    "atom.xml": validate_atom,
    "rss.xml": validate_rss,
    "feed.json": validate_json,
}


def validate_yandex(body: bytes) -> etree._Element:
    """Check a document against what aggregators accept."""
    root = _validate_aggregated(body, "yandex.xml")
    for item in root.iter("item"):
        date = validate_mail_date(item.findtext("pubDate"))
        status = item.find(f"{MEDIA_RSS}status")
        if status is not None:
            assert status.get("state") == "deleted"
            assert [item.find(name) for name in FULL_TEXTS] == [None] * 3
            continue
        assert date > TODAY - timedelta(days=8)
        first, second, third = (item.findtext(name) for name in FULL_TEXTS)
        assert first
        assert first == second == third
        assert item.findtext(f"{YANDEX}genre") in ("message", "article")
    return root


def validate_dzen(body: bytes) -> etree._Element:
    """Check a document against what is known of Dzen's format."""
    root = _validate_aggregated(body, "dzen.xml")
    for item in root.iter("item"):
        assert validate_mail_date(item.findtext("pubDate")) > TODAY - timedelta(days=7)
        assert item.findtext("contentType") in ("news", "news_only", "blogs_only")
        assert item.findtext(f"{MEDIA_RSS}rating") == "nonadult"
        assert item.findtext("description")
        validate_dzen_html(item.findtext(f"{CONTENT}encoded") or "")
    return root


def validate_dzen_html(html: str) -> None:
    """Check that a text has only the elements that Dzen knows, with pictures in `figure`."""
    validate_html(html)
    elements = list(parsed(f"<html><body>{html}</body></html>").iter(etree.Element))[2:]
    assert elements
    assert {str(each.tag) for each in elements} <= DZEN_ELEMENTS
    for each in elements:
        parent = each.getparent().tag
        assert (each.tag == "img") == (parent == "figure" and each.tag != "figcaption")


def _validate_aggregated(body: bytes, name: str) -> etree._Element:
    """Check what RSS 2.0 and aggregators ask of a feed and its items."""
    assert len(body) < 10_000_000
    assert body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    root = etree.fromstring(body)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    selves = [link for link in root[0].findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert [link.get("href") for link in selves] == [f"{SITE}/feeds/{name}"]
    for child in ("link", "guid"):
        found = [item.findtext(child) for item in root.iter("item")]
        assert len(set(found)) == len(found)
    for item in root.iter("item"):
        assert item.findtext("title")
        assert URI.fullmatch(item.findtext("link") or "")
        assert URI.fullmatch(item.findtext("guid") or "")
        assert [guid.get("isPermaLink") for guid in item.findall("guid")] == ["false"]
        # It would have to be a mail address.
        assert item.find("author") is None
        assert len(item.findall(f"{DC}creator")) <= 1
        assert len(item.findall("category")) <= 1
        assert validate_mail_date(item.findtext("pubDate")) <= TODAY
    return root


def validate_sitemap(body: bytes) -> list[str]:
    """Check a sitemap against sitemaps.org, and return its addresses."""
    assert len(body) <= 50 * 1024 * 1024
    root = etree.fromstring(body)
    assert root.tag == f"{SITEMAP}urlset"
    found = []
    for url in root:
        assert [str(child.tag) for child in url] in (
            [f"{SITEMAP}loc"],
            [f"{SITEMAP}loc", f"{SITEMAP}lastmod"],
        )
        address = url[0].text or ""
        assert address.startswith(f"{SITE}/")
        assert URI.fullmatch(address)
        assert len(address) < 2048
        found.append(address)
        for changed in list(url)[1:]:
            assert W3C.fullmatch(changed.text or ""), changed.text
            assert datetime.fromisoformat(changed.text or "") <= TODAY
    assert len(set(found)) == len(found) <= 50_000
    return found


def validate_news_sitemap(body: bytes) -> list[str]:
    """Check a sitemap against what Google News accepts, and return its titles."""
    root = etree.fromstring(body)
    assert root.tag == f"{SITEMAP}urlset"
    assert len(root) <= 1000
    for url in root:
        assert [str(child.tag) for child in url] == [f"{SITEMAP}loc", f"{NEWS_SITEMAP}news"]
        news = url[1]
        for element, names in (
            (news, ["publication", "publication_date", "title"]),
            (news[0], ["name", "language"]),
        ):
            assert [str(child.tag) for child in element] == [NEWS_SITEMAP + name for name in names]
        # ISO 639 codes of two or three letters; Google distinguishes two forms of Chinese.
        language = news[0][1].text or ""
        assert re.fullmatch("[a-z]{2,3}|zh-cn|zh-tw", language), language
        published = validate_date(news[1].text)
        assert TODAY - timedelta(days=2) < published <= TODAY
        assert (news[2].text or "").strip()
    return texts(root, f"{NEWS_SITEMAP}title")
