"""Channels: what a feed tells of, whatever its dialect."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from feedsvc import urls
from feedsvc.edition import Edition
from feedsvc.feeds import common
from feedsvc.i18n import N_, Message, month_name
from feedsvc.model import Entry
from feedsvc.settings import Settings

AGGREGATED = timedelta(days=8)
# As much as a portal takes in 10 MB, however short the news.
MOST_AGGREGATED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A selection of the news, newest first, as one feed gives it.

    `path` is where it is fetched, `id_path` what its permanent id is made of,
    `page` where people read the same. `links` are relations and paths. An
    archive holds a part of the history that the current feed does not.
    """

    path: str
    id_path: str
    page: str
    title: str
    entries: tuple[Entry, ...]
    withdrawn: tuple[Entry, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    is_archive: bool = False


Select = Callable[[Edition, Settings, str], Channel]


def newest(edition: Edition, settings: Settings, name: str) -> Channel:
    """Select the newest entries of the whole site, for the feed of a name.

    Its archives go back from the newest month (RFC 5005 section 4).
    """
    entries = edition.newest(settings.feed_size)
    path = urls.feed_path(name)
    months = [month for month, _ in edition.months()[:1]]
    return Channel(
        path=path,
        id_path=path,
        page=urls.HOME,
        title=settings.title,
        entries=entries,
        withdrawn=_withdrawn(edition, entries, settings),
        links=tuple(("prev-archive", urls.archive_feed_path(month)) for month in months),
    )


def for_category(edition: Edition, settings: Settings, name: str, slug: str) -> Channel | None:
    """Select the newest entries of a category; None where it has none."""
    entries = edition.for_category(slug, settings.feed_size)
    if not entries:
        return None
    path = urls.feed_path(name, slug)
    withdrawn = _withdrawn(edition, entries, settings)
    return Channel(
        path=path,
        id_path=path,
        page=urls.category_path(slug),
        title=f"{settings.title}: {label_of(slug, entries)}",
        entries=entries,
        withdrawn=tuple(entry for entry in withdrawn if _has(entry, slug)),
    )


def for_search(entries: tuple[Entry, ...], settings: Settings, name: str, text: str) -> Channel:
    """Make a channel of what a query finds. What is withdrawn is not found, and not told."""
    path = urls.search_feed_path(name, text)
    title = Message(N_("{title}: news about «{words}»"), {"title": settings.title, "words": text})
    return Channel(
        path=path,
        id_path=path,
        page=urls.search_path(q=text),
        title=title.text(settings.language),
        entries=entries,
    )


def for_month(edition: Edition, settings: Settings, month: str) -> Channel | None:
    """Select all entries of a month, as an archive document; None where there are none.

    Withdrawn ones are among them for good: whoever comes by late still learns of it.
    """
    entries = edition.for_month(month)
    if not entries:
        return None
    path = urls.archive_feed_path(month)
    current = urls.feed_path("atom.xml")
    beside = (
        ("prev-archive", edition.month_before(month)),
        ("next-archive", edition.month_after(month)),
    )
    links = [(relation, urls.archive_feed_path(other)) for relation, other in beside if other]
    # A day more: the offset may have been another one at the beginning of the month.
    start = entries[-1].published.replace(day=1, hour=0, minute=0, second=0) - timedelta(days=1)
    return Channel(
        path=path,
        id_path=current,
        page=urls.month_path(month),
        title=f"{settings.title}: {month_name(entries[0].published, settings.language)}",
        entries=entries,
        withdrawn=tuple(
            entry
            for entry in edition.withdrawn(start)
            if entry.published.isoformat().startswith(month)
        ),
        links=(("current", current), *links),
        is_archive=True,
    )


def recent(edition: Edition, settings: Settings, name: str) -> Channel:
    """Select what aggregators take: the entries of the last eight days."""
    path = urls.feed_path(name)
    entries = edition.recent(AGGREGATED, MOST_AGGREGATED)
    start = common.moment(edition.now, settings) - AGGREGATED
    return Channel(
        path=path,
        id_path=path,
        page=urls.HOME,
        title=settings.title,
        entries=entries,
        # As the entries, which leave at that moment.
        withdrawn=tuple(entry for entry in edition.withdrawn(start) if entry.published > start),
    )


def label_of(slug: str, entries: tuple[Entry, ...]) -> str:
    """Give the label that the newest entry writes for a category."""
    return next(
        category.label
        for entry in entries
        for category in entry.categories
        if category.slug == slug
    )


def _withdrawn(
    edition: Edition, entries: tuple[Entry, ...], settings: Settings
) -> tuple[Entry, ...]:
    """Give the withdrawn entries that would be among the newest if they were not."""
    is_full = len(entries) >= settings.feed_size
    since = entries[-1].published if is_full else common.NEVER
    return edition.withdrawn(since)[: settings.feed_size]


def _has(entry: Entry, slug: str) -> bool:
    return any(category.slug == slug for category in entry.categories)
