"""Renamed files and copies: which files of a batch hold a text that the catalogue knows.

A file with the text of one that is gone is that entry, under its old id and address. A file with
the text of one that stands there is a copy, and is not published. Nothing in the files says so,
therefore the catalogue remembers it, and a warning tells it (decision 56).
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple, Protocol

from feedsvc.model import HomeSource
from feedsvc.storage.file_rows import encode_paths

# Whether something stands at a path, which is relative to the entries folder.
IsThere = Callable[[str], bool]
# Leads a path that no file can have, for rows on their way to another one.
_ASIDE = "\0"
# Of so many files with one text, at most, it is asked where they are now.
_MOST = 10


class Read(Protocol):
    """What is asked of a file that was read."""

    @property
    def path(self) -> str:
        """Its path."""

    @property
    def content(self) -> bytes:
        """The digest of its text; empty if it was not read."""

    @property
    def inode(self) -> int:
        """The number of the file."""

    @property
    def home(self) -> str:
        """The home of its entry; empty if it has none."""

    @property
    def home_from(self) -> HomeSource:
        """Where its home is from (see `model.Reading`)."""

    @property
    def published(self) -> int | None:
        """The publication of its entry; None if it has none."""

    @property
    def is_published(self) -> bool:
        """Whether its entry is published, now or later."""


class Moves(NamedTuple):
    """What was found out about files of a batch.

    `moved` are the paths that known entries have moved to, `copies` the paths of other files
    with the same text, by the paths of the copies.
    """

    moved: frozenset[str]
    copies: dict[str, str]


class _Known(NamedTuple):
    """A file of the catalogue that has an entry."""

    path: str
    inode: int
    home: str


class _Row(NamedTuple):
    """What the catalogue says of a file: all None if it knows none at a path."""

    id: str | None
    content: bytes | None
    copy_of: str | None


def rank(path: str) -> tuple[int, str]:
    """Return by what the original sorts before its copies: they get the longer names."""
    return len(path[path.rfind("/") + 1 :]), path


class Renames:
    """Follows entries to other names, in one batch.

    `absent` are the paths of files that are gone; those that prove to be gone are added.
    `touched_ids` are of the entries that were moved, `demoted` the originals that the first
    index found later than their copies, by the paths of the copies.
    """

    def __init__(self, connection: sqlite3.Connection, absent: set[str], is_there: IsThere) -> None:
        self._execute = connection.execute
        self._absent = absent
        self._is_there = is_there
        (complete,) = self._execute("SELECT complete FROM state").fetchone()
        # Nobody has seen any of it yet: what is published must not depend on the order.
        self._is_first_index = not complete
        self.touched_ids: set[str] = set()
        self.demoted: dict[str, str] = {}

    def follow(self, updates: Sequence[Read]) -> Moves:
        """Move the rows of entries whose files bear other names now; find the copies.

        Rows that were moved have no fingerprint: they are read again under their old ids.
        """
        # A text that says its id is told from others by that, wherever its file goes.
        read = {
            update.path: update
            for update in updates
            if update.content and not (update.home_from == "text" and update.published is not None)
        }
        suspects = self._suspects(read)
        moves = self._moves(suspects, read)
        self._move(moves)
        rest = [update for update in suspects if update.path not in moves]
        returned = self._returned(rest)
        # What is withdrawn, or no news yet, is no second item: that must never be held up.
        rest = [each for each in rest if each.path not in returned and each.is_published]
        return Moves(frozenset((*moves, *returned)), self._copies(rest, read, returned.values()))

    def _suspects(self, read: Mapping[str, Read]) -> list[Read]:
        """Return the files whose text the catalogue knows, or of which several have the same.

        Most are none, and one query for a thousand files costs what it does for ten.
        """
        times = Counter(update.content for update in read.values())
        values = ", ".join(f"?{number}" for number in range(1, len(times) + 1))
        known = self._execute(
            f"SELECT content FROM file WHERE content IN ({values}) AND id IS NOT NULL"  # noqa: S608
            f" UNION ALL SELECT content FROM gone WHERE content IN ({values})",
            tuple(times),
        )
        contents = {content for (content,) in known}
        copies = {
            path
            for (path,) in self._execute(
                "SELECT file.path FROM json_each(?) AS asked"
                " CROSS JOIN file ON file.path = asked.value WHERE copy_of IS NOT NULL",
                (encode_paths(read),),
            )
        }
        return [
            update
            for path, update in read.items()
            if times[update.content] > 1 or update.content in contents or path in copies
        ]

    def _moves(self, suspects: Iterable[Read], read: Mapping[str, Read]) -> dict[str, str]:
        """Return from which path an entry has come, by the path where it is now."""
        moves: dict[str, _Known] = {}
        targets: dict[str, str] = {}  # the same the other way round
        for update in sorted(suspects, key=lambda each: rank(each.path)):
            for known in self._known(update):
                if known.home == update.home:
                    if not self._stands(known.path, read):
                        self._absent.add(known.path)  # its id goes with the text as it is
                elif known.path not in targets:
                    moves[update.path] = known
                    targets[known.path] = update.path
                    break
        doubtful = list(moves)
        while doubtful:
            path = doubtful.pop()
            source = moves.get(path)
            if source is not None and not (
                # An entry of its own would be lost if that has not moved on itself.
                (path in targets or not self._owns_entry(path))
                and self._has_left(source, read[path], read, moves)
            ):
                del moves[path], targets[source.path]
                doubtful += filter(None, (source.path, targets.get(path)))
        return {path: source.path for path, source in moves.items()}

    def _known(self, update: Read) -> list[_Known]:
        """Return other files that have the entry of a file; none if it had that before."""
        row = self._row(update.path)
        if row.content == update.content and row.id is not None:
            return []
        rows = self._execute(
            "SELECT path, inode, home FROM file WHERE content = ?1 AND id IS NOT NULL"
            " AND published = ifnull(?2, published) AND path <> ?3 ORDER BY path LIMIT ?4",
            (update.content, update.published, update.path, _MOST),
        )
        return [_Known(*row) for row in rows]

    def _row(self, path: str) -> _Row:
        query = "SELECT id, content, copy_of FROM file WHERE path = ?"
        row = self._execute(query, (path,)).fetchone()
        return _Row(*row) if row else _Row(None, None, None)

    def _owns_entry(self, path: str) -> bool:
        return self._row(path).id is not None

    def _has_left(
        self, known: _Known, update: Read, read: Mapping[str, Read], moves: Mapping[str, _Known]
    ) -> bool:
        """Return whether a known entry is now where its text was read."""
        if known.path not in read:
            return not self._stands(known.path, read)
        if read[known.path].content == update.content:
            return False
        # Another text stands there. Either it was moved there, too, or this is the same file.
        return known.path in moves or known.inode == update.inode

    def _stands(self, path: str, read: Mapping[str, Read]) -> bool:
        return path in read or (path not in self._absent and self._is_there(path))

    def _move(self, moves: Mapping[str, str]) -> None:
        for old in moves.values():
            self._execute("UPDATE file SET path = ? WHERE path = ?", (_ASIDE + old, old))
        for path, old in moves.items():
            self.take_over(path, _ASIDE + old, old)

    def take_over(self, path: str, row: str, old: str) -> None:
        """Give the entry of a row, of a file that was at `old`, to the file at another path."""
        self._execute("DELETE FROM file WHERE path = ?", (path,))
        self._execute("DELETE FROM problem WHERE path IN (?, ?)", (path, old))
        self._execute("UPDATE file SET copy_of = ? WHERE copy_of = ?", (path, old))
        (entry_id,) = self._execute(
            "UPDATE file SET path = ?, kept = home, fingerprint = '', copy_of = NULL,"
            " claimed_id = NULL, claimed_guid = NULL WHERE path = ? RETURNING id",
            (path, row),
        ).fetchone()
        self.touched_ids.add(entry_id)

    def _returned(self, updates: Iterable[Read]) -> dict[str, Read]:
        """Let texts that were gone, and come back, have their old ids; return them by path."""
        returned: dict[str, Read] = {}
        homes: set[str] = set()
        for update in sorted(updates, key=lambda each: rank(each.path)):
            row = self._execute(
                "SELECT home FROM gone WHERE content = ? AND published = ?"
                " AND NOT EXISTS (SELECT 1 FROM file WHERE file.id = gone.id) ORDER BY id",
                (update.content, update.published),
            ).fetchone()
            if row is None or row[0] == update.home or row[0] in homes:
                continue
            if not (self._owns_entry(update.path) or self._known(update)):
                returned[update.path] = update
                homes.add(row[0])
                self.keep(update.path, row[0])
        return returned

    def keep(self, path: str, home: str) -> None:
        """Have a file without an entry read again as one whose entry has this home."""
        self._execute("DELETE FROM file WHERE path = ?", (path,))
        self._execute("INSERT INTO file (path, fingerprint, kept) VALUES (?, '', ?)", (path, home))

    def give_way(self, update: Read, entry_id: str) -> bool:
        """Give a file another home if an entry that was renamed keeps the one of its name.

        Return whether it has one now. Whoever writes news into a file that is always called the
        same, and renames it afterwards, need not know of ids.
        """
        query = "SELECT kept IS NOT NULL FROM file WHERE id = ?"
        if self._execute(query, (entry_id,)).fetchone() != (1,) or self._owns_entry(update.path):
            return False
        others = (f"{entry_id[:100]}-{number}" for number in count(2))
        free = next(other for other in others if not self._is_taken(other))
        self.keep(update.path, f"{update.home[: -len(entry_id)]}{free}")
        return True

    def _is_taken(self, entry_id: str) -> bool:
        query = "SELECT 1 FROM file WHERE id = ?1 UNION ALL SELECT 1 FROM entry WHERE id = ?1"
        return self._execute(query, (entry_id,)).fetchone() is not None

    def _copies(
        self, updates: Sequence[Read], read: Mapping[str, Read], returned: Iterable[Read]
    ) -> dict[str, str]:
        """Return the paths of the originals, by the paths of the copies."""
        copies: dict[str, str] = {}
        first = {(each.content, each.published): each for each in returned}
        for update in sorted(updates, key=lambda each: rank(each.path)):
            known = self._original(update, read)
            if known is None:
                original = first.setdefault((update.content, update.published), update)
                if original is not update:
                    copies[update.path] = original.path
            elif known != update.path:
                copies[update.path] = self.demoted.get(known, known)
        return copies

    def _original(self, update: Read, read: Mapping[str, Read]) -> str | None:
        """Return the path of the file that a file is a copy of, its own if it is the original.

        None if no other file of the catalogue has this text.
        """
        row = self._row(update.path)
        if row.content == update.content:
            if row.id is not None:
                return update.path
            original = row.copy_of
            if original is not None and self._owns_entry(original) and self._stands(original, read):
                return original  # also if that has been changed since: this has not
        for known in self._known(update):
            is_same = known.path not in read or read[known.path].content == update.content
            if self._stands(known.path, read) and (is_same or row.id is None):
                if self._is_first_index and rank(update.path) < rank(known.path):
                    self.demoted.setdefault(known.path, update.path)
                    return None
                return known.path
        return None
