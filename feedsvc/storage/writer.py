"""The writer of the catalogue: files that were read go in, entries are derived from them.

Only one process writes at a time; `feedsvc.sync` ensures that. A file that claims an id or guid
of another file gets a problem and keeps its last good version (see `storage.batch`). It is read
again once that id or guid is free.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec

from feedsvc.errors import CatalogueUnavailable
from feedsvc.model import Problem
from feedsvc.storage.batch import Applied, Batch
from feedsvc.storage.file_rows import decode_paths, encode_paths
from feedsvc.storage.renames import IsThere
from feedsvc.storage.schema import FILE, SCHEMA
from feedsvc.storage.snapshot import Snapshot
from feedsvc.storage.sqlite import connect, file_identity, open_for_writing
from feedsvc.storage.updates import FileUpdate
from feedsvc.storage.waiting import Waiting, encode
from feedsvc.storage.wakeup import Waker

# In rows written: after how many the write-ahead log has about the thousand pages after which
# SQLite itself would copy it.
COPY_AFTER = 400


class Writer:
    """The one writer of the catalogue. The caller makes sure that there is no other."""

    def __init__(self, instance: Path, *, suspect: bool = False) -> None:
        """Open the catalogue, or create a new one if there is none that can be used.

        With `suspect`, check all of it for damage. Raises CatalogueUnavailable if the folder
        cannot be written.
        """
        self._path = instance / FILE
        self._waker = Waker(instance)
        try:
            instance.mkdir(parents=True, exist_ok=True)
            self._connection = open_for_writing(self._path, SCHEMA, suspect=suspect)
            # The log is copied into the database (`_copy_log`) once readers have been woken.
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            self._copied = self._connection.total_changes
            self._identity = file_identity(self._path)
        except (OSError, sqlite3.Error) as error:
            raise CatalogueUnavailable(f"{self._path}: {error}") from error

    def close(self) -> None:
        """Close the catalogue."""
        self._connection.close()

    def require_sound(self) -> None:
        """Raise CatalogueUnavailable if the files were deleted, replaced or overwritten."""
        try:
            with closing(connect(self._path)) as other:
                Snapshot(other)
        except sqlite3.Error as error:
            raise CatalogueUnavailable(f"{self._path}: {error}") from error
        if file_identity(self._path) != self._identity:
            raise CatalogueUnavailable(f"{self._path}: it was deleted or replaced")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
            self._waker.wake()
            self._copy_log()
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise CatalogueUnavailable(f"{self._path}: {error}") from error

    def _copy_log(self) -> None:
        """Copy the write-ahead log into the database if it has grown, which waits for the disk."""
        changes = self._connection.total_changes
        if changes - self._copied >= COPY_AFTER:
            with suppress(sqlite3.Error):  # what is committed stays so; the next commit tells
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._copied = changes

    def snapshot(self) -> Snapshot:
        """Return a snapshot of what is stored, complete or not."""
        return Snapshot(self._connection)

    def is_complete(self) -> bool:
        """Return whether the first index is finished."""
        return bool(self._connection.execute("SELECT complete FROM state").fetchone()[0])

    def finish_first_index(self) -> None:
        """Record that the catalogue is complete, so that readers may open it."""
        if not self.is_complete():
            with self._transaction() as connection:
                connection.execute("UPDATE state SET complete = 1")

    def set_parse_fingerprint(self, fingerprint: str) -> None:
        """Record what entry files are parsed with; if it is new, have all of them read again."""
        with self._transaction() as connection:
            (old,) = connection.execute("SELECT parse_fingerprint FROM state").fetchone()
            if old != fingerprint:
                connection.execute("UPDATE file SET fingerprint = ''")
                connection.execute("UPDATE state SET parse_fingerprint = ?", (fingerprint,))

    def fingerprint(self, path: str) -> str | None:
        """Return the fingerprint a file had when it was read; None if it is not known."""
        row = self._connection.execute(
            "SELECT fingerprint FROM file WHERE path = ?", (path,)
        ).fetchone()
        return None if row is None else str(row[0])

    def knows_any(self, paths: Iterable[str]) -> bool:
        """Return whether there is a known file of one of these paths."""
        query = (
            "SELECT 1 FROM json_each(?) AS asked CROSS JOIN file ON file.path = asked.value LIMIT 1"
        )
        return self._connection.execute(query, (encode_paths(paths),)).fetchone() is not None

    def named_files(self, path: str) -> tuple[str, ...]:
        """Return the paths of the other files that an entry file names."""
        row = self._connection.execute(
            "SELECT named_files FROM file WHERE path = ?", (path,)
        ).fetchone()
        return () if row is None or row[0] is None else decode_paths(row[0])

    def all_named_files(self) -> frozenset[str]:
        """Return the paths of all other files that entry files name."""
        named_files = self.snapshot().named_files()
        return frozenset(path for paths in named_files.values() for path in paths)

    def id_conflicts(self) -> frozenset[str]:
        """Return the paths of the files that claim an id or guid of another file."""
        rows = self._connection.execute("SELECT path FROM file WHERE claimed_id IS NOT NULL")
        return frozenset(path for (path,) in rows)

    def has_entryless(self, fingerprint: str) -> bool:
        """Return whether a file of this fingerprint has no version of an entry."""
        query = "SELECT count(*) FROM file WHERE fingerprint = ? AND id IS NULL"
        return bool(self._connection.execute(query, (fingerprint,)).fetchone()[0])

    def count_entries(self, paths: Iterable[str]) -> tuple[int, int]:
        """Count the files that have an entry: all of them, and those among `paths`."""
        execute = self._connection.execute
        (total,) = execute("SELECT count(id) FROM file").fetchone()
        query = "SELECT count(id) FROM file WHERE path = ?"
        return total, sum(execute(query, (path,)).fetchone()[0] for path in paths)

    def held(self) -> frozenset[str]:
        """Return the paths of the files that are gone and stay nevertheless."""
        with self._transaction() as connection:
            return frozenset(path for (path,) in connection.execute("SELECT path FROM held"))

    def hold(self, paths: frozenset[str]) -> None:
        """Store the paths of the files that are gone and stay nevertheless."""
        before = self.held()
        if paths == before:
            return
        with self._transaction() as connection:
            execute = connection.executemany
            execute("DELETE FROM held WHERE path = ?", [(path,) for path in before - paths])
            execute("INSERT INTO held VALUES (?)", [(path,) for path in paths - before])

    def record_scan(self, degraded: str, now: int) -> None:
        """Record how a scan found the folder: in order (`''`), or a code for why not."""
        with self._transaction() as connection:
            if not degraded:
                connection.execute("UPDATE state SET scanned = ?", (now,))
            connection.execute("UPDATE state SET degraded = ?", (degraded,))

    def record_watch_fault(self, name: str) -> None:
        """Record why the kernel does not report all changes: the name of an error, or ''."""
        with self._transaction() as connection:
            connection.execute("UPDATE state SET watch_fault = ?", (name,))

    def record_unread(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Record the problems of files that are no entries; return those that are new."""
        rows = self._connection.execute("SELECT path, data FROM problem WHERE is_unread").fetchall()
        before, now = set(rows), {(each.path, encode(each)): each for each in problems}
        if before == now.keys():
            return ()
        with self._transaction() as connection:
            connection.execute("DELETE FROM problem WHERE is_unread")
            connection.executemany("INSERT INTO problem VALUES (?, ?, 1)", now)
        return tuple(sorted(each for row, each in now.items() if row not in before))

    def record_waiting(self, waiting: Waiting) -> None:
        """Record which files are not complete yet, if the catalogue says otherwise."""
        text = encode(waiting).decode()
        if self._connection.execute("SELECT waiting FROM state").fetchone() != (text,):
            with self._transaction() as connection:
                connection.execute("UPDATE state SET waiting = ?", (text,))

    def record_reader_death(self) -> None:
        """Count the death of a reading process."""
        with self._transaction() as connection:
            connection.execute("UPDATE state SET reader_deaths = reader_deaths + 1")

    def apply(
        self,
        updates: Iterable[FileUpdate],
        vanished: Iterable[str],
        now: int,
        absent: frozenset[str] = frozenset(),
        is_there: IsThere = lambda _path: True,
    ) -> Applied:
        """Apply a batch of changes, as one transaction and at most one revision.

        Remove the files of `vanished` paths and store `updates`; the result does not depend on
        their order. `now` is in microseconds since the epoch. Files of `absent` paths are gone,
        too, but stay until another file claims their id or guid, or has their text; for other
        files that had the text, `is_there` is asked. Raises CatalogueUnavailable, and then
        changes nothing.
        """
        with self._transaction() as connection:
            batch = Batch(connection, now, absent, is_there)
            batch.remove(vanished)
            batch.store(updates)
            again = batch.finish()
            if batch.advanced:
                connection.execute("UPDATE state SET revision = revision + 1")
        problems, renamed = tuple(sorted(batch.new_problems)), frozenset(batch.renamed)
        return Applied(batch.advanced, problems, again, renamed)

    def kept(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the homes that files of these paths keep although they were renamed, by path."""
        rows = self._connection.execute(
            "SELECT file.path, kept FROM json_each(?) AS asked"
            " CROSS JOIN file ON file.path = asked.value WHERE kept IS NOT NULL",
            (encode_paths(paths),),
        )
        return dict(rows)
