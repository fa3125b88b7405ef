"""The format of Russian aggregators: Yandex, with the full text for Rambler and Mail.ru as well.

RSS 2.0 whose items contain the text without markup, once for each of the three. Aggregators
identify an item by its link.
"""

from email.utils import format_datetime
from itertools import chain

from lxml import etree

from feedsvc.feeds import aggregated, common
from feedsvc.feeds.aggregated import YANDEX, add
from feedsvc.feeds.channel import Channel
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.text import plain

# To aggregators a text of this many characters or more is an article, not a message.
ARTICLE_LENGTH = 4000
_RAMBLER = "http://news.rambler.ru"
_MAILRU = "http://news.mail.ru/"
_NAMESPACES = aggregated.NAMESPACES | {"rambler": _RAMBLER, "mailru": _MAILRU}
_FULL_TEXTS = (
    f"{{{YANDEX}}}full-text",
    f"{{{_RAMBLER}}}fulltext",
    f"{{{_MAILRU}}}full-text",
)


def render(channel: Channel, settings: Settings) -> bytes:
    """Render a channel as UTF-8, without the oldest items beyond `aggregated.MAX_SIZE` bytes."""
    withdrawn = (_withdrawn_item(entry, settings) for entry in channel.withdrawn)
    items = chain(withdrawn, (_item(entry, settings) for entry in channel.entries))
    return aggregated.render(channel, settings, _NAMESPACES, items)


def _item(entry: Entry, settings: Settings) -> etree._Element:
    item = aggregated.new_item(entry, settings, _NAMESPACES)
    text = plain(entry.html) or entry.title
    aggregated.add_creator(item, entry, settings)
    for category in entry.categories[:1]:
        add(item, "category", category.label)
    pictures = [file for file in common.media(entry) if file.width]
    aggregated.add_enclosures(item, entry, pictures, settings)
    for picture in pictures:
        common.add_media(item, entry, picture, settings)
    add(item, "pubDate", format_datetime(entry.published))
    add(item, f"{{{YANDEX}}}genre", "article" if len(text) >= ARTICLE_LENGTH else "message")
    for name in _FULL_TEXTS:
        add(item, name, text)
    return item


def _withdrawn_item(entry: Entry, settings: Settings) -> etree._Element:
    item = aggregated.new_item(entry, settings, _NAMESPACES)
    add(item, "pubDate", format_datetime(entry.updated))
    reason = {"reason": entry.reason} if entry.reason else {}
    add(item, f"{{{common.MEDIA_RSS}}}status", None, state="deleted", **reason)
    return item
