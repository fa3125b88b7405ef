"""The indexer: it brings the full-text index up to date with the catalogue, in small portions.

It reads the log of changes, and stores its position in the same transaction as what it
indexed, so it can be stopped anywhere. A fault is logged once, stops nothing else, and the
work is tried again later.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from feedsvc.errors import SearchUnavailable
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message
from feedsvc.search.index import DAMAGED, FILE, SCHEMA, SECOND, source_id
from feedsvc.search.terms import index_text
from feedsvc.search.vocabulary import NewForms
from feedsvc.storage.change_rows import ChangedEntry
from feedsvc.storage.changes import Changes, Position
from feedsvc.storage.snapshot import Snapshot
from feedsvc.storage.sqlite import (
    file_identity,
    is_damage,
    open_for_reading,
    open_for_writing,
    recreate,
)
from feedsvc.text import plain

# Entries read in one go, which takes some milliseconds, and written in one transaction, as a
# transaction for each would cost three times as much; fewer of them if they have many new forms.
READ_SIZE = 4
WRITE_SIZE = 48
WRITE_FORMS = 250
# FTS5 merges this many pages in one go, and this many times after each transaction, which
# keeps up with what is written.
MERGE_PAGES = 16
MERGES = 5
# In bytes: the last free space on the disk is left to the catalogue.
DISK_RESERVE = 32 * 1024 * 1024
# The index is recreated when this many rows, and a quarter of all, are tombstones.
MAX_TOMBSTONES = 1000
# In seconds: the first and the longest pause after a fault, and the time between two checks
# that the files are still in place.
MIN_PAUSE = 1.0
MAX_PAUSE = 60.0
CHECK_EVERY = 2.0
# Lock timeout in seconds; never delay feeds.
LOCK_TIMEOUT = 0.02


class _Ready(NamedTuple):
    """A row of the catalogue, and its text for the index; None if it must not be found."""

    row: ChangedEntry
    text: str | None


class Indexer:
    """The only writer of the index, a subscriber of the sync loop.

    The lock of the catalogue's writer ensures that there is no other in any process.
    """

    def __init__(self, instance: Path, language: str) -> None:
        self._path = instance / FILE
        self._connection: sqlite3.Connection | None = None
        self._ready: list[_Ready] = []
        self._forms = NewForms()
        self._sequence = 0
        self._is_merged = False
        self._is_made = False
        self._merges_left = 0
        self._identity: tuple[int, ...] = ()
        self._pause = MIN_PAUSE
        self._resume_at = 0.0
        self._checked_at = 0.0
        self._is_suspect = False
        self._fault_log = FaultLog(language)

    def close(self) -> None:
        """Close the index."""
        self._ready = []
        self._forms.forget()
        self._merges_left = 0
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def advance(self, changes: Changes) -> bool:
        """Do some milliseconds of work; return whether there is more to do.

        Raises sqlite3.Error if the catalogue itself cannot be read.
        """
        if time.monotonic() < self._resume_at:
            return False
        try:
            connection = self._open(changes.snapshot)
            more = self._work(connection, changes)
        except SearchUnavailable as error:
            self._is_suspect = is_damage(error)
            self.close()
            self._resume_at = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, MAX_PAUSE)
            text = N_("the search index cannot be updated: {fault}")
            self._fault_log.log(Message(text, {"fault": error}))
            return False
        if not more:
            self._pause = MIN_PAUSE
            self._fault_log.clear()
        return more

    def _open(self, snapshot: Snapshot) -> sqlite3.Connection:
        """Return the index of this catalogue, a new one if there is none or it is unusable."""
        if self._connection is not None and time.monotonic() - self._checked_at > CHECK_EVERY:
            self._checked_at = time.monotonic()
            if not self._is_in_place():
                self.close()
        if self._connection is not None:
            return self._connection
        with self._faults():
            self._require_space()
            damaged = self._path.with_name(DAMAGED)
            if self._is_suspect or damaged.exists():
                recreate(self._path, SCHEMA, LOCK_TIMEOUT).close()
                damaged.unlink(missing_ok=True)
            connection = open_for_writing(self._path, SCHEMA, suspect=False, timeout=LOCK_TIMEOUT)
            query = "SELECT source_id, sequence FROM state"
            source, sequence = connection.execute(query).fetchone()
            if source != source_id(snapshot.identity) or sequence > snapshot.sequence:
                connection.close()
                connection, sequence = recreate(self._path, SCHEMA, LOCK_TIMEOUT), 0
                values = (source_id(snapshot.identity),)
                connection.execute("UPDATE state SET source_id = ?", values)
        self._connection, self._sequence = connection, sequence
        self._is_merged = self._is_made = False
        self._checked_at = time.monotonic()
        self._identity = file_identity(self._path)[:2]
        return connection

    def _is_in_place(self) -> bool:
        """Return whether other processes, too, can find and read the index that is open here."""
        is_damaged = self._path.with_name(DAMAGED).exists()
        other = open_for_reading(self._path, SCHEMA)
        if other is None:
            return False
        other.close()
        return not is_damaged and file_identity(self._path)[:2] == self._identity

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SearchUnavailable(f"{self._path}: {error}") from error

    def _work(self, connection: sqlite3.Connection, changes: Changes) -> bool:
        if self._merges_left:
            self._merges_left -= 1
            return self._merge(connection)
        # Scheduled entries are indexed at once: a search asks for what is public by then.
        events, position = changes.after(Position(self._sequence, changes.now), READ_SIZE)
        is_end = len(events) < READ_SIZE
        self._ready += [_Ready(event.row, self._text(event.row)) for event in events]
        self._sequence = position.sequence
        is_much = len(self._ready) >= WRITE_SIZE or self._forms.met() >= WRITE_FORMS
        if self._ready and (is_much or is_end):
            with self._faults():
                self._require_space()
                self._write(connection, is_end=is_end)
        elif is_end:
            with self._faults():
                return self._tidy(connection)
        return True

    def _text(self, row: ChangedEntry) -> str | None:
        entry = row.entry()
        return None if entry is None else index_text(entry, plain(entry.html), self._forms.terms)

    def _merge(self, connection: sqlite3.Connection) -> bool:
        """Merge some pages of the index, if there is anything to merge."""
        before = connection.total_changes
        with self._faults():
            query = "INSERT INTO words (words, rank) VALUES ('merge', ?)"
            connection.execute(query, (MERGE_PAGES,))
        # SQLite, FTS5, 6.8: a difference below two means that there was nothing to do.
        self._is_merged = connection.total_changes - before < 2
        if self._is_merged:
            self._merges_left = 0
        return True

    def _require_space(self) -> None:
        found = os.statvfs(self._path.parent)
        if found.f_bavail * found.f_frsize < DISK_RESERVE:
            raise SearchUnavailable(f"{self._path}: the disk is almost full")

    def _write(self, connection: sqlite3.Connection, *, is_end: bool) -> None:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for each in self._ready:
                _store(connection.execute, each)
            self._forms.store(connection.execute)
            query = "UPDATE state SET sequence = ?, caught_up = max(caught_up, ?)"
            connection.execute(query, (self._sequence, is_end))
        self._ready = []
        self._is_merged = False
        self._merges_left = MERGES

    def _tidy(self, connection: sqlite3.Connection) -> bool:
        """Do some of the work that nothing waits for; return whether there is more of it."""
        query = "SELECT caught_up, held, tombstones FROM state"
        caught_up, held, tombstones = connection.execute(query).fetchone()
        self._forms.forget()
        if not caught_up:  # there was nothing to write, which would have set it
            connection.execute("UPDATE state SET caught_up = 1")
        if not self._is_made:
            # Searches read fewer segments then; SQLite, FTS5, 6.14.
            connection.execute("INSERT INTO words (words, rank) VALUES ('usermerge', 4)")
            self._is_made, self._is_merged = True, False
        if tombstones > max(MAX_TOMBSTONES, held // 4):
            connection.execute("UPDATE state SET source_id = ''")
            self.close()
            return True
        return not self._is_merged and self._merge(connection)


def _store(execute: Callable[..., sqlite3.Cursor], ready: _Ready) -> None:
    row, text = ready
    known = execute("SELECT published, digest FROM item WHERE id = ?", (row.id,)).fetchone()
    if text is not None and known == (row.published, row.digest):
        # Only the name of its file has changed.
        execute("UPDATE item SET sequence = ? WHERE id = ?", (row.sequence, row.id))
        return
    if known is not None:
        # Its number stays taken: FTS5 cannot remove a text from an index that stores none.
        execute("UPDATE item SET id = NULL WHERE id = ?", (row.id,))
        execute("UPDATE state SET tombstones = tombstones + 1")
    if text is not None:
        number = _free_number(execute, row.published)
        values = (number, row.published, row.id, row.expires, row.digest, row.sequence)
        execute("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)", values)
        execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, text))
        spread = number - row.published // SECOND
        execute("UPDATE state SET held = held + 1, spread = max(spread, ?)", (spread,))


def _free_number(execute: Callable[..., sqlite3.Cursor], published: int) -> int:
    """Return a free row number: the second of publication, or one soon after."""
    query = "SELECT max(number) FROM item WHERE published = ?"
    (last,) = execute(query, (published,)).fetchone()
    number = published // SECOND if last is None else last + 1
    leap = 1
    while execute("SELECT 1 FROM item WHERE number = ?", (number,)).fetchone():
        number += leap
        leap *= 2
    return int(number)
