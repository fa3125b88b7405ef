"""Writing the catalogue: files that were read go in, entries follow from them.

One process does it (`feedsvc.sync` sees to that). An id or guid belongs to the
file that had it first, for as long as that file says so. A file that wants a
name another one holds gets a problem and keeps its last good reading; once the
name is free, it is to be read again.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from feedsvc.errors import CatalogueUnavailable
from feedsvc.model import Category, Problem
from feedsvc.parsing import Reading
from feedsvc.storage.catalogue import Snapshot, to_microseconds
from feedsvc.storage.schema import FILE, FORM
from feedsvc.storage.sqlite import connect_to_write, numbers, open_to_write

_COLUMNS = "status, published, updated, digest, path, month, title"
_encode = msgspec.json.encode
_decode_problem = msgspec.json.Decoder(Problem).decode


class Stored(NamedTuple):
    """An entry as the catalogue stores it: the last columns of the table `file`."""

    id: str
    guid: str | None
    status: str
    published: int
    updated: int
    month: str
    title: str
    digest: bytes
    data: bytes

    def categories(self) -> tuple[Category, ...]:
        """Give the categories that are in the data."""
        return _decode_categories(self.data).categories


class _Categories(msgspec.Struct):
    """Of an entry as it is stored, only its categories."""

    categories: tuple[Category, ...] = ()


_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_categories = msgspec.json.Decoder(_Categories).decode


@dataclass(frozen=True, slots=True)
class Update:
    """A file that was read: its path, its new stamp, what came of it, which others it names."""

    path: str
    stamp: str
    stored: Stored | None
    problems: tuple[Problem, ...]
    names: tuple[str, ...] = ()


def prepare(path: str, stamp: str, reading: Reading) -> Update:
    """Make a reading ready to be stored."""
    entry = reading.entry
    if entry is None:
        return Update(path, stamp, None, reading.problems)
    data = _encode(entry)
    stored = Stored(
        id=entry.id,
        guid=entry.guid,
        status=entry.status,
        published=to_microseconds(entry.published),
        updated=to_microseconds(entry.updated),
        month=entry.published.isoformat()[:7],
        title=entry.title,
        digest=blake2b(data, digest_size=8).digest(),
        data=data,
    )
    return Update(path, stamp, stored, reading.problems, reading.wanted)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a batch did: did the revision step, which problems are new, what to read again."""

    stepped: bool
    problems: tuple[Problem, ...]
    again: tuple[str, ...]


