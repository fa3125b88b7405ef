"""The catalogue: the SQLite index of entries, derived from the files.

Everyone reads it, one writes it (`feedsvc.writer`); what it consists of stands in
`feedsvc.tables`.
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

# In seconds: how long to wait for a connection where no new one can be opened.
PATIENCE = 5.0


class _Opened(NamedTuple):
    """A connection, and the process and files it was opened for."""

    key: tuple[int, ...]
    connection: sqlite3.Connection


class Catalogue:
    """The way to the catalogue for those who read. Safe to share among threads.

    Connections are lent, one to each reader, and kept for the next: where the
    files are gone they still hold the last good state, for whichever thread asks.
    """

    def __init__(self, instance: Path) -> None:
        self._path = instance / FILE
        self._begin()
        self._inherited: tuple[object, ...] = ()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._idle: list[_Opened] = []
        self._lent = 0
        self._changed = threading.Condition()
        self._watch = threading.Lock()
        # What mark() looks at: of each connection data_version counts from elsewhere.
        self._watched: _Opened | None = None

    def _leave_what_was_forked(self) -> None:
        # A connection must not be carried over a fork, nor even closed in the
        # child (SQLite, "How To Corrupt", section 2.6): it is kept, and left alone.
        if self._process != os.getpid():
            self._inherited = (*self._inherited, self._idle, self._watched)
            self._begin()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Give the newest complete catalogue there is, held still until the context ends.

        Raises CatalogueUnavailable where there is none that can be read.
        """
        opened = self._borrow()
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
            self._give_back(opened if sound else None)

    def data_version(self) -> tuple[int, ...]:
        """Give what is another one once there may be something new. Costs no query.

        Raises CatalogueUnavailable.
        """
        self._leave_what_was_forked()
        with self._watch:
            try:
                self._watched = opened = self._newest(self._watched)
                return *opened.key, *opened.connection.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error as error:
                self._watched = None
                raise CatalogueUnavailable(f"{self._path}: {error}") from error

    def _borrow(self) -> _Opened:
        self._leave_what_was_forked()
        with self._changed:
            while True:
                idle = self._idle.pop() if self._idle else None
                try:
                    opened = self._newest(idle)
                    break
                except CatalogueUnavailable:
                    # One that is lent holds the last good state.
                    if not self._lent or not self._changed.wait(PATIENCE):
                        raise
            if opened is not idle:
                self._idle.clear()
            self._lent += 1
            return opened

    def _give_back(self, opened: _Opened | None) -> None:
        with self._changed:
            self._lent -= 1
            if opened is not None:
                self._idle.append(opened)
            self._changed.notify()

    def _newest(self, opened: _Opened | None) -> _Opened:
        """Give what was opened, or its successor if there is one that is finished."""
        # What was opened while nobody wrote does not see a writer who came later;
        # its write-ahead log tells of it.
        key = os.getpid(), *file_identity(self._path)
        if key[1:3] != (0, 0) and (opened is None or key != opened.key):
            connection = open_for_reading(self._path, SCHEMA)
            if connection is not None:
                return _Opened(key, connection)
        # Where the file is gone, or its successor is not finished, the one that
        # is open still holds the last good state.
        if opened is None:
            raise CatalogueUnavailable(f"{self._path}: there is no finished catalogue")
        return opened
