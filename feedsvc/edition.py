"""Editions: what is public at one revision of the catalogue and one moment.

The only place that decides what is visible. An edition is open for as long as a
document is rendered from it, and is the same however long that takes; a
period says for which moments its documents hold.
"""

from dataclasses import dataclass, replace

from feedsvc.catalogue import Snapshot, from_microseconds
from feedsvc.model import Entry


@dataclass(frozen=True, slots=True)
class Period:
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
class Gone:
    """What is left of an entry that was public: withdrawn, with its reason, or removed."""

    title: str
    reason: str | None = None


class Edition:
    """What is public at one revision and one moment; all that renderers see."""

    def __init__(self, snapshot: Snapshot, now: int) -> None:
        self._snapshot = snapshot
        self.now = now
        since = snapshot.turn_before(now)
        self.period = Period(
            revision=snapshot.revision,
            since=since,
            until=snapshot.turn_after(now),
            changed=max(snapshot.changed, since),
        )

    def newest(self, limit: int) -> tuple[Entry, ...]:
        """Give the newest entries, newest first."""
        return tuple(map(self._as_of_now, self._snapshot.newest(self.now, limit)))

    def find(self, entry_id: str) -> Entry | Gone | None:
        """Give the entry of an id, or what is left of it; None where nothing ever was seen."""
        found = self._snapshot.find(entry_id, self.now)
        if found is None or found[0] == "draft":
            return None
        status, title, entry = found
        if status == "published" and entry is not None:
            return self._as_of_now(entry)
        return Gone(title, entry.reason if entry else None)

    def _as_of_now(self, entry: Entry) -> Entry:
        # An update announced for later is not told before its time.
        if entry.updated > from_microseconds(self.now):
            return replace(entry, updated=entry.published)
        return entry
