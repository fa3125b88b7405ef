"""feedgen, set up and mended.

feedgen 1.0 gets a number of things wrong that readers and validators mind. What
can be avoided by how it is called is avoided in `generator`; the rest is put
right by the extensions below, which work on the elements it has made. Each says
what it mends or adds.
"""

from html import escape

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feedsvc import urls
from feedsvc.feeds import common
from feedsvc.feeds.channel import Channel
from feedsvc.model import Entry
from feedsvc.settings import Settings

# For how long, in minutes, an RSS reader is to keep what it has.
TTL = 15
_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_HISTORY = "http://purl.org/syndication/history/1.0"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_WEBFEEDS = "http://webfeeds.org/rss/1.0"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def generator(channel: Channel, settings: Settings, media_type: str) -> FeedGenerator:
    """Set feedgen up with a channel and its entries.

    `media_type` is that of the document that will be rendered.
    """
    feed = FeedGenerator()
    feed.register_extension("atom_mends", _AtomFeed, _AtomEntry, rss=False)
    feed.register_extension("rss_mends", _RssChannel, _RssItem, atom=False)
    for mends in (feed.atom_mends, feed.rss_mends):
        mends.channel = channel
        mends.settings = settings
    feed.id(common.feed_id(channel.id_path, settings))
    feed.title(channel.title)
    feed.subtitle(settings.description)
    feed.description(settings.description)
    feed.language(settings.language)
    feed.generator("feedsvc")
    feed.ttl(TTL)
    author = {"name": settings.author}
    if settings.contact:
        author["email"] = settings.contact
        feed.managingEditor(f"{settings.contact} ({settings.author})")
    feed.author(author)
    # Both dates default to now.
    feed.updated(common.last_updated(*channel.entries, *channel.withdrawn))
    feed.link(href=settings.site + channel.path, rel="self", type=media_type)
    # The last link becomes the RSS channel's, whatever its rel.
    home = settings.site + channel.page
    feed.link(href=home, rel="alternate", type="text/html")
    icon, logo = urls.logo_url("icon", settings), urls.logo_url("logo", settings)
    if icon:
        feed.icon(icon)
    if logo:
        feed.logo(logo)
        feed.image(logo, title=channel.title, link=home)
    for entry in channel.entries:
        _add(feed, entry, settings)
    return feed


def _add(feed: FeedGenerator, entry: Entry, settings: Settings) -> None:
    item: FeedEntry = feed.add_entry(order="append")
    item.id(common.entry_id(entry, settings))
    item.title(entry.title)
    item.published(entry.published)
    item.updated(entry.updated)
    item.link(href=urls.entry_url(entry, settings), rel="alternate", type="text/html")
    summary = entry.summary or entry.title
    item.summary(summary)
    # content:encoded appears only beside a description, which readers take for HTML.
    item.description(escape(summary))
    item.content(common.entry_html(entry, settings) or entry.title, type="html")
    author = common.entry_author(entry)
    if author:
        item.author(name=author)
    for category in entry.categories:
        item.category(term=category.slug, label=category.label)
    for mends in (item.atom_mends, item.rss_mends):
        mends.entry = entry
        mends.settings = settings


class _Feed(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    channel: Channel
    settings: Settings

    def links(self) -> list[dict[str, str]]:
        """Give the links to the feed's other parts."""
        return [
            {"rel": relation, "href": self.settings.site + path, "type": "application/atom+xml"}
            for relation, path in self.channel.links
        ]


class _AtomFeed(_Feed):
    """The history (RFC 5005) and what was withdrawn (RFC 6721)."""

    def extend_ns(self) -> dict[str, str]:
        used = {"fh": self.channel.is_archive, "at": self.channel.withdrawn}
        spaces = {"fh": _HISTORY, "at": _TOMBSTONES}
        return {prefix: uri for prefix, uri in spaces.items() if used[prefix]}

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        common.add_style(feed)
        for link in self.links():
            etree.SubElement(feed, "link", link)
        if self.channel.is_archive:
            etree.SubElement(feed, f"{{{_HISTORY}}}archive")
        for entry in self.channel.withdrawn:
            tombstone = etree.SubElement(
                feed,
                f"{{{_TOMBSTONES}}}deleted-entry",
                ref=common.entry_id(entry, self.settings),
                when=entry.updated.isoformat(),
            )
            if entry.reason:
                etree.SubElement(tombstone, f"{{{_TOMBSTONES}}}comment").text = entry.reason
        return feed


class _Entry(BaseEntryExtension):  # type: ignore[misc]  # as above
    entry: Entry
    settings: Settings


class _AtomEntry(_Entry):
    """Links, of which feedgen keeps nothing but the address; the language."""

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        for link in entry.findall("link"):
            link.set("rel", "alternate")
            link.set("type", "text/html")
        for file in common.enclosures(self.entry):
            etree.SubElement(
                entry,
                "link",
                href=urls.media_url(self.entry, file.name, self.settings),
                rel="enclosure",
                type=file.media_type,
                length=str(file.length),
            )
        if self.entry.lang:
            entry.set(_XML_LANG, self.entry.lang)
        return entry


class _RssChannel(_Feed):
    """The links to the history, and how Feedly is to dress the channel."""

    def extend_ns(self) -> dict[str, str]:
        spaces = {"dc": _DC, "webfeeds": _WEBFEEDS}
        if any(common.enclosures(entry) for entry in self.channel.entries):
            spaces["media"] = common.MEDIA
        return spaces

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        common.add_style(feed)
        channel = feed[0]
        for link in self.links():
            etree.SubElement(channel, f"{{{_ATOM}}}link", link)
        dress = {
            "icon": urls.logo_url("logo_square", self.settings),
            "logo": urls.logo_url("logo", self.settings),
            "accentColor": self.settings.colour.removeprefix("#"),
        }
        for name, value in dress.items():
            if value:
                etree.SubElement(channel, f"{{{_WEBFEEDS}}}{name}").text = value
        return feed


class _RssItem(_Entry):
    """The author, whom RSS takes only with a mail address; one enclosure, typed."""

    def extend_rss(self, item: etree._Element) -> etree._Element:
        creator = etree.SubElement(item, f"{{{_DC}}}creator")
        creator.text = common.entry_author(self.entry) or self.settings.author
        files = common.enclosures(self.entry)
        for file in files[:1]:
            etree.SubElement(
                item,
                "enclosure",
                url=urls.media_url(self.entry, file.name, self.settings),
                length=str(file.length),
                type=file.media_type,
            )
        for file in files:
            common.add_media(item, self.entry, file, self.settings)
        return item
