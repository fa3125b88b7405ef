"""Editions: what is public at one revision of the catalogue and one moment.

The only place that decides what is visible. An edition is open for as long as a
document is rendered from it, and is the same however long that takes; a
period says for which moments its documents hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feedsvc.dates import from_microseconds, to_microseconds
from feedsvc.model import Entry
from feedsvc.storage.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ValidityPeriod:
    """The time through which the visible news is the same.

    From `since` on, and before `until` (None: until the catalogue changes), if
    the catalogue is still at `revision`. `changed` is when what is visible last
    changed. Times are microseconds since the epoch.
    """

    revision: int
    since: int
    until: int | None
    changed: int

    def holds(self, now: int) -> bool:
        """Say whether a moment lies in the period."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class GoneEntry:
    """What is left of an entry that was public: withdrawn, with its reason, or removed."""

    title: str
    reason: str | None = None


class Edition:
    """What is public at one revision and one moment; all that renderers see."""

    def __init__(self, snapshot: Snapshot, now: int) -> None:
        self._snapshot = snapshot
        self.now = now
        self.render_fingerprint = snapshot.render_fingerprint
        self.identity, self.sequence = snapshot.identity, snapshot.sequence
        since = snapshot.last_transition(now)
        self.period = ValidityPeriod(
            revision=snapshot.revision,
            since=since,
            until=snapshot.next_transition(now),
            changed=max(snapshot.changed, since),
        )

    def newest(self, limit: int) -> tuple[Entry, ...]:
        """Give the newest entries, newest first."""
        return self._told(self._snapshot.newest(self.now, limit))

    def for_category(self, slug: str, limit: int) -> tuple[Entry, ...]:
        """Give the newest entries of a category, newest first."""
        return self._told(self._snapshot.for_category(slug, self.now, limit))

    def for_month(self, month: str) -> tuple[Entry, ...]:
        """Give all entries of a month like '2014-08', newest first."""
        return self._told(self._snapshot.for_month(month, self.now))

    def for_category_month(self, slug: str, month: str) -> tuple[Entry, ...]:
        """Give all entries of a category and a month, newest first."""
        return self._told(self._snapshot.for_category_month(slug, month, self.now))

    def neighbours(self, entry: Entry) -> tuple[Entry | None, Entry | None]:
        """Give the entries next before and next after one; None where there is none."""
        return self._snapshot.neighbours(entry, self.now)

    def recent(self, span: timedelta, limit: int) -> tuple[Entry, ...]:
        """Give the newest entries that are not older than `span`, newest first.

        As time passes entries leave by themselves, so this shortens the period.
        """
        length = span // timedelta(microseconds=1)
        start = self.now - length
        leaves = self._snapshot.next_transition(start)
        since = max(self.period.since, self._snapshot.last_transition(start) + length)
        ends = (self.period.until, None if leaves is None else leaves + length)
        self.period = replace(
            self.period,
            since=since,
            until=min((end for end in ends if end is not None), default=None),
            changed=max(self.period.changed, since),
        )
        entries = self.newest(limit)
        return tuple(entry for entry in entries if to_microseconds(entry.published) > start)

    def unchanged(self, steps: Iterable[int]) -> frozenset[int]:
        """Give those of the catalogue's steps whose entries are public, and still as they were.

        So whatever somebody remembers of other texts than those of now leads nowhere.
        """
        return self._snapshot.unchanged(steps, self.now)

    def limit_validity(self, span: timedelta) -> None:
        """Shorten the period: what is rendered holds no longer than `span` from now on."""
        until = self.now + span // timedelta(microseconds=1)
        ends = min(until, self.period.until) if self.period.until is not None else until
        self.period = replace(self.period, until=ends)

    def withdrawn(self, since: datetime) -> tuple[Entry, ...]:
        """Give the withdrawn entries that were published at `since` or later, newest first."""
        return self._told(self._snapshot.withdrawn(to_microseconds(since), self.now))

    def month_before(self, month: str) -> str | None:
        """Give the month with news next before another one."""
        return self._snapshot.adjacent_month(month, self.now, later=False)

    def month_after(self, month: str) -> str | None:
        """Give the month with news next after another one."""
        return self._snapshot.adjacent_month(month, self.now, later=True)

    def months(self) -> list[tuple[str, int]]:
        """Give the months that have news, newest first, and how much each has."""
        return self._snapshot.months(self.now)

    def months_for_category(self, slug: str) -> list[tuple[str, int]]:
        """Give the months in which a category has news, newest first, and how much."""
        return self._snapshot.months_for_category(slug, self.now)

    def categories(self) -> list[tuple[str, str]]:
        """Give slug and label of the categories that have news, in the order of labels."""
        return self._snapshot.categories(self.now)

    def addresses(self, year: str) -> list[tuple[str, datetime]]:
        """Give the id of each entry of a year, and when it last changed; newest first."""
        return [
            (entry_id, from_microseconds(updated if updated <= self.now else published))
            for entry_id, published, updated in self._snapshot.addresses(year, self.now)
        ]

    def find(self, entry_id: str) -> Entry | GoneEntry | None:
        """Give the entry of an id, or what is left of it; None where nothing ever was seen."""
        found = self._snapshot.find(entry_id, self.now)
        if found is None or found[0] == "draft":
            return None
        status, title, entry = found
        if status == "published" and entry is not None:
            return self._as_of_now(entry)
        return GoneEntry(title, entry.reason if entry else None)

    def _told(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(map(self._as_of_now, entries))

    def _as_of_now(self, entry: Entry) -> Entry:
        # An update announced for later is not told before its time.
        if entry.updated > from_microseconds(self.now):
            return replace(entry, updated=entry.published)
        return entry
