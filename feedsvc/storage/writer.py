"""Writing the catalogue: files that were read go in, entries follow from them.

One process does it (`feedsvc.sync` sees to that). An id or guid belongs to the
file that had it first, for as long as that file says so. A file that wants a
name another one holds gets a problem and keeps its last good reading; once the
name is free, it is to be read again.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from feedsvc.errors import CatalogueUnavailable
from feedsvc.storage.batch import Applied, Batch, FileUpdate
from feedsvc.storage.schema import FILE, SCHEMA
from feedsvc.storage.snapshot import Snapshot
from feedsvc.storage.sqlite import connect, file_identity, open_for_writing

_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode


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
            self._connection = open_for_writing(self._path, SCHEMA, suspect=suspect)
            self._place = file_identity(self._path)
        except (OSError, sqlite3.Error) as error:
            raise CatalogueUnavailable(f"{self._path}: {error}") from error

    def close(self) -> None:
        """Close the catalogue."""
        self._connection.close()

    def require_sound(self) -> None:
        """Raise CatalogueUnavailable if its files were deleted, replaced or overwritten."""
        try:
            with closing(connect(self._path)) as other:
                Snapshot(other)
        except sqlite3.Error as error:
            raise CatalogueUnavailable(f"{self._path}: {error}") from error
        if file_identity(self._path) != self._place:
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
        """Read what is stored, complete or not."""
        return Snapshot(self._connection)

    def is_complete(self) -> bool:
        """Say whether the first index was finished."""
        return bool(self._connection.execute("SELECT complete FROM state").fetchone()[0])

    def finish_first_index(self) -> None:
        """Say that the catalogue is complete: from now on there are readers."""
        if not self.is_complete():
            with self._transaction() as connection:
                connection.execute("UPDATE state SET complete = 1")

    def set_parse_fingerprint(self, settings: str) -> None:
        """Mark every file as to be read again if the settings that shape entries changed."""
        with self._transaction() as connection:
            if connection.execute("SELECT parse_fingerprint FROM state").fetchone()[0] != settings:
                connection.execute("UPDATE file SET fingerprint = ''")
                connection.execute("UPDATE state SET parse_fingerprint = ?", (settings,))

    def set_render_fingerprint(self, settings: str, now: int) -> None:
        """Say that every document changed now, if other settings or another program make them."""
        with self._transaction() as connection:
            (old,) = connection.execute("SELECT render_fingerprint FROM state").fetchone()
            if old != settings:
                connection.execute("UPDATE state SET render_fingerprint = ?", (settings,))
                if old:
                    connection.execute("UPDATE state SET changed = ?", (now,))

    def fingerprint(self, path: str) -> str | None:
        """Give the fingerprint a file had when it was read; None where it is not known."""
        row = self._connection.execute(
            "SELECT fingerprint FROM file WHERE path = ?", (path,)
        ).fetchone()
        return None if row is None else str(row[0])

    def named_files(self, path: str) -> tuple[str, ...]:
        """Give the paths of other files that an entry file names."""
        row = self._connection.execute(
            "SELECT named_files FROM file WHERE path = ?", (path,)
        ).fetchone()
        return () if row is None or row[0] is None else tuple(_decode_names(row[0]))

    def id_conflicts(self) -> frozenset[str]:
        """Give the files that want a name which another one holds."""
        rows = self._connection.execute("SELECT path FROM file WHERE wants_id IS NOT NULL")
        return frozenset(path for (path,) in rows)

    def has_entryless(self, fingerprint: str) -> bool:
        """Say whether there is a file of this fingerprint that never gave an entry."""
        query = "SELECT count(*) FROM file WHERE fingerprint = ? AND id IS NULL"
        return bool(self._connection.execute(query, (fingerprint,)).fetchone()[0])

    def count_entries(self, paths: Iterable[str]) -> tuple[int, int]:
        """Count the files that give an entry: all, and those among `paths`."""
        execute = self._connection.execute
        (held,) = execute("SELECT count(id) FROM file").fetchone()
        query = "SELECT count(id) FROM file WHERE path = ?"
        return held, sum(execute(query, (path,)).fetchone()[0] for path in paths)

    def record_scan(self, degraded: str, now: int) -> None:
        """Note how a scan found the directory: in order (`''`), or why not."""
        with self._transaction() as connection:
            if not degraded:
                connection.execute("UPDATE state SET scanned = ?", (now,))
            connection.execute("UPDATE state SET degraded = ?", (degraded,))

    def record_clock_change(self, now: int) -> None:
        """Say that what is public changed now: no earlier time can be trusted any more."""
        with self._transaction() as connection:
            connection.execute("UPDATE state SET changed = ?", (now,))

    def apply(
        self,
        updates: Iterable[FileUpdate],
        vanished: Iterable[str],
        now: int,
        absent: frozenset[str] = frozenset(),
    ) -> Applied:
        """Take in a batch of changes, as one transaction and at most one sequence.

        `now` is the time in microseconds. Files of `absent` paths are gone, too,
        but stay for as long as no other file wants their names. The result does not depend on the
        order of the batch. Raises CatalogueUnavailable; nothing is changed then.
        """
        with self._transaction() as connection:
            batch = Batch(connection, now, absent)
            for path in vanished:
                batch.remove(path)
            batch.take(updates)
            again = batch.finish()
            if batch.advanced:
                connection.execute("UPDATE state SET revision = revision + 1, changed = ?", (now,))
        return Applied(batch.advanced, tuple(sorted(batch.new_problems)), again)
