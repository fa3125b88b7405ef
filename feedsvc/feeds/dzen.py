"""The format of Dzen, the one for its news and its channels since July 2026. Experimental.

RSS 2.0 whose items contain the text with the few elements that Dzen knows (`dzen_html`), and
say where it is to be shown. What is withdrawn is left out: how to tell Dzen of it is not known.
"""

from collections.abc import Iterator
from email.utils import format_datetime
from html import escape

from lxml import etree

from feedsvc.feeds import aggregated, common
from feedsvc.feeds.aggregated import add
from feedsvc.feeds.channel import Channel
from feedsvc.feeds.dzen_html import simplified
from feedsvc.model import DZEN_WIDTH, Entry
from feedsvc.settings import Settings

_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_NAMESPACES = aggregated.NAMESPACES | {"content": _CONTENT}


def render(channel: Channel, settings: Settings) -> bytes:
    """Render a channel as UTF-8, without the oldest items beyond `aggregated.MAX_SIZE` bytes."""
    return aggregated.render(channel, settings, _NAMESPACES, _items(channel, settings))


def _items(channel: Channel, settings: Settings) -> Iterator[etree._Element]:
    for entry in channel.entries:
        if entry.dzen != "nowhere":
            yield _item(entry, settings)


def _item(entry: Entry, settings: Settings) -> etree._Element:
    item = aggregated.new_item(entry, settings, _NAMESPACES)
    aggregated.add_creator(item, entry, settings)
    add(item, "pubDate", format_datetime(entry.published))
    # Without the setting there is no such feed, but previews of it.
    add(item, "contentType", entry.dzen or settings.dzen or "news")
    add(item, f"{{{common.MEDIA_RSS}}}rating", "nonadult", scheme="urn:simple")
    for category in entry.categories[:1]:
        add(item, "category", category.label)
    pictures = [file for file in common.media(entry) if (file.width or 0) >= DZEN_WIDTH]
    aggregated.add_enclosures(item, entry, pictures, settings)
    # Readers parse a description as HTML.
    add(item, "description", escape(entry.summary or entry.title))
    text = simplified(common.entry_html(entry, settings)) or f"<p>{escape(entry.title)}</p>"
    add(item, f"{{{_CONTENT}}}encoded", text)
    return item
