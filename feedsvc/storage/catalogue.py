"""The catalogue as its readers open it: the SQLite index of entries, derived from the files.

Many processes read it and one writes it (`storage.writer`); `storage.schema` defines it.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from feedsvc.errors import CatalogueUnavailable
from feedsvc.storage.schema import FILE, SCHEMA
from feedsvc.storage.snapshot import Snapshot
from feedsvc.storage.sqlite import file_identity, open_for_reading

# In seconds: how long to wait for a connection that another thread is using, if no new one can
# be opened.
WAIT_TIMEOUT = 5.0


class _Opened(NamedTuple):
    """A connection, and the process and the files it was opened for."""

    key: tuple[int, ...]
    connection: sqlite3.Connection


class Catalogue:
    """A pool of connections that read the catalogue. Safe to share among threads.

    A connection serves one reader at a time and is kept for the next one: if the files are
    gone, it still holds the last good state.
    """

    def __init__(self, instance: Path) -> None:
        self._path = instance / FILE
        self._reset()
        self._inherited: tuple[object, ...] = ()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._idle: list[_Opened] = []
        self._used = 0
        self._changed = threading.Condition()
        # Only one connection is asked for its data_version: each counts for itself.
        self._version_lock = threading.Lock()
        self._version_source: _Opened | None = None

    def _reset_after_fork(self) -> None:
        # A connection must not be used after a fork, nor even closed in the child (SQLite,
        # "How To Corrupt", section 2.6): keep it, and leave it alone.
        if self._process != os.getpid():
            self._inherited = (*self._inherited, self._idle, self._version_source)
            self._reset()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open a snapshot of the newest complete catalogue; it is valid within the context.

        Raises CatalogueUnavailable if there is none that can be read.
        """
        opened = self._acquire()
        sound = False
        try:
            opened.connection.execute("BEGIN")
            try:
                yield Snapshot(opened.connection)
            finally:
                opened.connection.execute("ROLLBACK")
                sound = True
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            sound = False
            raise CatalogueUnavailable(f"{self._path}: {error}") from error
        finally:
            self._release(opened if sound else None)

    def data_version(self) -> tuple[int, ...]:
        """Return a token that changes when there may be new data. Costs no query.

        Raises CatalogueUnavailable.
        """
        self._reset_after_fork()
        with self._version_lock:
            try:
                self._version_source = opened = self._newest(self._version_source)
                return *opened.key, *opened.connection.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error as error:
                self._version_source = None
                raise CatalogueUnavailable(f"{self._path}: {error}") from error

    def _acquire(self) -> _Opened:
        self._reset_after_fork()
        with self._changed:
            while True:
                idle = self._idle.pop() if self._idle else None
                try:
                    opened = self._newest(idle)
                    break
                except CatalogueUnavailable:
                    # A connection in use holds the last good state.
                    if not self._used or not self._changed.wait(WAIT_TIMEOUT):
                        raise
            if opened is not idle:
                self._idle.clear()
            self._used += 1
            return opened

    def _release(self, opened: _Opened | None) -> None:
        with self._changed:
            self._used -= 1
            if opened is not None:
                self._idle.append(opened)
            self._changed.notify()

    def _newest(self, opened: _Opened | None) -> _Opened:
        """Return a connection to the files there are now, or `opened` if they cannot be used."""
        # A connection opened while there was no writer does not notice one that comes later;
        # the new write-ahead log, which is part of the identity, shows it.
        key = os.getpid(), *file_identity(self._path)
        if key[1:3] != (0, 0) and (opened is None or key != opened.key):
            connection = open_for_reading(self._path, SCHEMA)
            if connection is not None:
                return _Opened(key, connection)
        # If the file is gone, or the new one is not complete, the connection that is open
        # still holds the last good state.
        if opened is None:
            raise CatalogueUnavailable(f"{self._path}: there is no finished catalogue")
        return opened
