"""Opening the catalogue to write it: a sound one as it is, a damaged one made anew.

The catalogue follows from the files, so what cannot be used is thrown away. What
only cannot be opened now (locked, a disk fault) is not: it holds the last good
versions of files that have turned bad since.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path

from feedsvc.catalogue import SCHEMA, VERSION, Connection
from feedsvc.errors import CatalogueUnavailable

_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CHUNK = 1024 * 1024


def is_damage(error: BaseException | None) -> bool:
    """Say whether an error may tell that the catalogue is damaged, or something else altogether."""
    if isinstance(error, CatalogueUnavailable):
        error = error.__cause__
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED or code == sqlite3.SQLITE_IOERR_SHORT_READ


def open_to_write(path: Path, *, suspect: bool) -> sqlite3.Connection:
    """Open the catalogue, or make a new one where there is none that can be used.

    `suspect` says to look for damage all through it. Raises sqlite3.Error, and
    OSError where the disk gives what it must not, or does not.
    """
    connection = connect_to_write(path)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == VERSION:
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
            return open_to_write(path, suspect=True)
        _require_readable(path)
    # Before its files go: closing removes a write-ahead log by name.
    connection.close()
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    connection = connect_to_write(path)
    _set_up(connection)
    connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    return connection


def _require_readable(path: Path) -> None:
    """Raise OSError if it is the disk that keeps the catalogue from being read."""
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError), path.with_name(path.name + suffix).open("rb") as file:
            while file.read(_CHUNK):
                pass


def connect_to_write(path: Path) -> sqlite3.Connection:
    """Connect to the file as it stands."""
    return sqlite3.connect(path, isolation_level=None, timeout=10, factory=Connection)


def _set_up(connection: sqlite3.Connection) -> None:
    # With a write-ahead log readers never wait. A power cut may undo the last
    # batches, not tear one (SQLite, "synchronous"); the next scan repeats them.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
