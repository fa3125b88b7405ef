"""Editions: what is public at one revision of the catalogue and one moment.

Nothing else decides what is public. An edition stays the same however long a document takes to
render from it; its period is the time for which such documents are valid.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from feedsvc.dates import from_microseconds, to_microseconds
from feedsvc.model import Category, Entry, Teaser, Version
from feedsvc.storage.snapshot import Snapshot

# How many others the page of an entry leads to, beside its neighbours, and how many of its
# category are enough.
MAX_RELATED = 4
ENOUGH_RELATED = 2


@dataclass(frozen=True, slots=True)
class ValidityPeriod:
    """The time during which what is public stays the same.

    It begins at `since` and ends before `until` (None: when the catalogue changes), or as soon
    as the catalogue leaves `revision`. `newest` is the newest moment in what is public, 0 if
    there is none. Times are microseconds since the epoch.
    """

    revision: int
    since: int
    until: int | None
    newest: int

    def holds(self, now: int) -> bool:
        """Return whether a moment lies in the period."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class GoneEntry:
    """What remains of an entry that was public.

    It was withdrawn, with its reason if any, or removed; or its time ended at `expired`.
    """

    title: str
    reason: str | None = None
    expired: datetime | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Other entries to be read after one: of its `category`, or of all if that is None."""

    entries: tuple[Teaser, ...] = ()
    category: Category | None = None


class Edition:
    """What is public at one revision and one moment; renderers see nothing else."""

    def __init__(self, snapshot: Snapshot, now: int) -> None:
        self._snapshot = snapshot
        self.now = now
        self.identity, self.sequence = snapshot.identity, snapshot.sequence

    @cached_property
    def period(self) -> ValidityPeriod:
        """Return the period in which what is public here stays the same.

        It is found when it is first asked for: files and redirects have none.
        """
        return ValidityPeriod(
            revision=self._snapshot.revision,
            since=self._snapshot.last_transition(self.now),
            until=self._snapshot.next_transition(self.now),
            newest=self._snapshot.newest_moment(self.now),
        )

    def newest(self, limit: int) -> tuple[Entry, ...]:
        """Return the newest entries, newest first."""
        return self._current(self._snapshot.newest(self.now, limit))

    def pinned(self, limit: int) -> tuple[Entry, ...]:
        """Return the newest of the entries that are pinned now, newest first."""
        return self._current(self._snapshot.pinned(self.now, limit))

    def in_language(self, tag: str, limit: int) -> tuple[Entry, ...]:
        """Return the newest entries that name a language, newest first."""
        return self._current(self._snapshot.in_language(tag.lower(), self.now, limit))

    def in_no_other_language(self, tag: str, limit: int) -> tuple[Entry, ...]:
        """Return the newest entries that name this language, the site's, or none, newest first."""
        return self._current(self._snapshot.in_no_other_language(tag.lower(), self.now, limit))

    def languages(self) -> list[str]:
        """Return the languages that entries name, as tags in small letters, in their order."""
        return self._snapshot.languages(self.now)

    def versions(self) -> dict[str, tuple[Version, ...]]:
        """Return the versions of each entry that has translations, by the path of its page."""
        found = self._snapshot.versions(self._snapshot.translations(), self.now)
        return {version.page: group for group in found.values() for version in group}

    def for_category(self, slug: str, limit: int) -> tuple[Entry, ...]:
        """Return the newest entries of a category, newest first."""
        return self._current(self._snapshot.for_category(slug, self.now, limit))

    def for_month(self, month: str) -> tuple[Entry, ...]:
        """Return all entries of a month like '2014-08', newest first."""
        return self._current(self._snapshot.for_month(month, self.now))

    def for_category_month(self, slug: str, month: str) -> tuple[Entry, ...]:
        """Return all entries of a category and a month, newest first."""
        return self._current(self._snapshot.for_category_month(slug, month, self.now))

    def neighbours(self, entry: Entry) -> tuple[Entry | None, Entry | None]:
        """Return the entries published before and after one; None if there is none."""
        before, after = self._snapshot.neighbours(entry, self.now)
        return before and self._without_future(before), after and self._without_future(after)

    def related(self, entry: Entry, neighbours: tuple[Entry | None, Entry | None]) -> Related:
        """Return the entries next to one in its first category, or of all, without `neighbours`.

        They are not simply the newest: with these, each new entry would change every page.
        """
        apart_from = [other.id for other in neighbours if other]

        def around(slug: str | None) -> tuple[Teaser, ...]:
            found = self._snapshot.around(entry, slug, apart_from, self.now, MAX_RELATED)
            return found[:MAX_RELATED]

        for category in entry.categories[:1]:
            found = around(category.slug)
            if len(found) >= ENOUGH_RELATED:
                return Related(found, category)
        return Related(around(None))

    def recent(self, span: timedelta, limit: int) -> tuple[Entry, ...]:
        """Return the newest entries that are not older than `span`, newest first.

        Entries grow too old as time passes, so this shortens the period.
        """
        length = span // timedelta(microseconds=1)
        start = self.now - length
        next_leaving = self._snapshot.next_transition(start)
        since = max(self.period.since, self._snapshot.last_transition(start) + length)
        ends = (self.period.until, None if next_leaving is None else next_leaving + length)
        self.period = replace(
            self.period,
            since=since,
            until=min((end for end in ends if end is not None), default=None),
        )
        entries = self.newest(limit)
        return tuple(entry for entry in entries if to_microseconds(entry.published) > start)

    def unchanged(self, sequences: Iterable[int]) -> frozenset[int]:
        """Return those sequences whose entries are public and have not been written since.

        The search index uses it to drop what it knows of older versions.
        """
        return self._snapshot.unchanged(sequences, self.now)

    def limit_validity(self, span: timedelta) -> None:
        """Shorten the period, so that it ends no later than `span` from now."""
        until = self.now + span // timedelta(microseconds=1)
        ends = min(until, self.period.until) if self.period.until is not None else until
        self.period = replace(self.period, until=ends)

    def withdrawn(
        self, since: datetime, until: datetime | None = None, limit: int = -1
    ) -> tuple[Entry, ...]:
        """Return the newest withdrawn entries, and those whose time has ended, newest first.

        Only those are returned that were published at `since` or later, and before `until`.
        An entry that ended was updated when it did.
        """
        end = self.now if until is None else to_microseconds(until) - 1
        entries = self._snapshot.withdrawn(to_microseconds(since), end, self.now, limit)
        return tuple(
            replace(entry, updated=entry.expires)
            if entry.status == "published" and entry.expires
            else self._without_future(entry)
            for entry in entries
        )

    def month_before(self, month: str) -> str | None:
        """Return the nearest month before another one that has entries, or None."""
        return self._snapshot.adjacent_month(month, self.now, later=False)

    def month_after(self, month: str) -> str | None:
        """Return the nearest month after another one that has entries, or None."""
        return self._snapshot.adjacent_month(month, self.now, later=True)

    def months(self) -> list[tuple[str, int]]:
        """Return the months that have entries, newest first, and the number of each."""
        return self._snapshot.months(self.now)

    def months_for_category(self, slug: str) -> list[tuple[str, int]]:
        """Return the months in which a category has entries, newest first, with their number."""
        return self._snapshot.months_for_category(slug, self.now)

    def categories(self) -> list[tuple[str, str]]:
        """Return slug and label of the categories that have entries, by label."""
        return self._snapshot.categories(self.now)

    def addresses(self, year: str) -> list[tuple[str, datetime]]:
        """Return the page of each entry of a year and when it last changed (UTC), newest first."""
        return [
            (page, from_microseconds(updated if updated <= self.now else published))
            for page, published, updated in self._snapshot.addresses(year, self.now)
        ]

    def moved(self, aliases: Iterable[str]) -> str | None:
        """Return the page of the entry, public or gone, that had one of these addresses."""
        return self._snapshot.moved(aliases, self.now)

    def find(self, entry_id: str) -> Entry | GoneEntry | None:
        """Return the entry of an id, or what remains of it; None if it was never public."""
        found = self._snapshot.find(entry_id, self.now)
        if found is None or found[0] == "draft":
            return None
        status, title, entry = found
        if status != "published" or entry is None:
            return GoneEntry(title, entry.reason if entry else None)
        if entry.expires and to_microseconds(entry.expires) <= self.now:
            return GoneEntry(title, expired=entry.expires)
        return self._current((entry,))[0]

    def _current(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Return public entries with their versions, and without what is not public yet."""
        entries = tuple(map(self._without_future, entries))
        if not self._has_translations:
            return entries
        versions = self._snapshot.versions((entry.id for entry in entries), self.now)
        return tuple(
            replace(entry, versions=versions[entry.id]) if entry.id in versions else entry
            for entry in entries
        )

    @cached_property
    def _has_translations(self) -> bool:
        return self._snapshot.has_translations()

    def _without_future(self, entry: Entry) -> Entry:
        # An update that is dated in the future is not public before its time.
        if entry.updated > from_microseconds(self.now):
            return replace(entry, updated=entry.published)
        return entry
