"""feedgen, set up and mended.

feedgen 1.0 gets a number of things wrong that readers and validators mind. What
can be avoided by how it is called is avoided in `generator`; the rest is put
right by the extensions below, which work on the elements it has made. Each says
what it mends.
"""

from collections.abc import Iterator
from html import escape

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feedsvc.feeds import content
from feedsvc.model import Attachment, Entry
from feedsvc.settings import Settings

_DC = "http://purl.org/dc/elements/1.1/"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def generator(
    entries: tuple[Entry, ...], settings: Settings, url: str, media_type: str
) -> FeedGenerator:
    """Set feedgen up with a channel and its entries, newest first.

    `url` and `media_type` are those of the document that will be rendered.
    """
    feed = FeedGenerator()
    feed.register_extension("atom_mends", BaseExtension, _AtomEntry, rss=False)
    feed.register_extension("rss_mends", _RssChannel, _RssItem, atom=False)
    feed.id(content.feed_id(url.removeprefix(settings.site), settings))
    feed.title(settings.title)
    feed.subtitle(settings.description)
    feed.description(settings.description)
    feed.language(settings.language)
    feed.generator("feedsvc")
    author = {"name": settings.author}
    if settings.contact:
        author["email"] = settings.contact
        feed.managingEditor(f"{settings.contact} ({settings.author})")
    feed.author(author)
    # Both dates default to now.
    feed.updated(content.last_updated(entries))
    feed.link(href=url, rel="self", type=media_type)
    # The last link becomes the RSS channel's, whatever its rel.
    feed.link(href=f"{settings.site}/", rel="alternate", type="text/html")
    for entry in entries:
        _add(feed, entry, settings)
    return feed


def _add(feed: FeedGenerator, entry: Entry, settings: Settings) -> None:
    item: FeedEntry = feed.add_entry(order="append")
    item.id(content.entry_id(entry, settings))
    item.title(entry.title)
    item.published(entry.published)
    item.updated(entry.updated)
    item.link(href=content.entry_url(entry, settings), rel="alternate", type="text/html")
    summary = entry.summary or entry.title
    item.summary(summary)
    # content:encoded appears only beside a description, which readers take for HTML.
    item.description(escape(summary))
    item.content(content.entry_html(entry, settings) or entry.title, type="html")
    author = content.entry_author(entry)
    if author:
        item.author(name=author)
    for category in entry.categories:
        item.category(term=category.slug, label=category.label)
    for mends in (item.atom_mends, item.rss_mends):
        mends.entry = entry
        mends.settings = settings


def _files(entry: Entry) -> Iterator[Attachment]:
    if entry.image:
        yield entry.image
    yield from entry.attachments


class _Entry(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    entry: Entry
    settings: Settings

    def url(self, file: Attachment) -> str:
        return content.media_url(self.entry, file.name, self.settings)


class _AtomEntry(_Entry):
    """Links, of which feedgen keeps nothing but the address; the language."""

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        for link in entry.findall("link"):
            link.set("rel", "alternate")
            link.set("type", "text/html")
        for file in _files(self.entry):
            etree.SubElement(
                entry,
                "link",
                href=self.url(file),
                rel="enclosure",
                type=file.media_type,
                length=str(file.length),
            )
        if self.entry.lang:
            entry.set(_XML_LANG, self.entry.lang)
        return entry


class _RssChannel(BaseExtension):  # type: ignore[misc]  # as above
    """The namespaces that the items use."""

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DC}


class _RssItem(_Entry):
    """The author, whom RSS takes only with a mail address; one enclosure, typed."""

    def extend_rss(self, item: etree._Element) -> etree._Element:
        creator = etree.SubElement(item, f"{{{_DC}}}creator")
        creator.text = content.entry_author(self.entry) or self.settings.author
        for file in [*_files(self.entry)][:1]:
            etree.SubElement(
                item,
                "enclosure",
                url=self.url(file),
                length=str(file.length),
                type=file.media_type,
            )
        return item
