"""The log of changes: what happened to entries since a position in it.

The log is derived from the catalogue, so nothing is stored for a subscriber, and one that was
stopped anywhere, or for a week, goes on where it was. An event carries the state that an entry
is in now, not the states in between.
"""

from dataclasses import dataclass
from typing import NamedTuple

from feedsvc.model import Entry
from feedsvc.storage.snapshot import ChangedEntry, Due, Snapshot


class Position(NamedTuple):
    """How far a subscriber has read.

    `sequence` is that of the last row it has read. Of the rows up to there it knows as public
    those published up to `moment` (microseconds since the epoch), and those published one
    microsecond later up to the sequence `tie`, which is not 0 only where a limit has divided
    entries of the same moment.
    """

    sequence: int = 0
    moment: int = 0
    tie: int = 0


@dataclass(frozen=True, slots=True)
class EntryEvent:
    """An entry became public, changed, or is not public.

    `is_public` is False for an entry that is a draft, withdrawn, removed, or scheduled for
    later.
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

        First come the entries already read that became public as time passed, oldest first
        (or are scheduled again since the clock was set back, newest first), then the rows
        written since, by sequence. No events means that there are none yet.
        """
        rows, position = self._due(position, limit)
        if not rows:
            rows = self.snapshot.changed_after(position.sequence, limit)
            if rows:
                position = position._replace(sequence=rows[-1].sequence)
        return [EntryEvent(row, self._is_public(row)) for row in rows], position

    def _due(self, position: Position, limit: int) -> tuple[list[ChangedEntry], Position]:
        """Return the entries that only time made public or scheduled, and the position then."""
        if not position.sequence:  # no entry has been read yet
            return [], Position(moment=self.now)
        start, end = Due(position.moment + 1, position.tie), Due(self.now + 1, 0)
        if start <= end:
            rows = self.snapshot.newly_due(start, end, position.sequence, limit)
        else:
            rows = self.snapshot.no_longer_due(end, start, position.sequence, limit)
        if len(rows) == limit:
            published, tie = rows[-1].published, rows[-1].sequence
            # Known as public is what lies up to the last row; set back, only what precedes it.
            end = Due(published, tie if start <= end else tie - 1)
        return rows, Position(position.sequence, end.published - 1, end.sequence)

    def _is_public(self, row: ChangedEntry) -> bool:
        return row.status == "published" and row.published <= self.now
