"""feedgen, configured and corrected.

feedgen 1.0 makes several mistakes that feed readers and validators complain about.
`generator` calls it so that some are avoided; the extensions below correct the others in
the elements it has made. The docstring of each lists what it corrects or adds.
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

# In minutes: how long an RSS reader may use its copy before it fetches the feed again.
TTL = 15
_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_HISTORY = "http://purl.org/syndication/history/1.0"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_WEBFEEDS = "http://webfeeds.org/rss/1.0"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def generator(channel: Channel, settings: Settings, media_type: str) -> FeedGenerator:
    """Return a feedgen generator filled with a channel and its entries.

    `media_type` is that of the document to be rendered from it.
    """
    feed = FeedGenerator()
    feed.register_extension("atom_fixes", _AtomFeed, _AtomEntry, rss=False)
    feed.register_extension("rss_fixes", _RssChannel, _RssItem, atom=False)
    for fixes in (feed.atom_fixes, feed.rss_fixes):
        fixes.channel = channel
        fixes.settings = settings
    _describe(feed, channel, settings)
    # feedgen defaults both formats' dates to the current time.
    feed.updated(common.last_updated(*channel.entries, *channel.withdrawn))
    feed.link(href=settings.site + channel.path, rel="self", type=media_type)
    # feedgen uses the last link as the RSS channel's, whatever its relation.
    home = settings.site + channel.page
    feed.link(href=home, rel="alternate", type="text/html")
    icon, logo = urls.logo_url("icon", settings), urls.logo_url("logo", settings)
    if icon:
        feed.icon(icon)
    if logo:
        feed.logo(logo)
        feed.image(logo, title=channel.title, link=home)
    for entry in channel.entries:
        _add_entry(feed, entry, settings)
    return feed


def _describe(feed: FeedGenerator, channel: Channel, settings: Settings) -> None:
    feed.id(common.feed_id(channel.id_path, settings))
    feed.title(channel.title)
    feed.subtitle(settings.description)
    feed.description(settings.description)
    feed.language(channel.language or settings.language)
    feed.generator("feedsvc")
    feed.ttl(TTL)
    author = {"name": settings.author}
    if settings.contact:
        author["email"] = settings.contact
        feed.managingEditor(f"{settings.contact} ({settings.author})")
    feed.author(author)


def _add_entry(feed: FeedGenerator, entry: Entry, settings: Settings) -> None:
    item: FeedEntry = feed.add_entry(order="append")
    item.id(common.entry_id(entry, settings))
    item.title(entry.title)
    item.published(entry.published)
    item.updated(entry.updated)
    item.link(href=urls.entry_url(entry, settings), rel="alternate", type="text/html")
    summary = entry.summary or entry.title
    item.summary(summary)
    # feedgen writes content:encoded only if there is a description. Readers parse that as HTML.
    item.description(escape(summary))
    item.content(common.entry_html(entry, settings) or entry.title, type="html")
    author = common.entry_author(entry)
    if author:
        item.author(name=author)
    # All at once: each call of feedgen goes through those it has.
    item.category([{"term": each.slug, "label": each.label} for each in entry.categories] or None)
    for fixes in (item.atom_fixes, item.rss_fixes):
        fixes.entry = entry
        fixes.settings = settings


class _Feed(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    channel: Channel
    settings: Settings

    def links(self) -> list[dict[str, str]]:
        """Return the attributes of the links to other parts of the feed, and to its hub."""
        parts = [
            {"rel": relation, "href": self.settings.site + path, "type": "application/atom+xml"}
            for relation, path in self.channel.links
        ]
        hub = self.channel.hub(self.settings)
        return [*parts, {"rel": "hub", "href": hub}] if hub else parts


class _AtomFeed(_Feed):
    """Adds the archive links (RFC 5005), tombstones (RFC 6721), the hub, a link for people."""

    def extend_ns(self) -> dict[str, str]:
        used = {
            "fh": self.channel.is_archive,
            "at": self.channel.withdrawn,
            "dc": any(entry.publisher for entry in self.channel.entries),
        }
        spaces = {"fh": _HISTORY, "at": _TOMBSTONES, "dc": _DC}
        return {"h": common.XHTML} | {name: uri for name, uri in spaces.items() if used[name]}

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        common.add_stylesheet(feed)
        common.add_subscribe_link(feed, self.channel.subscribe, self.settings)
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


class _Entry(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    entry: Entry
    settings: Settings


class _AtomEntry(_Entry):
    """Completes the links, of which feedgen keeps only the address; adds language and origin.

    The origin is where the entry was published first, and the office that published it.
    """

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        for link in entry.findall("link"):
            link.set("rel", "alternate")
            link.set("type", "text/html")
        self._add_versions(entry)
        for file in common.enclosures(self.entry):
            link = etree.SubElement(
                entry,
                "link",
                href=urls.media_url(self.entry, file.name, self.settings),
                rel="enclosure",
                type=file.media_type,
            )
            if file.length:
                link.set("length", str(file.length))
        if self.entry.address:  # RFC 4287 section 4.2.7.2
            etree.SubElement(entry, "link", href=self.entry.address, rel="via", type="text/html")
        if self.entry.publisher:
            etree.SubElement(entry, f"{{{_DC}}}publisher").text = self.entry.publisher
        if self.entry.lang:
            entry.set(_XML_LANG, self.entry.lang)
        return entry

    def _add_versions(self, entry: etree._Element) -> None:
        """Link the versions in other languages (RFC 4287 section 4.2.7.4).

        The entry's own page comes again last: of several alternates, feedparser takes that.
        """
        found = common.versions(self.entry, self.settings)
        for tag in sorted(found, key=lambda tag: found[tag].page == self.entry.page):
            etree.SubElement(
                entry,
                "link",
                href=self.settings.site + found[tag].page,
                rel="alternate",
                type="text/html",
                hreflang=tag,
            )


class _RssChannel(_Feed):
    """Adds the links to archives, hub and people's page, the logos and colour that Feedly shows."""

    def extend_ns(self) -> dict[str, str]:
        spaces = {"dc": _DC, "webfeeds": _WEBFEEDS, "h": common.XHTML}
        if any(common.enclosures(entry) for entry in self.channel.entries):
            spaces["media"] = common.MEDIA_RSS
        return spaces

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        common.add_stylesheet(feed)
        channel = feed[0]
        common.add_subscribe_link(channel, self.channel.subscribe, self.settings)
        for link in self.links():
            etree.SubElement(channel, f"{{{_ATOM}}}link", link)
        branding = {
            "icon": urls.logo_url("logo_square", self.settings),
            "logo": urls.logo_url("logo", self.settings),
            "accentColor": self.settings.colour.removeprefix("#"),
        }
        for name, value in branding.items():
            if value:
                etree.SubElement(channel, f"{{{_WEBFEEDS}}}{name}").text = value
        return feed


class _RssItem(_Entry):
    """Adds `dc:creator`, as `author` must be a mail address; one enclosure; all media."""

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
