"""SQLite databases: open one that is sound, recreate one that is damaged.

Their content is derived from the entry files, so a database that cannot be used is deleted.
One that merely cannot be opened now (locked, a disk fault) is kept: the catalogue holds the
last good versions of files that have turned bad since.
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

# In seconds: how long to wait for a lock.
TIMEOUT = 10.0
# The page cache of each reading connection, in KiB. There is one for each thread, and the
# kernel caches the file as well; SQLite's default of 2,000 would come to 36 MB.
CACHE = 512
_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Schema:
    """What a database consists of.

    `tables` is the SQL script that creates it. It creates a table `state` with one row and a
    column `complete`; until that is 1, no reader opens the database. `stored` are the types
    kept in it as JSON, `sources` the modules that decide what else is written. What the query
    `carried` finds in a database of another schema is inserted into the new one by `carry`.
    """

    tables: str
    stored: tuple[type, ...] = ()
    sources: tuple[ModuleType, ...] = ()
    carried: str = ""
    carry: str = ""

    @cached_property
    def version(self) -> int:
        """Return a checksum of all of that, for `PRAGMA user_version` (31 bits)."""
        parts = [self.tables, repr(msgspec.json.schema_components(self.stored))]
        parts += [Path(str(module.__file__)).read_text("utf-8") for module in self.sources]
        return crc32("".join(parts).encode()) & 0x7FFFFFFF


class Connection(sqlite3.Connection):
    """A connection that closes once nothing refers to it, as when its thread ends."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # opening it failed
            self.close()


def file_identity(path: Path) -> tuple[int, ...]:
    """Return device and inode of a database, its write-ahead log and its shared memory.

    They differ once a file has been deleted or replaced; those of a missing file are 0.
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
    """Return whether an error, or the cause of one of ours, may come from a damaged database."""
    if isinstance(error, FeedsvcError):
        error = error.__cause__
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED or code == sqlite3.SQLITE_IOERR_SHORT_READ


def open_for_reading(path: Path, schema: Schema) -> sqlite3.Connection | None:
    """Open a database for any thread; return None unless it is complete and of this schema."""
    # On a read-only disk the shared-memory file of the write-ahead log cannot be created. Then
    # nobody writes either, so the file can be read as immutable.
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(path))}?{mode}",
                uri=True,
                isolation_level=None,
                # The thread that closes it need not be the one that opened it.
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
    """Open a database, or create a new one if there is none that can be used.

    With `suspect`, check all of it for damage. `timeout` is how long to wait for a lock, in
    seconds. Raises sqlite3.Error, and OSError if the disk cannot be read.
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
            # SQLite reports damage, too, for a page that the disk failed to deliver once.
            return open_for_writing(path, schema, suspect=True, timeout=timeout)
        _require_readable(path)
    carried = _carried(connection, schema)
    # Close it before its files are deleted: closing removes a write-ahead log by name.
    connection.close()
    connection = recreate(path, schema, timeout)
    if carried:
        connection.execute("BEGIN")
        connection.executemany(schema.carry, carried)
        connection.execute("COMMIT")
    return connection


def _carried(connection: sqlite3.Connection, schema: Schema) -> list[tuple[object, ...]]:
    """Return what a new database is to have of an old one, as far as that can be read."""
    try:
        return connection.execute(schema.carried).fetchall()
    except sqlite3.Error:
        return []


def recreate(path: Path, schema: Schema, timeout: float = TIMEOUT) -> sqlite3.Connection:
    """Replace whatever is there by a new database. Raises sqlite3.Error or OSError."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    connection = connect(path, timeout)
    _set_up(connection)
    connection.executescript(
        f"BEGIN; {schema.tables} PRAGMA user_version = {schema.version}; COMMIT;"
    )
    return connection


def _require_readable(path: Path) -> None:
    """Raise OSError if a database cannot be read because of its disk."""
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError), path.with_name(path.name + suffix).open("rb") as file:
            while file.read(_CHUNK):
                pass


def connect(path: Path, timeout: float = TIMEOUT) -> sqlite3.Connection:
    """Connect to a database without checking or changing it."""
    return sqlite3.connect(path, isolation_level=None, timeout=timeout, factory=Connection)


def _set_up(connection: sqlite3.Connection) -> None:
    # With a write-ahead log readers never wait. A power cut may undo the last batches, but
    # never half of one (SQLite, "PRAGMA synchronous"); the next scan repeats them.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
