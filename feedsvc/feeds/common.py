"""What the feed formats have in common: ids, content and files of entries, styles, dates."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from lxml import etree

from feedsvc import urls
from feedsvc.dates import from_microseconds
from feedsvc.i18n import translations
from feedsvc.model import Attachment, Entry, Version
from feedsvc.settings import Settings
from feedsvc.text import place

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
XHTML = "http://www.w3.org/1999/xhtml"
# How many pictures below a text a feed shows; readers fetch each in full size.
_MAX_FIGURES = 20
MEDIA_RSS = "http://search.yahoo.com/mrss/"


def entry_id(entry: Entry, settings: Settings) -> str:
    """Return the permanent id of an entry: its guid if it has one, else a tag URI (RFC 4151)."""
    return entry.guid or f"tag:{settings.authority}:{entry.id}"


def feed_id(path: str, settings: Settings) -> str:
    """Return the permanent id of a feed.

    It differs from every entry's: a path begins with a slash, which no entry id contains.
    """
    return f"tag:{settings.authority}:{path}"


def language(entry: Entry | Version, settings: Settings) -> str:
    """Return the language of an entry or a version: the site's, if it names none."""
    return entry.lang or settings.language


def versions_by_language(
    page: str, versions: tuple[Version, ...], settings: Settings
) -> dict[str, Version]:
    """Return the versions of the entry of a page, itself included, by language.

    In each language the first published one counts, so that all of them link the same ones; to
    one that does not count, and to one without others, there are none.
    """
    found: dict[str, Version] = {}
    for version in versions:
        found.setdefault(language(version, settings).lower(), version)
    is_one = any(version.page == page for version in found.values())
    return found if is_one and len(found) > 1 else {}


def versions(entry: Entry, settings: Settings) -> dict[str, Version]:
    """Return the versions of an entry, itself included, by language; {} if it has no others."""
    return versions_by_language(entry.page, entry.versions, settings)


def media(entry: Entry) -> Iterator[Attachment]:
    """Yield every file of an entry: its picture, files shown or linked in the text, attachments."""
    if entry.image:
        yield entry.image
    yield from entry.inline
    yield from entry.attachments


def pictures(entry: Entry) -> list[Attachment]:
    """Return the pictures that readers see: the one above the text, then those in the text."""
    own = [entry.image] if entry.image else []
    return [*own, *(file for file in entry.inline if file.width)]


def gallery(entry: Entry) -> list[Attachment]:
    """Return the pictures that are shown below the text: several that stand beside it.

    One alone stands above the text, or is a file like any other.
    """
    beside = [file for file in entry.attachments if file.width]
    is_one = len(beside) + (entry.image is not None) < 2
    return [] if is_one else beside


def enclosures(entry: Entry) -> list[Attachment]:
    """Return the files that feed readers list next to the text: the picture and attachments."""
    return [*([entry.image] if entry.image else []), *entry.attachments]


def add_media(item: etree._Element, entry: Entry, file: Attachment, settings: Settings) -> None:
    """Add a file of an entry to an item as `media:content` (Media RSS 1.5.1)."""
    size = {"fileSize": str(file.length)} if file.length else {}
    attributes = {
        "url": urls.media_url(entry, file.name, settings),
        **size,
        "type": file.media_type,
        "medium": file.media_type.partition("/")[0].replace("application", "document"),
    }
    if file.width and file.height:
        attributes |= {"width": str(file.width), "height": str(file.height)}
    element = etree.SubElement(item, f"{{{MEDIA_RSS}}}content", attributes)
    for name, text in (("title", file.caption), ("description", file.alt)):
        if text:
            etree.SubElement(element, f"{{{MEDIA_RSS}}}{name}", type="plain").text = text


def add_stylesheet(root: etree._Element) -> None:
    """Link a feed to its style sheet: without one, browsers show XML as source text."""
    style = f'type="text/css" href="{urls.FEED_STYLE}"'
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", style))


def add_subscribe_link(root: etree._Element, path: str, settings: Settings) -> None:
    """Add a link to the page about subscribing, for people who open the feed in a browser.

    Browsers apply no XSLT any more, and a style sheet cannot make links; but an element of
    XHTML is one in any XML document. To readers it is an extension that they do not know
    (RFC 4287 section 6.3).
    """
    link = etree.SubElement(root, f"{{{XHTML}}}a", href=settings.site + path)
    link.text = translations(settings.language).gettext("How to subscribe")


def entry_author(entry: Entry) -> str | None:
    """Return the author or publisher of an entry; None if it is simply the site's author."""
    return entry.author or entry.publisher


def entry_html(entry: Entry, settings: Settings) -> str:
    """Return the full content as HTML with absolute URLs.

    A correction comes first, then the picture, then the text, then the first of further pictures.
    """
    html = place(entry.html, settings.site)
    figures = [_figure(picture, entry, settings) for picture in gallery(entry)[:_MAX_FIGURES]]
    html = "\n".join([html, *figures])
    if entry.image:
        html = f"{_figure(entry.image, entry, settings)}\n{html}"
    if entry.correction is None:
        return html
    label = translations(settings.language).gettext("Correction:")
    return f"<p><strong>{escape(label)}</strong> {escape(entry.correction)}</p>\n{html}"


def _figure(picture: Attachment, entry: Entry, settings: Settings) -> str:
    """Return the HTML of a picture with its caption."""
    url = escape(urls.media_url(entry, picture.name, settings))
    size = f' width="{picture.width}" height="{picture.height}"' if picture.width else ""
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption else ""
    return f'<figure><img src="{url}" alt="{escape(picture.alt)}"{size}>{caption}</figure>'


def last_updated(*entries: Entry) -> datetime:
    """Return when the entries last changed; the epoch if there are none."""
    return max((entry.updated for entry in entries), default=EPOCH)


def local_time(microseconds: int, settings: Settings) -> datetime:
    """Convert microseconds since the epoch to a datetime in the site's time zone."""
    return from_microseconds(microseconds).astimezone(settings.timezone)
