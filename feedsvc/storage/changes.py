"""The log of changes: what happened to entries since a position in it.

The log is derived from the catalogue, so nothing is stored for a subscriber, and one that was
stopped anywhere, or for a week, goes on where it was. An event carries the state that an entry
is in now, not the states in between.
"""

from dataclasses import dataclass
from typing import NamedTuple

from feedsvc.model import Entry
from feedsvc.storage.change_rows import ChangedEntry, Due
from feedsvc.storage.snapshot import Snapshot


class Pending(NamedTuple):
    """The moments that are still to be gone through: after a place, up to `end`."""

    moment: int
    sequence: int
    end: int


class Position(NamedTuple):
    """How far a subscriber has read.

    `sequence` is that of the last row it has read. Of the rows up to there it knows what is
    public at `moment` (microseconds since the epoch), but for those that begin or end in what
    is `pending`, where a limit has divided them.
    """

    sequence: int = 0
    moment: int = 0
    pending: Pending | None = None


@dataclass(frozen=True, slots=True)
class EntryEvent:
    """An entry became public, changed, or is not public.

    `is_public` is False for an entry that is a draft, withdrawn, removed, scheduled for later,
    or over.
    """

    row: ChangedEntry
    is_public: bool

    @property
    def entry(self) -> Entry | None:
        """Return the entry if it is published, now or later, else None."""
        return self.row.entry()


@dataclass(frozen=True, slots=True)
class Changes:
    """The log of changes as of one snapshot and one moment (microseconds since the epoch)."""

    snapshot: Snapshot
    now: int

    def after(self, position: Position, limit: int) -> tuple[list[EntryEvent], Position]:
        """Return the next events after a position, at most `limit`, and the position then.

        First come the entries already read that began or ended since (or will begin or end
        again, as the clock was set back), in the order of those moments, then the rows written
        since, by sequence. No events means that there are none yet.
        """
        rows, position = self._due(position, limit)
        if not rows:
            rows = self.snapshot.changed_after(position.sequence, limit)
            if rows:
                position = position._replace(sequence=rows[-1].sequence)
        return [EntryEvent(row, row.is_public(self.now)) for row in rows], position

    def _due(self, position: Position, limit: int) -> tuple[list[ChangedEntry], Position]:
        """Return the entries whose state only time has changed, and the position then."""
        if not position.sequence:  # no entry has been read yet
            return [], Position(moment=self.now)
        pending = self._pending(position)
        if pending is None:
            return [], position._replace(moment=self.now)
        due = self.snapshot.due(Due(*pending[:2]), pending.end, position.sequence, limit)
        left = Pending(*due[-1][0], pending.end) if len(due) == limit else None
        return [row for _, row in due], Position(position.sequence, self.now, left)

    def _pending(self, position: Position) -> Pending | None:
        """Return the moments between what is known and now, and those that still were pending."""
        pending, (start, end) = position.pending, sorted((position.moment, self.now))
        if start == end:
            return pending
        passed = Pending(start + 1, 0, end)
        if pending is None:
            return passed
        return Pending(*min(passed[:2], pending[:2]), max(end, pending.end))
