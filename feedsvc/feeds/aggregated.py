"""What the formats of aggregators have in common: RSS 2.0 with the site's logos, up to a size."""

from collections.abc import Iterable

from lxml import etree

from feedsvc import urls
from feedsvc.feeds import common
from feedsvc.feeds.channel import Channel
from feedsvc.model import Attachment, Entry
from feedsvc.settings import Settings

# In bytes, of all items. An aggregator accepts 10 MB; everything but the items is far
# smaller than the difference.
MAX_SIZE = 9_900_000
ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
YANDEX = "http://news.yandex.ru"
# What each of these formats uses beside its own.
NAMESPACES = {"yandex": YANDEX, "media": common.MEDIA_RSS, "atom": ATOM, "dc": DC}


def render(
    channel: Channel,
    settings: Settings,
    namespaces: dict[str, str],
    items: Iterable[etree._Element],
) -> bytes:
    """Render a feed as UTF-8, without the last items beyond `MAX_SIZE` bytes."""
    root = etree.Element("rss", {"version": "2.0"}, nsmap=namespaces)
    common.add_stylesheet(root)
    top = etree.SubElement(root, "channel")
    add(top, "title", channel.title)
    add(top, "link", settings.site + channel.page)
    add(top, "description", settings.description)
    add(top, "language", settings.language)
    href = settings.site + channel.path
    add(top, f"{{{ATOM}}}link", None, href=href, rel="self", type="application/rss+xml")
    for name, attributes in (("logo", {}), ("logo_square", {"type": "square"})):
        url = urls.logo_url(name, settings)
        if url:
            add(top, f"{{{YANDEX}}}logo", url, **attributes)
    size = 0
    for item in items:
        size += len(etree.tostring(item, encoding="UTF-8"))
        if size > MAX_SIZE:
            break
        top.append(item)
    return etree.tostring(
        root.getroottree(), encoding="UTF-8", xml_declaration=True, pretty_print=True
    )


def new_item(entry: Entry, settings: Settings, namespaces: dict[str, str]) -> etree._Element:
    """Return an item with its title, link and permanent id, which is no address."""
    item = etree.Element("item", nsmap=namespaces)
    add(item, "title", entry.title)
    add(item, "link", urls.entry_url(entry, settings))
    add(item, "guid", common.entry_id(entry, settings), isPermaLink="false")
    return item


def add(parent: etree._Element, name: str, text: str | None, **attributes: str) -> None:
    """Add an element with a text and attributes."""
    etree.SubElement(parent, name, attributes).text = text


def add_creator(item: etree._Element, entry: Entry, settings: Settings) -> None:
    """Add who wrote the entry, a name; `author` would have to be a mail address (RSS 2.0)."""
    add(item, f"{{{DC}}}creator", common.entry_author(entry) or settings.author)


def add_enclosures(
    item: etree._Element, entry: Entry, pictures: Iterable[Attachment], settings: Settings
) -> None:
    """Add pictures of an entry as enclosures."""
    for picture in pictures:
        url = urls.media_url(entry, picture.name, settings)
        length = str(picture.length)
        add(item, "enclosure", None, url=url, length=length, type=picture.media_type)
