"""Open SQLite databases: a sound one as it is, a damaged one recreated.

Everything in them follows from the entry files, so what cannot be used is thrown away. What
merely cannot be opened now (locked, a disk fault) is kept: the catalogue holds the last good
versions of files that have turned bad since.
"""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from urllib.parse import quote
from zlib import crc32

import msgspec

from feedsvc.errors import FeedsvcError

_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CHUNK = 1024 * 1024
TIMEOUT = 10.0
# In KB, of each connection that reads: there is one for each thread, and the kernel has the
# file in its memory, too. SQLite's own 2,000 would be 36 MB in all.
CACHE = 512


@dataclass(frozen=True)
class Schema:
    """What a database consists of.

    `tables` is the SQL that creates it. One table is `state`, with a column `complete`;
    until that is 1, nobody reads the database. `stored` are the types kept in it as JSON,
    `sources` the modules that decide what else is written.
    """

    tables: str
    stored: tuple[type, ...] = ()
    sources: tuple[ModuleType, ...] = ()

    @cached_property
    def version(self) -> int:
        """Return a number that differs if any of that does, for `PRAGMA user_version`."""
        parts = [self.tables, repr(msgspec.json.schema_components(self.stored))]
        parts += [Path(str(module.__file__)).read_text("utf-8") for module in self.sources]
        return crc32("".join(parts).encode()) & 0x7FFFFFFF


class Connection(sqlite3.Connection):
    """A connection that closes when nobody holds it, as when the thread that opened it ends."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # it was never opened
            self.close()


def file_identity(path: Path) -> tuple[int, ...]:
    """Give the file_identity of a database's files: others once they were deleted or replaced.

    Those of the write-ahead log are 0 while there is none.
    """
    found = []
    for suffix in ("", "-wal", "-shm"):
        try:
            status = os.stat(f"{path}{suffix}")
            found += [status.st_dev, status.st_ino]
        except OSError:
            found += [0, 0]
    return tuple(found)


def is_damage(error: BaseException | None) -> bool:
    """Say whether an error may tell that a database is damaged, or something else altogether."""
    if isinstance(error, FeedsvcError):
        error = error.__cause__
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED or code == sqlite3.SQLITE_IOERR_SHORT_READ


def open_for_reading(path: Path, schema: Schema) -> sqlite3.Connection | None:
    """Open a database that is complete, for any thread; None where there is none of this form."""
    # On a read-only disk the shared-memory file of the write-ahead log cannot be
    # made; then nobody writes either, and the file can be read as it stands.
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(path))}?{mode}",
                uri=True,
                isolation_level=None,
                # It is closed by whoever comes upon it last.
                check_same_thread=False,
                factory=Connection,
            )
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA cache_size = -{CACHE}")
            if version == schema.version:
                (complete,) = connection.execute("SELECT complete FROM state").fetchone()
                if complete:
                    return connection
            connection.close()
        except sqlite3.Error:
            continue
    return None


def open_for_writing(
    path: Path, schema: Schema, *, suspect: bool, timeout: float = TIMEOUT
) -> sqlite3.Connection:
    """Open a database, or make a new one where there is none that can be used.

    `suspect` says to look for damage all through it; `timeout` is how long to wait, in
    seconds, for whoever holds it. Raises sqlite3.Error, and OSError where the disk gives
    what it must not, or does not.
    """
    connection = connect(path, timeout)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == schema.version:
            _set_up(connection)
            connection.execute("SELECT * FROM state").fetchone()
            if not suspect or connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                return connection
    except sqlite3.DatabaseError as error:
        connection.close()
        if not is_damage(error):
            raise
        if not suspect:
            # SQLite says that of a page that the disk would not give once, too.
            return open_for_writing(path, schema, suspect=True, timeout=timeout)
        _require_readable(path)
    # Before its files go: closing removes a write-ahead log by name.
    connection.close()
    return recreate(path, schema, timeout)


def recreate(path: Path, schema: Schema, timeout: float = TIMEOUT) -> sqlite3.Connection:
    """Make a new database in the place of whatever is there. Raises sqlite3.Error or OSError."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    connection = connect(path, timeout)
    _set_up(connection)
    connection.executescript(
        f"BEGIN; {schema.tables} PRAGMA user_version = {schema.version}; COMMIT;"
    )
    return connection


def _require_readable(path: Path) -> None:
    """Raise OSError if it is the disk that keeps a database from being read."""
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError), path.with_name(path.name + suffix).open("rb") as file:
            while file.read(_CHUNK):
                pass


def connect(path: Path, timeout: float = TIMEOUT) -> sqlite3.Connection:
    """Connect to the file as it stands."""
    return sqlite3.connect(path, isolation_level=None, timeout=timeout, factory=Connection)


def _set_up(connection: sqlite3.Connection) -> None:
    # With a write-ahead log readers never wait. A power cut may undo the last
    # batches, not tear one (SQLite, "synchronous"); they are repeated.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
