"""The follower: it keeps the index of words true to the catalogue, a little at a time.

It reads what has changed in the order of the catalogue's steps and remembers how far it
is, in one transaction with what it wrote: it can be stopped anywhere. Whatever goes wrong
here is logged once, stops nothing else, and is tried again.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from feedsvc import markup
from feedsvc.errors import SearchUnavailable
from feedsvc.i18n import N_, Message
from feedsvc.search import stemming
from feedsvc.search.index import DAMAGED, FILE, FORM, SECOND, follows, said
from feedsvc.storage.catalogue import Changed, Snapshot
from feedsvc.storage.sqlite import is_damage, make_anew, numbers, open_to_read, open_to_write

# Entries read at a time, which takes some milliseconds, and written at a time: to write
# each by itself would cost three times as much.
FEW = 2
TOGETHER = 48
# Of the index, in pages, merged at a time; segments of one level that are worth merging.
# Pieces merged after each writing keep up with it.
PAGES = 16
PIECES = 5
# The last of the disk is the catalogue's.
RESERVE = 32 * 1024 * 1024
# So many rows without an item, and a quarter of all: then it is made anew.
LITTER = 1000
# In seconds: the pause after what failed, the longest one, and between looks at the files.
PAUSE = 1.0
PATIENCE = 60.0
LOOK_EVERY = 2.0
# After so long without news the stems that are remembered only take memory.
IDLE = 10.0
# For somebody who holds the index: feeds must not wait for him.
WAIT = 0.02
_log = logging.getLogger("feedsvc")


class _Ready(NamedTuple):
    """A change, and the words of the entry; None where it is not to be found any more."""

    changed: Changed
    said: str | None


class Follower:
    """The one who writes the index of words. Whoever makes it must be alone in doing so."""

    def __init__(self, instance: Path, language: str) -> None:
        self._path = instance / FILE
        self._language = language
        self._connection: sqlite3.Connection | None = None
        self._ready: list[_Ready] = []
        self._step = 0
        self._merged = False
        self._pieces = 0
        self._place: tuple[int, ...] = ()
        self._pause = PAUSE
        self._next = 0.0
        self._looked = 0.0
        self._worked = 0.0
        self._suspect = False
        self._said: set[str] = set()

    def close(self) -> None:
        """Close the index."""
        self._ready = []
        self._pieces = 0
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def follow(self, snapshot: Snapshot) -> bool:
        """Do some milliseconds of work; say whether there is more.

        Raises sqlite3.Error where it is the catalogue that cannot be read.
        """
        if time.monotonic() < self._next:
            return False
        try:
            connection = self._open(snapshot)
            more = self._work(connection, snapshot)
        except SearchUnavailable as error:
            self._suspect = is_damage(error)
            self.close()
            self._next = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, PATIENCE)
            self._say(Message(N_("the search does not follow the news: {fault}"), {"fault": error}))
            return False
        if more:
            self._worked = time.monotonic()
            return True
        self._pause = PAUSE
        self._said.clear()
        if time.monotonic() - self._worked > IDLE:
            stemming.forget()
        return False

    def _open(self, snapshot: Snapshot) -> sqlite3.Connection:
        """Give the index of this catalogue; where it is not, or cannot be used, a new one."""
        if self._connection is not None and time.monotonic() - self._looked > LOOK_EVERY:
            self._looked = time.monotonic()
            if not self._is_in_place():
                self.close()
        if self._connection is not None:
            return self._connection
        with self._faults():
            self._require_room()
            damaged = self._path.with_name(DAMAGED)
            if self._suspect or damaged.exists():
                make_anew(self._path, FORM, WAIT).close()
                damaged.unlink(missing_ok=True)
            connection = open_to_write(self._path, FORM, suspect=False, timeout=WAIT)
            followed, step = connection.execute("SELECT follows, step FROM state").fetchone()
            if followed != follows(snapshot.identity) or step > snapshot.step:
                connection.close()
                connection, step = make_anew(self._path, FORM, WAIT), 0
                connection.execute("UPDATE state SET follows = ?", (follows(snapshot.identity),))
        self._connection, self._step, self._merged = connection, step, False
        self._looked = time.monotonic()
        self._place = numbers(self._path)[:2]
        return connection

    def _is_in_place(self) -> bool:
        """Say whether others, too, find and can read the index that is open."""
        damaged = self._path.with_name(DAMAGED).exists()
        other = open_to_read(self._path, FORM)
        if other is not None:
            other.close()
        return other is not None and not damaged and numbers(self._path)[:2] == self._place

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SearchUnavailable(f"{self._path}: {error}") from error

    def _work(self, connection: sqlite3.Connection, snapshot: Snapshot) -> bool:
        if self._pieces:
            self._pieces -= 1
            return self._merge(connection)
        changes = snapshot.changed_after(self._step, FEW)
        is_end = len(changes) < FEW
        self._ready += [_Ready(each, _said(each)) for each in changes]
        if changes:
            self._step = changes[-1].step
        if len(self._ready) >= TOGETHER or (self._ready and is_end):
            with self._faults():
                self._require_room()
                self._write(connection, is_end=is_end)
        elif is_end:
            with self._faults():
                return self._tidy(connection)
        return True

    def _merge(self, connection: sqlite3.Connection) -> bool:
        """Merge a piece of the index, if that is worth it."""
        before = connection.total_changes
        with self._faults():
            connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (PAGES,))
        # SQLite, FTS5, 6.8: less than two says that there was nothing to do.
        self._merged = connection.total_changes - before < 2
        if self._merged:
            self._pieces = 0
        return True

    def _require_room(self) -> None:
        found = os.statvfs(self._path.parent)
        if found.f_bavail * found.f_frsize < RESERVE:
            raise SearchUnavailable(f"{self._path}: the disk is almost full")

    def _write(self, connection: sqlite3.Connection, *, is_end: bool) -> None:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for each in self._ready:
                _store(connection.execute, each)
            connection.execute(
                "UPDATE state SET step = ?, caught_up = max(caught_up, ?)", (self._step, is_end)
            )
        self._ready = []
        self._merged = False
        self._pieces = PIECES

    def _tidy(self, connection: sqlite3.Connection) -> bool:
        """Do what nothing waits for; say whether there is more of it."""
        caught_up, held, litter = connection.execute(
            "SELECT caught_up, held, litter FROM state"
        ).fetchone()
        if not caught_up:  # there was nothing to write
            connection.execute("UPDATE state SET caught_up = 1")
        if litter > max(LITTER, held // 4):
            connection.execute("UPDATE state SET follows = ''")
            self.close()
            return True
        return not self._merged and self._merge(connection)

    def _say(self, message: Message) -> None:
        text = message.text(self._language)
        if text not in self._said:
            _log.error("%s", text)
            self._said.add(text)


def _said(changed: Changed) -> str | None:
    entry = changed.entry()
    return None if entry is None else said(entry, markup.plain(entry.html))


def _store(execute: Callable[..., sqlite3.Cursor], ready: _Ready) -> None:
    changed = ready.changed
    known = execute("SELECT published, digest FROM item WHERE id = ?", (changed.id,)).fetchone()
    if ready.said is not None and known == (changed.published, changed.digest):
        # Only its file has another name.
        execute("UPDATE item SET step = ? WHERE id = ?", (changed.step, changed.id))
        return
    if known is not None:
        # Its number stays taken: no text can be taken out of an index that keeps none.
        execute("UPDATE item SET id = NULL WHERE id = ?", (changed.id,))
        execute("UPDATE state SET litter = litter + 1")
    if ready.said is not None:
        number = _free_number(execute, changed.published)
        values = (number, changed.published, changed.id, changed.digest, changed.step)
        execute("INSERT INTO item VALUES (?, ?, ?, ?, ?)", values)
        execute("INSERT INTO words (rowid, said) VALUES (?, ?)", (number, ready.said))
        spread = number - changed.published // SECOND
        execute("UPDATE state SET held = held + 1, spread = max(spread, ?)", (spread,))


def _free_number(execute: Callable[..., sqlite3.Cursor], published: int) -> int:
    """Find a number at the second of publication, or not long after."""
    query = "SELECT max(number) FROM item WHERE published = ?"
    (last,) = execute(query, (published,)).fetchone()
    number = published // SECOND if last is None else last + 1
    leap = 1
    while execute("SELECT 1 FROM item WHERE number = ?", (number,)).fetchone():
        number += leap
        leap *= 2
    return int(number)
