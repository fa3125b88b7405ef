"""Renamed files and copies: which files of a batch hold a text that the catalogue knows.

A file with the text of one that is gone is that entry, under its old id and address. A file with
the text of one that stands there is a copy, and is not published. Nothing in the files says so,
therefore the catalogue remembers it, and a warning tells it (decision 56).
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple, Protocol

# Whether something stands at a path, which is relative to the entries folder.
IsThere = Callable[[str], bool]
# Leads a path that no file can have, for rows on their way to another one.
_ASIDE = "\0"


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
    published: int
    content: bytes
    inode: int
    home: str


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
        read = {update.path: update for update in updates if update.content}
        moves = self._moves(read)
        self._move(moves)
        rest = [update for path, update in read.items() if path not in moves]
        returned = self._returned(rest)
        # What is withdrawn, or no news yet, is no second item: that must never be held up.
        rest = [each for each in rest if each.path not in returned and each.is_published]
        return Moves(frozenset((*moves, *returned)), self._copies(rest, read))

    def _moves(self, read: Mapping[str, Read]) -> dict[str, str]:
        """Return from which path an entry has come, by the path where it is now."""
        moves: dict[str, str] = {}
        for update in sorted(read.values(), key=lambda each: rank(each.path)):
            for known in self._known(update):
                if known.home == update.home:
                    if not self._stands(known.path, read):
                        self._absent.add(known.path)  # its id goes with the text as it is
                elif known.path not in moves.values():
                    moves[update.path] = known.path
                    break
        owners = {path for path in moves if self._owns_entry(path)}
        while wrong := {
            path
            for path, old in moves.items()
            if (path in owners and path not in moves.values())
            or not self._has_left(old, read[path], read, moves)
        }:
            for path in wrong:
                del moves[path]
        return moves

    def _known(self, update: Read) -> list[_Known]:
        """Return the other files that have the entry of a file; none if it had that before."""
        rows = [
            _Known(*row)
            for row in self._execute(
                "SELECT path, published, content, inode, home FROM file"
                " WHERE content = ? AND id IS NOT NULL ORDER BY path",
                (update.content,),
            )
        ]
        if any(row.path == update.path for row in rows):
            return []
        return [row for row in rows if update.published in (None, row.published)]

    def _owns_entry(self, path: str) -> bool:
        query = "SELECT 1 FROM file WHERE path = ? AND id IS NOT NULL"
        return self._execute(query, (path,)).fetchone() is not None

    def _has_left(
        self, old: str, update: Read, read: Mapping[str, Read], moves: Mapping[str, str]
    ) -> bool:
        """Return whether the entry of a path is now where its text was read."""
        if old not in read:
            return not self._stands(old, read)
        if read[old].content == update.content:
            return False
        # Another text stands there. Either it was moved there, too, or this is the same file.
        row = self._execute("SELECT inode FROM file WHERE path = ?", (old,)).fetchone()
        return old in moves or row == (update.inode,)

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

    def _returned(self, updates: Iterable[Read]) -> frozenset[str]:
        """Let texts that were gone, and come back, have their old ids; return their paths."""
        returned: dict[str, str] = {}
        for update in sorted(updates, key=lambda each: rank(each.path)):
            row = self._execute(
                "SELECT home FROM gone WHERE content = ? AND published = ?"
                " AND NOT EXISTS (SELECT 1 FROM file WHERE file.id = gone.id) ORDER BY id",
                (update.content, update.published),
            ).fetchone()
            if row is None or row[0] in (update.home, *returned.values()):
                continue
            if not (self._owns_entry(update.path) or self._known(update)):
                returned[update.path] = row[0]
                self.keep(update.path, row[0])
        return frozenset(returned)

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
        for number in count(2):
            other = f"{entry_id[:100]}-{number}"
            row = self._execute(
                "SELECT 1 FROM file WHERE id = ?1 UNION ALL SELECT 1 FROM entry WHERE id = ?1",
                (other,),
            ).fetchone()
            if row is None:
                break
        self.keep(update.path, f"{update.home[: -len(entry_id)]}{other}")
        return True

    def _copies(self, updates: Sequence[Read], read: Mapping[str, Read]) -> dict[str, str]:
        """Return the paths of the originals, by the paths of the copies."""
        copies: dict[str, str] = {}
        first: dict[tuple[bytes, int | None], Read] = {}
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
        row = self._execute(
            "SELECT id, content, copy_of FROM file WHERE path = ?", (update.path,)
        ).fetchone()
        entry_id, content, copy_of = row or (None, None, None)
        if content == update.content:
            if entry_id is not None:
                return update.path
            if copy_of is not None and self._owns_entry(copy_of) and self._stands(copy_of, read):
                return str(copy_of)  # also if that has been changed since: this has not
        for known in self._known(update):
            is_same = known.path not in read or read[known.path].content == update.content
            if self._stands(known.path, read) and (is_same or entry_id is None):
                if self._is_first_index and rank(update.path) < rank(known.path):
                    self.demoted.setdefault(known.path, update.path)
                    return None
                return known.path
        return None
