"""Feeds: Atom and RSS in all their versions, and JSON Feed, with their archives (RFC 5005)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit
from zoneinfo import ZoneInfo

import feedparser
import msgspec
from lxml import etree

from feedsvc.dates import parse_date
from feedsvc.i18n import N_, Message
from feedsvc.importing.item import File, Found, Item, LeftOut, old_paths
from feedsvc.importing.wordpress import NAMESPACE
from feedsvc.text import plain

_ATOM = "{http://www.w3.org/2005/Atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
# RFC 5005 section 3 and 4: documents with older entries.
_OLDER = ("prev-archive", "next")


class Document(msgspec.Struct):
    """One document of a feed: its texts, and the address of the one with older ones, or ''."""

    items: list[Found]
    older: str


def read(data: bytes, address: str, media_type: str, zone: ZoneInfo) -> Document | None:
    """Return a document of a feed; None if it is none.

    `address` is where it was found; dates without a zone are in `zone`.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _read_json(data, address, zone)
    headers = {"content-location": address, "content-type": media_type or "application/xml"}
    parsed = feedparser.parse(
        data, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    # An export of WordPress's has hidden texts, too.
    is_export = any(NAMESPACE in name for name in parsed.get("namespaces", {}).values())
    if not parsed.get("version") or is_export:
        return None
    feed = parsed.feed
    links = {link.get("rel"): link.get("href", "") for link in feed.get("links", ())}
    older = next((links[each] for each in _OLDER if links.get(each)), "")
    source = _Source(
        address, zone, feed.get("generator", "") == "feedsvc", parsed.version.startswith("atom")
    )
    items: list[Found] = [_item(entry, source) for entry in parsed.entries]
    if source.is_ours and source.is_atom:
        items = [*_exact(items, data, zone)]
    if parsed.bozo and not isinstance(parsed.bozo_exception, _harmless):
        text = N_("the feed is damaged: {reason}; what could be read is taken")
        items.append(LeftOut(address, Message(text, {"reason": str(parsed.bozo_exception)})))
    return Document(items, older and urljoin(address, older))


class _Source(NamedTuple):
    """What is the same for all entries of a document."""

    address: str
    zone: ZoneInfo
    is_ours: bool
    is_atom: bool


_harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


def _item(entry: Any, source: _Source) -> Item:
    link = _alternate(entry)
    content = _content(entry)
    title = _plain(entry.get("title_detail"), is_exact=source.is_atom)
    summary = _plain(entry.get("summary_detail"), is_exact=source.is_atom)
    guid = entry.get("id", "")
    return Item(
        where=title or link or guid,
        title=title,
        html=content if content is not None else _html(entry.get("summary_detail")),
        base=link or source.address,
        name=_name(link),
        published=_moment(entry, "published", source) or _moment(entry, "updated", source),
        updated=_moment(entry, "updated", source),
        guid=guid,
        address=link,
        aliases=old_paths(link),
        author=", ".join(filter(None, (each.get("name") for each in entry.get("authors", ())))),
        categories=tuple(
            dict.fromkeys(
                label
                for tag in entry.get("tags", ())
                if (label := tag.get("label") or tag.get("term"))
            )
        ),
        summary="" if content is None else summary,
        lang=(entry.get("content") or [{}])[0].get("language") or "",
        attachments=_files(entry),
        is_ours=source.is_ours,
    )


def _exact(items: list[Found], data: bytes, zone: ZoneInfo) -> Iterator[Found]:
    """Yield the items of a feed of ours with all that it says of them, and tombstones.

    feedparser strips contents, passes languages on to entries, and knows neither where a text
    was published first, nor by whom, nor what was withdrawn (RFC 6721).
    """
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    entries = {each.findtext(f"{_ATOM}id"): each for each in root.iter(f"{_ATOM}entry")}
    for item in items:
        entry = entries.get(item.guid) if isinstance(item, Item) else None
        if entry is None or not isinstance(item, Item):
            yield item
            continue
        publisher = entry.findtext(f"{_DC}publisher") or ""
        origin = entry.find(f"{_ATOM}link[@rel='via']")
        yield msgspec.structs.replace(
            item,
            html=entry.findtext(f"{_ATOM}content") or "",
            lang=entry.get("{http://www.w3.org/XML/1998/namespace}lang", ""),
            author="" if item.author == publisher else item.author,
            publisher=publisher,
            address=item.address if origin is None else origin.get("href", ""),
        )
    for tombstone in root.iter(f"{_TOMBSTONES}deleted-entry"):
        guid, moment = tombstone.get("ref", ""), parse_date(tombstone.get("when", ""), zone)
        yield Item(
            where=guid,
            title=guid.rpartition(":")[2],
            guid=guid,
            published=moment,
            status="withdrawn",
            reason=tombstone.findtext(f"{_TOMBSTONES}comment") or "",
            is_ours=True,
        )


def _alternate(entry: Any) -> str:
    links = entry.get("links", ())
    found = (link.get("href", "") for link in links if link.get("rel") == "alternate")
    return next(found, "") or entry.get("link", "")


def _content(entry: Any) -> str | None:
    """Return the content of an entry as HTML, or None if it has only a summary."""
    for detail in entry.get("content", ()):
        if detail.get("value"):
            return _html(detail)
    return None


def _html(detail: Any) -> str:
    value: str = (detail or {}).get("value", "")
    return escape(value, quote=False) if (detail or {}).get("type") == "text/plain" else value


def _plain(detail: Any, *, is_exact: bool) -> str:
    """Return a text without markup; with `is_exact` its type says whether there is some."""
    value: str = (detail or {}).get("value", "")
    is_plain = (detail or {}).get("type") == "text/plain" and (is_exact or "&" not in value)
    return " ".join((value if is_plain or not value else plain(value)).split())


def _moment(entry: Any, name: str, source: _Source) -> datetime | None:
    # Its own `get` answers with another date if there is none.
    written = dict.get(entry, name, "")
    moment = parse_date(written, source.zone) if written else None
    if moment is not None:
        return moment
    parsed = dict.get(entry, f"{name}_parsed")
    try:
        return datetime(*parsed[:6]).replace(tzinfo=UTC) if parsed else None  # noqa: DTZ001
    except ValueError:
        return None


def _files(entry: Any) -> tuple[File, ...]:
    """Return the files that belong to an entry, each once."""
    media = [*entry.get("media_content", ()), *entry.get("media_thumbnail", ())]
    links = [*entry.get("enclosures", ()), *({"href": each.get("url")} for each in media)]
    urls = dict.fromkeys(link.get("href") for link in links)
    return tuple(File(url) for url in urls if url)


def _name(link: str) -> str:
    """Return what the file of a text may be called: the last part of its address."""
    parts = [part for part in unquote(urlsplit(link).path).split("/") if part]
    last = parts[-1] if parts else ""
    if last.startswith("index.") and len(parts) > 1:
        last = parts[-2]
    return last.rpartition(".")[0] or last if last.endswith((".html", ".htm", ".php")) else last


def _read_json(data: bytes, address: str, zone: ZoneInfo) -> Document | None:
    try:
        feed = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        return None
    site = _text(feed, "home_page_url") or address
    items: list[Found] = [
        _json_item(item, site, zone) for item in _list(feed, "items") if isinstance(item, dict)
    ]
    older = _text(feed, "next_url")
    return Document(items, older and urljoin(address, older))


def _json_item(item: dict[str, object], site: str, zone: ZoneInfo) -> Item:
    link = _text(item, "url")
    title = " ".join(_text(item, "title").split())
    people = (*_list(item, "authors"), item.get("author"))
    image = _text(item, "image")
    published, updated = (
        parse_date(_text(item, name), zone) for name in ("date_published", "date_modified")
    )
    return Item(
        where=title or link or _text(item, "id"),
        title=title,
        html=_text(item, "content_html") or escape(_text(item, "content_text"), quote=False),
        base=link or site,
        name=_name(link),
        published=published or updated,
        updated=updated,
        guid=_text(item, "id"),
        address=link,
        aliases=old_paths(link),
        author=", ".join(
            filter(None, (_text(each, "name") for each in people if isinstance(each, dict)))
        ),
        categories=tuple(
            dict.fromkeys(each for each in _list(item, "tags") if isinstance(each, str))
        ),
        summary=_text(item, "summary"),
        lang=_text(item, "language"),
        image=File(image) if image else None,
        attachments=tuple(
            File(_text(each, "url"))
            for each in _list(item, "attachments")
            if isinstance(each, dict) and _text(each, "url")
        ),
    )


def _text(values: dict[str, object], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _list(values: dict[str, object], name: str) -> list[object]:
    value = values.get(name)
    return value if isinstance(value, list) else []
