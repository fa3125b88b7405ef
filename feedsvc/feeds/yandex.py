"""The format of Russian aggregators: Yandex, with the full text for Rambler and Mail.ru as well.

RSS 2.0 whose items contain the text without markup, once for each of the three. Aggregators
identify an item by its link.
"""

from email.utils import format_datetime
from itertools import chain

from lxml import etree

from feedsvc import urls
from feedsvc.feeds import common
from feedsvc.feeds.channel import Channel
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.text import plain

# In bytes, of all items. An aggregator accepts 10 MB; everything but the items is far
# smaller than the difference.
MAX_SIZE = 9_900_000
# To aggregators a text of this many characters or more is an article, not a message.
ARTICLE_LENGTH = 4000
_YANDEX = "http://news.yandex.ru"
_RAMBLER = "http://news.rambler.ru"
_MAILRU = "http://news.mail.ru/"
_NAMESPACES = {
    "yandex": _YANDEX,
    "rambler": _RAMBLER,
    "mailru": _MAILRU,
    "media": common.MEDIA_RSS,
}
_FULL_TEXTS = (
    f"{{{_YANDEX}}}full-text",
    f"{{{_RAMBLER}}}fulltext",
    f"{{{_MAILRU}}}full-text",
)


def render(channel: Channel, settings: Settings) -> bytes:
    """Render a channel as UTF-8, without the oldest items beyond `MAX_SIZE` bytes."""
    root = etree.Element("rss", {"version": "2.0"}, nsmap=_NAMESPACES)
    common.add_stylesheet(root)
    top = etree.SubElement(root, "channel")
    _add(top, "title", channel.title)
    _add(top, "link", settings.site + channel.page)
    _add(top, "description", settings.description)
    _add(top, "language", settings.language)
    for name, attributes in (("logo", {}), ("logo_square", {"type": "square"})):
        url = urls.logo_url(name, settings)
        if url:
            _add(top, f"{{{_YANDEX}}}logo", url, **attributes)
    size = 0
    withdrawn = (_withdrawn_item(entry, settings) for entry in channel.withdrawn)
    for item in chain(withdrawn, (_item(entry, settings) for entry in channel.entries)):
        size += len(etree.tostring(item, encoding="UTF-8"))
        if size > MAX_SIZE:
            break
        top.append(item)
    return etree.tostring(
        root.getroottree(), encoding="UTF-8", xml_declaration=True, pretty_print=True
    )


def _item(entry: Entry, settings: Settings) -> etree._Element:
    item = etree.Element("item", nsmap=_NAMESPACES)
    text = plain(entry.html) or entry.title
    _add(item, "title", entry.title)
    _add(item, "link", urls.entry_url(entry, settings))
    _add(item, "author", common.entry_author(entry) or settings.author)
    for category in entry.categories[:1]:
        _add(item, "category", category.label)
    pictures = [file for file in common.media(entry) if file.width]
    for picture in pictures:
        url = urls.media_url(entry, picture.name, settings)
        attributes = {"length": str(picture.length), "type": picture.media_type}
        etree.SubElement(item, "enclosure", {"url": url, **attributes})
    for picture in pictures:
        common.add_media(item, entry, picture, settings)
    _add(item, "pubDate", format_datetime(entry.published))
    _add(item, f"{{{_YANDEX}}}genre", "article" if len(text) >= ARTICLE_LENGTH else "message")
    for name in _FULL_TEXTS:
        _add(item, name, text)
    return item


def _withdrawn_item(entry: Entry, settings: Settings) -> etree._Element:
    item = etree.Element("item", nsmap=_NAMESPACES)
    _add(item, "title", entry.title)
    _add(item, "link", urls.entry_url(entry, settings))
    _add(item, "pubDate", format_datetime(entry.updated))
    reason = {"reason": entry.reason} if entry.reason else {}
    _add(item, f"{{{common.MEDIA_RSS}}}status", None, state="deleted", **reason)
    return item


def _add(parent: etree._Element, name: str, text: str | None, **attributes: str) -> None:
    etree.SubElement(parent, name, attributes).text = text
