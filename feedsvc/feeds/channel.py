"""Channels: which entries a feed has, independently of its format."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from feedsvc import urls
from feedsvc.edition import Edition
from feedsvc.feeds import common
from feedsvc.i18n import N_, Message, language_name, month_name
from feedsvc.model import Entry
from feedsvc.settings import Settings

AGGREGATED_SPAN = timedelta(days=8)
DZEN_SPAN = timedelta(days=7)
# More never fits into the 10 MB that an aggregator accepts, however short the entries.
MAX_AGGREGATED = 1000
# Later than any month, of which all begin with a digit.
_LAST = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A selection of entries, newest first, and what a feed says about itself.

    `path` is the feed's path, `id_path` the path its permanent id is made of, `page` the
    path of the page for people, `subscribe` that of the page about subscribing. `links` are
    pairs of a link relation and a path. An archive (RFC 5005 section 4) holds a part of the
    history that the current feed does not. `language` is that of all its entries, None if that
    is the site's or there are several. With `has_hub` it can be subscribed to at a WebSub hub, if
    the settings name one.
    """

    path: str
    id_path: str
    page: str
    title: str
    subscribe: str = urls.SUBSCRIBE
    entries: tuple[Entry, ...]
    withdrawn: tuple[Entry, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    is_archive: bool = False
    language: str | None = None
    has_hub: bool = False

    def hub(self, settings: Settings) -> str:
        """Return the address of the hub at which it can be subscribed to, or ''."""
        return settings.hub.url if self.has_hub else ""


Select = Callable[[Edition, Settings, str], Channel]


def newest(edition: Edition, settings: Settings, name: str) -> Channel:
    """Select the newest entries of the whole site, for the feed with a name like 'atom.xml'.

    Its archives start with the newest month and go back (RFC 5005 section 4).
    """
    entries = edition.newest(settings.feed_size)
    path = urls.feed_path(name)
    newest_month = edition.month_before(_LAST)
    return Channel(
        path=path,
        id_path=path,
        page=urls.HOME,
        title=settings.title,
        entries=entries,
        withdrawn=_withdrawn(edition, entries, settings),
        links=(("prev-archive", urls.archive_feed_path(newest_month)),) if newest_month else (),
        has_hub=True,
    )


def for_category(edition: Edition, settings: Settings, name: str, slug: str) -> Channel | None:
    """Select the newest entries of a category; None if it has none."""
    entries = edition.for_category(slug, settings.feed_size)
    if not entries:
        return None
    path = urls.feed_path(name, slug)
    withdrawn = _withdrawn(edition, entries, settings)
    return Channel(
        path=path,
        id_path=path,
        page=urls.category_path(slug),
        title=f"{settings.title}: {category_label(slug, entries)}",
        subscribe=urls.subscribe_path(slug),
        entries=entries,
        withdrawn=tuple(entry for entry in withdrawn if _has_category(entry, slug)),
        has_hub=True,
    )


def languages(edition: Edition, settings: Settings) -> list[str]:
    """Return the languages that have feeds of their own, by tag, the site's own one first.

    There are none unless some entries are in another language than the site's.
    """
    own = settings.language
    others = [tag for tag in edition.languages() if tag != own]
    return [own, *others] if others and edition.in_no_other_language(own, 1) else others


def in_language(edition: Edition, settings: Settings, tag: str) -> tuple[Entry, ...]:
    """Return the newest entries in one of the site's languages; none if it is not one."""
    if tag not in languages(edition, settings):
        return ()
    find = edition.in_no_other_language if tag == settings.language else edition.in_language
    return find(tag, settings.feed_size)


def for_language(edition: Edition, settings: Settings, name: str, tag: str) -> Channel | None:
    """Select the newest entries in a language; None if there are none, or in no other."""
    entries = in_language(edition, settings, tag)
    if not entries:
        return None
    path = urls.language_feed_path(name, tag)
    return Channel(
        path=path,
        id_path=path,
        page=urls.language_path(tag),
        title=f"{settings.title}: {language_name(tag)}",
        entries=entries,
        withdrawn=tuple(
            entry
            for entry in _withdrawn(edition, entries, settings)
            if common.language(entry, settings).lower() == tag
        ),
        language=tag,
        has_hub=True,
    )


def for_search(entries: tuple[Entry, ...], settings: Settings, name: str, text: str) -> Channel:
    """Return the channel of the entries that a query with this canonical text finds.

    A search does not find withdrawn entries, so the channel has none.
    """
    path = urls.search_feed_path(name, text)
    title = Message(N_("{title}: news about «{words}»"), {"title": settings.title, "words": text})
    return Channel(
        path=path,
        id_path=path,
        page=urls.search_path(q=text),
        title=title.text(settings.language),
        subscribe=urls.search_subscribe_path(text),
        entries=entries,
    )


def for_month(edition: Edition, settings: Settings, month: str) -> Channel | None:
    """Select all entries of a month like '2014-08', as an archive document; None if it has none.

    It lists withdrawn entries for good: a subscriber may fetch it at any later time.
    """
    entries = edition.for_month(month)
    if not entries:
        return None
    path = urls.archive_feed_path(month)
    current = urls.feed_path("atom.xml")
    neighbours = (
        ("prev-archive", edition.month_before(month)),
        ("next-archive", edition.month_after(month)),
    )
    links = [(relation, urls.archive_feed_path(other)) for relation, other in neighbours if other]
    # One day earlier: the UTC offset may have been different at the beginning of the month.
    start = entries[-1].published.replace(day=1, hour=0, minute=0, second=0) - timedelta(days=1)
    end = start + timedelta(days=34)
    return Channel(
        path=path,
        id_path=current,
        page=urls.month_path(month),
        title=f"{settings.title}: {month_name(entries[0].published, settings.language)}",
        entries=entries,
        withdrawn=tuple(
            entry
            for entry in edition.withdrawn(start, end)
            if entry.published.isoformat().startswith(month)
        ),
        links=(("current", current), *links),
        is_archive=True,
    )


def recent(
    edition: Edition, settings: Settings, name: str, span: timedelta = AGGREGATED_SPAN
) -> Channel:
    """Select what aggregators accept: the entries of the last days."""
    path = urls.feed_path(name)
    entries = edition.recent(span, MAX_AGGREGATED)
    start = common.local_time(edition.now, settings) - span
    return Channel(
        path=path,
        id_path=path,
        page=urls.HOME,
        title=settings.title,
        entries=entries,
        # `withdrawn` includes `start` itself; at that moment an entry has already left.
        withdrawn=tuple(entry for entry in edition.withdrawn(start) if entry.published > start),
    )


def category_label(slug: str, entries: tuple[Entry, ...]) -> str:
    """Return the label of a category as the newest of its entries writes it."""
    return next(
        category.label
        for entry in entries
        for category in entry.categories
        if category.slug == slug
    )


def _withdrawn(
    edition: Edition, entries: tuple[Entry, ...], settings: Settings
) -> tuple[Entry, ...]:
    """Return the withdrawn entries that would otherwise be among the newest."""
    is_full = len(entries) >= settings.feed_size
    since = entries[-1].published if is_full else common.EPOCH
    return edition.withdrawn(since, limit=settings.feed_size)


def _has_category(entry: Entry, slug: str) -> bool:
    return any(category.slug == slug for category in entry.categories)
