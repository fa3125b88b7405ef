"""The log of changes: what happened to entries, for whoever remembers a position in it.

It is derived from the catalogue, so nothing is kept for a subscriber, and one that was
stopped anywhere, or was away for a week, goes on where it was. A subscriber is told the
state an entry is in now, not the states in between.
"""

from dataclasses import dataclass
from typing import NamedTuple

from feedsvc.model import Entry
from feedsvc.storage.snapshot import ChangedEntry, Snapshot


class Position(NamedTuple):
    """How far a subscriber has read.

    `sequence` is the catalogue's number of the last row it was told of, `moment` the time
    (microseconds since the epoch) up to which it was told which scheduled entries are due.
    """

    sequence: int = 0
    moment: int = 0


@dataclass(frozen=True, slots=True)
class EntryEvent:
    """An entry became public, changed, or is not public any more.

    `entry` is None if it is a draft, withdrawn or removed; `is_public` is False for those
    and for an entry that is scheduled for later.
    """

    row: ChangedEntry
    is_public: bool

    @property
    def entry(self) -> Entry | None:
        """Return the entry if it is published, now or later."""
        return self.row.entry()


@dataclass(frozen=True, slots=True)
class Changes:
    """The log of changes as of one snapshot and one moment (microseconds since the epoch)."""

    snapshot: Snapshot
    now: int

    def after(self, position: Position, limit: int) -> tuple[list[EntryEvent], Position]:
        """Return the next events after a position, at most `limit`, and the position then.

        Rows that were written come first, in the order of their sequence; then the
        scheduled entries whose moment has come, in the order of publication. No events
        means that there are none yet.
        """
        rows = self.snapshot.changed_after(position.sequence, limit)
        if rows:
            events = [EntryEvent(row, self._is_public(row)) for row in rows]
            # Whoever has read nothing yet is told of what is public by these rows alone.
            moment = position.moment if position.sequence else self.now
            return events, Position(rows[-1].sequence, moment)
        due = self.snapshot.published_between(position.moment, self.now, limit)
        events = [EntryEvent(row, self._is_public(row)) for row in due]
        moment = due[-1].published if len(due) == limit else self.now
        return events, Position(position.sequence, max(position.moment, moment))

    def _is_public(self, row: ChangedEntry) -> bool:
        return row.status == "published" and row.published <= self.now
