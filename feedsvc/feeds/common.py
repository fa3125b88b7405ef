"""What the dialects say alike of an entry and of the site."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from lxml import etree

from feedsvc import urls
from feedsvc.dates import from_microseconds
from feedsvc.i18n import translations
from feedsvc.model import Attachment, Entry
from feedsvc.settings import Settings
from feedsvc.text import place

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MEDIA = "http://search.yahoo.com/mrss/"


def entry_id(entry: Entry, settings: Settings) -> str:
    """Give the permanent id of an entry: a tag URI (RFC 4151), or the one it came with."""
    return entry.guid or f"tag:{settings.authority}:{entry.id}"


def feed_id(path: str, settings: Settings) -> str:
    """Give the permanent id of a feed; no entry's can equal it, for want of the slash."""
    return f"tag:{settings.authority}:{path}"


def media(entry: Entry) -> Iterator[Attachment]:
    """Give every file of an entry: its picture, what its text shows or links, what is attached."""
    if entry.image:
        yield entry.image
    yield from entry.inline
    yield from entry.attachments


def pictures(entry: Entry) -> list[Attachment]:
    """Give the pictures that readers see: the one above the text, then those in it."""
    own = [entry.image] if entry.image else []
    return [*own, *(file for file in entry.inline if file.width)]


def enclosures(entry: Entry) -> list[Attachment]:
    """Give the files that readers offer beside the text: the picture, and what is attached."""
    return [*([entry.image] if entry.image else []), *entry.attachments]


def add_media(item: etree._Element, entry: Entry, file: Attachment, settings: Settings) -> None:
    """Add a file to an item as `media:content` (Media RSS 1.5.1)."""
    attributes = {
        "url": urls.media_url(entry, file.name, settings),
        "fileSize": str(file.length),
        "type": file.media_type,
        "medium": file.media_type.partition("/")[0].replace("application", "document"),
    }
    if file.width and file.height:
        attributes |= {"width": str(file.width), "height": str(file.height)}
    element = etree.SubElement(item, f"{{{MEDIA}}}content", attributes)
    for name, text in (("title", file.caption), ("description", file.alt)):
        if text:
            etree.SubElement(element, f"{{{MEDIA}}}{name}", type="plain").text = text


def add_style(root: etree._Element) -> None:
    """Let browsers, which show XML as it is, show a feed as text to be read."""
    style = f'type="text/css" href="{urls.FEED_STYLE}"'
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", style))


def entry_author(entry: Entry) -> str | None:
    """Name whoever answers for an entry, if it is not simply the site's author."""
    return entry.author or entry.publisher


def entry_html(entry: Entry, settings: Settings) -> str:
    """Give the whole content as HTML with absolute URLs; a correction is said first."""
    html = place(entry.html, settings.site)
    if entry.image:
        url = escape(urls.media_url(entry, entry.image.name, settings))
        html = f"{figure(entry.image, url)}\n{html}"
    if entry.correction is None:
        return html
    label = translations(settings.language).gettext("Correction:")
    return f"<p><strong>{escape(label)}</strong> {escape(entry.correction)}</p>\n{html}"


def figure(picture: Attachment, url: str) -> str:
    """Write a picture as HTML, with what is to be said below it; `url` is escaped."""
    size = f' width="{picture.width}" height="{picture.height}"' if picture.width else ""
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption else ""
    return f'<figure><img src="{url}" alt="{escape(picture.alt)}"{size}>{caption}</figure>'


def last_updated(*entries: Entry) -> datetime:
    """Say when the newest change among the entries was; the epoch where there are none."""
    return max((entry.updated for entry in entries), default=NEVER)


def moment(now: int, settings: Settings) -> datetime:
    """Give a moment of so many microseconds in the site's time zone."""
    return from_microseconds(now).astimezone(settings.timezone)