class Writer:
    """The one who writes the catalogue. Nothing here checks that it is alone."""

    def __init__(self, instance: Path, *, suspect: bool = False) -> None:
        """Open the catalogue, or make a new one where there is none that can be used.

        `suspect` says to look for damage all through it. Raises
        CatalogueUnavailable where the folder cannot be written.
        """
        self._path = instance / FILE
        try:
            instance.mkdir(parents=True, exist_ok=True)
            self._connection = open_to_write(self._path, FORM, suspect=suspect)
            self._place = numbers(self._path)
        except (OSError, sqlite3.Error) as error:
            raise CatalogueUnavailable(f"{self._path}: {error}") from error

    def close(self) -> None:
        """Close the catalogue."""
        self._connection.close()

    def require_sound(self) -> None:
        """Raise CatalogueUnavailable if its files were deleted, replaced or overwritten."""
        try:
            with closing(connect_to_write(self._path)) as other:
                Snapshot(other)
        except sqlite3.Error as error:
            raise CatalogueUnavailable(f"{self._path}: {error}") from error
        if numbers(self._path) != self._place:
            raise CatalogueUnavailable(f"{self._path}: it was deleted or replaced")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise CatalogueUnavailable(f"{self._path}: {error}") from error

    def snapshot(self) -> Snapshot:
        """Read what is stored, whole or not."""
        return Snapshot(self._connection)

    def is_whole(self) -> bool:
        """Say whether the first index was finished."""
        return bool(self._connection.execute("SELECT whole FROM state").fetchone()[0])

    def finish_first_index(self) -> None:
        """Say that the catalogue is whole: from now on there are readers."""
        if not self.is_whole():
            with self._transaction() as connection:
                connection.execute("UPDATE state SET whole = 1")

    def shape(self, settings: str) -> None:
        """Mark every file as to be read again if the settings that shape entries changed."""
        with self._transaction() as connection:
            if connection.execute("SELECT shaped_by FROM state").fetchone()[0] != settings:
                connection.execute("UPDATE file SET stamp = ''")
                connection.execute("UPDATE state SET shaped_by = ?", (settings,))

    def show(self, settings: str, now: int) -> None:
        """Say that every document changed now, if other settings or another program make them."""
        with self._transaction() as connection:
            (old,) = connection.execute("SELECT shown_by FROM state").fetchone()
            if old != settings:
                connection.execute("UPDATE state SET shown_by = ?", (settings,))
                if old:
                    connection.execute("UPDATE state SET changed = ?", (now,))

    def stamp(self, path: str) -> str | None:
        """Give the stamp a file had when it was read; None where it is not known."""
        row = self._connection.execute("SELECT stamp FROM file WHERE path = ?", (path,)).fetchone()
        return None if row is None else str(row[0])

    def names(self, path: str) -> tuple[str, ...]:
        """Give the paths of other files that an entry file names."""
        row = self._connection.execute("SELECT names FROM file WHERE path = ?", (path,)).fetchone()
        return () if row is None or row[0] is None else tuple(_decode_names(row[0]))

    def wanting(self) -> frozenset[str]:
        """Give the files that want a name which another one holds."""
        rows = self._connection.execute("SELECT path FROM file WHERE wants_id IS NOT NULL")
        return frozenset(path for (path,) in rows)

    def has_entryless(self, stamp: str) -> bool:
        """Say whether there is a file of this stamp that never gave an entry."""
        query = "SELECT count(*) FROM file WHERE stamp = ? AND id IS NULL"
        return bool(self._connection.execute(query, (stamp,)).fetchone()[0])

    def count_entries(self, paths: Iterable[str]) -> tuple[int, int]:
        """Count the files that give an entry: all, and those among `paths`."""
        execute = self._connection.execute
        (held,) = execute("SELECT count(id) FROM file").fetchone()
        query = "SELECT count(id) FROM file WHERE path = ?"
        return held, sum(execute(query, (path,)).fetchone()[0] for path in paths)

    def scanned(self, degraded: str, now: int) -> None:
        """Note how a scan found the directory: in order (`''`), or why not."""
        with self._transaction() as connection:
            if not degraded:
                connection.execute("UPDATE state SET scanned = ?", (now,))
            connection.execute("UPDATE state SET degraded = ?", (degraded,))

    def clock_was_set(self, now: int) -> None:
        """Say that what is public changed now: no earlier time can be trusted any more."""
        with self._transaction() as connection:
            connection.execute("UPDATE state SET changed = ?", (now,))

    def apply(
        self,
        updates: Iterable[Update],
        vanished: Iterable[str],
        now: int,
        absent: frozenset[str] = frozenset(),
    ) -> Applied:
        """Take in a batch of changes, as one transaction and at most one step.

        `now` is the time in microseconds. Files of `absent` paths are gone, too,
        but stay for as long as no other file wants their names. The result does not depend on the
        order of the batch. Raises CatalogueUnavailable; nothing is changed then.
        """
        with self._transaction() as connection:
            batch = _Batch(connection, now, absent)
            for path in vanished:
                batch.remove(path)
            batch.take(updates)
            again = batch.finish()
            if batch.stepped:
                connection.execute("UPDATE state SET revision = revision + 1, changed = ?", (now,))
        return Applied(batch.stepped, tuple(sorted(batch.new_problems)), again)


class _Batch:
    """One batch of changes: first the files, then the entries that follow from them."""

    def __init__(
        self, connection: sqlite3.Connection, now: int, absent: frozenset[str] = frozenset()
    ) -> None:
        self._execute = connection.execute
        self._now = now
        self._absent = absent
        self._ids: set[str] = set()
        self.stepped = False
        self.new_problems: list[Problem] = []

    def remove(self, path: str) -> None:
        self._touch(path)
        self._execute("DELETE FROM file WHERE path = ?", (path,))
        self._execute("DELETE FROM problem WHERE path = ?", (path,))

    def take(self, updates: Iterable[Update]) -> None:
        held = []
        for update in updates:
            new = update.stored
            if new is None:
                self._mark(update.path, update.stamp)
                self._report(update.path, update.problems)
                continue
            # Until its turn comes, a file that leaves its name holds it no more.
            old_id = self._touch(update.path)
            self._mark(update.path, update.stamp, new.id, new.guid)
            held.append((new.id != old_id, update.path, update, new))
        for _, _, update, new in sorted(held, key=lambda item: item[:2]):
            self._store(update, new)

    def finish(self) -> tuple[str, ...]:
        """Bring the touched entries up to date; give the files to be read again."""
        for entry_id in sorted(self._ids):
            self._publish(entry_id)
        self._execute(
            "UPDATE file SET stamp = '' WHERE wants_id IS NOT NULL AND NOT EXISTS ("
            " SELECT 1 FROM file AS other WHERE other.path <> file.path"
            " AND (other.id = file.wants_id OR other.guid = file.wants_guid)"
            # A holder that wants something else itself gives way, as in _conflicts.
            " AND (other.wants_id IS NULL OR other.id IS other.wants_id"
            "  OR (other.id <> file.wants_id AND other.guid IS other.wants_guid)))"
        )
        rows = self._execute("SELECT path FROM file WHERE stamp = '' ORDER BY path")
        return tuple(path for (path,) in rows)

    def _touch(self, path: str) -> str | None:
        row = self._execute("SELECT id FROM file WHERE path = ?", (path,)).fetchone()
        if row is None or row[0] is None:
            return None
        self._ids.add(row[0])
        return str(row[0])

    def _mark(
        self, path: str, stamp: str, wants_id: str | None = None, wants_guid: str | None = None
    ) -> None:
        self._execute(
            "INSERT INTO file (path, stamp, wants_id, wants_guid) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET stamp = excluded.stamp,"
            " wants_id = excluded.wants_id, wants_guid = excluded.wants_guid",
            (path, stamp, wants_id, wants_guid),
        )

    def _store(self, update: Update, new: Stored) -> None:
        conflicts = self._conflicts(update.path, new)
        self._report(update.path, (*update.problems, *conflicts))
        if not conflicts:
            names = _encode(update.names).decode() if update.names else None
            self._execute(
                "REPLACE INTO file VALUES (?, ?, NULL, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (update.path, update.stamp, names, *new),
            )
            self._ids.add(new.id)

    def _conflicts(self, path: str, new: Stored) -> tuple[Problem, ...]:
        rows = self._execute(
            "SELECT path, id, guid, wants_id IS NOT NULL AND id IS NOT wants_id"
            " AND (id = ? OR guid IS NOT wants_guid) FROM file"
            " WHERE path <> ? AND (id = ? OR guid = ?)",
            (new.id, path, new.id, new.guid),
        ).fetchall()
        conflicts = []
        yielding = []
        for other, other_id, other_guid, leaving in rows:
            if leaving or other in self._absent:
                yielding.append((other, other_id))
            elif other_id == new.id:
                values = (("id", new.id), ("other", other))
                conflicts.append(Problem(path, 0, "id-twice", values))
            else:
                values = (("guid", other_guid), ("other", other))
                conflicts.append(Problem(path, 0, "guid-twice", values))
        if not conflicts:
            for other, other_id in yielding:
                self._yield(other, other_id)
        return tuple(conflicts)

    def _yield(self, path: str, entry_id: str) -> None:
        """Take its names from a file that is gone, or holds what it does not say any more."""
        if path in self._absent:
            self.remove(path)
            return
        self._ids.add(entry_id)
        self._execute(
            "UPDATE file SET stamp = '', id = NULL, guid = NULL, data = NULL WHERE path = ?",
            (path,),
        )

    def _report(self, path: str, problems: tuple[Problem, ...]) -> None:
        rows = self._execute("SELECT data FROM problem WHERE path = ?", (path,)).fetchall()
        known = {_decode_problem(data) for (data,) in rows}
        if known == set(problems):
            return
        self.new_problems.extend(set(problems) - known)
        self._execute("DELETE FROM problem WHERE path = ?", (path,))
        for problem in problems:
            self._execute("INSERT INTO problem VALUES (?, ?)", (path, _encode(problem)))

    def _publish(self, entry_id: str) -> None:
        new = self._execute(
            f"SELECT {_COLUMNS} FROM file WHERE id = ?",  # noqa: S608
            (entry_id,),
        ).fetchone()
        old = self._execute(
            f"SELECT {_COLUMNS} FROM entry WHERE id = ?",  # noqa: S608
            (entry_id,),
        ).fetchone()
        if new is None and old is not None:
            if old[0] == "draft" or old[1] > self._now:
                # Nobody ever saw it, so nothing is to be remembered of it.
                self._execute("DELETE FROM entry WHERE id = ?", (entry_id,))
            else:
                new = ("removed", *old[1:4], None, *old[5:])
        if new is not None and new != old:
            (step,) = self._execute("UPDATE state SET step = step + 1 RETURNING step").fetchone()
            self._execute(
                f"REPLACE INTO entry (id, {_COLUMNS}, step)"  # noqa: S608
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (entry_id, *new, step),
            )
            self._file_under_categories(entry_id, new[0], new[1], new[5])
            self.stepped = self.stepped or old is None or old[:4] != new[:4]

    def _file_under_categories(
        self, entry_id: str, status: str, published: int, month: str
    ) -> None:
        self._execute("DELETE FROM category WHERE id = ?", (entry_id,))
        if status == "published":
            (data,) = self._execute("SELECT data FROM file WHERE id = ?", (entry_id,)).fetchone()
            for category in _decode_categories(data).categories:
                self._execute(
                    "INSERT INTO category VALUES (?, ?, ?, ?, ?)",
                    (category.slug, published, entry_id, month, category.label),
                )
