"""The search: an index of words beside the catalogue, as everyone asks it.

It follows the catalogue (`feedsvc.follower`), a little behind, in a database of its
own, so that its writes are no change of the news. It may be deleted at any time. What it
gives are candidates: only an edition says which of them are public.

An entry is one text in it: the stems of its title, of its summary and of all it says,
each word of the first two once more behind a mark, so that a title is searched without
looking at texts. The number of a row is the second of publication, or a later one where
that is taken: so rows are in the order of time, and close together, which makes the index
half as large as with wider numbers.
"""

import os
import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from feedsvc.edition import Edition
from feedsvc.errors import SearchUnavailable
from feedsvc.model import Entry
from feedsvc.search.query import Query
from feedsvc.search.stemming import stems
from feedsvc.storage.catalogue import to_microseconds
from feedsvc.storage.sqlite import Form, is_damage, numbers, open_to_read

FILE = "search.sqlite3"
# By this file in the instance folder whoever meets damage asks for a new index.
DAMAGED = "search-damaged"
# So many matches are counted.
MOST = 1000
SECOND = 1_000_000
# Raise the version with every change of the tables, or of what is made of an entry.
FORM = Form(
    1,
    """
CREATE TABLE state (
    follows TEXT NOT NULL,      -- which catalogue, and with which stems
    step INTEGER NOT NULL,      -- up to which step of it
    whole INTEGER NOT NULL,     -- 1 from the beginning: half an index can be searched, too
    caught_up INTEGER NOT NULL, -- 1 once it has come to the end of that catalogue
    spread INTEGER NOT NULL,    -- how many seconds a number is above the publication, at most
    held INTEGER NOT NULL,      -- how many items there are
    litter INTEGER NOT NULL     -- and how many of them are litter
);
INSERT INTO state VALUES ('', 0, 1, 0, 0, 0, 0);
CREATE TABLE item (
    number INTEGER PRIMARY KEY, -- that of the row of words
    published INTEGER NOT NULL, -- in microseconds, as in the catalogue
    id TEXT UNIQUE,             -- NULL where the row of words is litter
    digest BLOB NOT NULL,       -- of the entry as it was indexed
    step INTEGER NOT NULL       -- at which it became so in the catalogue
);
CREATE INDEX item_published ON item (published, number);
CREATE VIRTUAL TABLE words USING fts5 (
    said, content = '', columnsize = 0, tokenize = "ascii tokenchars '=+#.-'"
);
-- Merging is done in small pieces, and never all at once.
INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 1000);
""",
)
_STEMS = version("snowballstemmer")
_TITLE, _SUMMARY, _CATEGORY, _GAP = "=", "+", "#", " . "
# The best first: all words in the title, or among the first that are said, or anywhere.
_TIERS = (_TITLE, _SUMMARY, "")


def follows(identity: str) -> str:
    """Name what an index of a catalogue follows: that one, with the stems of this program."""
    return f"{identity} {_STEMS}"


def said(entry: Entry, text: str) -> str:
    """Write all that an entry is found by, its plain text being `text`."""
    title, summary, body = stems(entry.title), stems(entry.summary), stems(text)
    more = [] if body[: len(summary)] == summary else [summary]
    marked = (_marked(_TITLE, title), *(_marked(_SUMMARY, part) for part in (title, summary)))
    labels = _marked(_CATEGORY, [category.slug for category in entry.categories])
    return _GAP.join((*marked, *map(" ".join, (title, *more, body)), labels))


def _marked(mark: str, each: list[str]) -> str:
    return " ".join(mark + stem for stem in each)


def _match(query: Query, mark: str) -> str:
    """Write a query in FTS5's language, of nothing but stems: so it is never wrong."""
    phrases = [_marked(mark, list(part)) for part in query.parts]
    if query.category:
        phrases.append(_CATEGORY + query.category)
    return " AND ".join(f'"{phrase}"' for phrase in phrases)


class Candidate(NamedTuple):
    """An entry that matched, and the catalogue's step at which it became what was indexed."""

    published: int
    id: str
    step: int


@dataclass(frozen=True, slots=True)
class Found:
    """What matched, and whether the index knew all of the catalogue (`is_behind`) or ever did.

    `best` is the best first, newest among equals; `newest` all of it that is newest.
    """

    best: tuple[Candidate, ...]
    newest: tuple[Candidate, ...]
    is_behind: bool
    is_first: bool


class Search:
    """The way to the index for those who search. Safe to share among threads."""

    def __init__(self, instance: Path) -> None:
        self._path = instance / FILE
        self._begin()
        self._inherited: tuple[object, ...] = ()

    def _begin(self) -> None:
        self._key: tuple[int, ...] = (os.getpid(),)
        self._connection: sqlite3.Connection | None = None
        # One connection for all threads: two megabytes of memory, not sixteen.
        self._asking = threading.Lock()

    def find(self, query: Query, edition: Edition, best: int) -> Found:
        """Give the candidates of a query that has words, for an edition, the `best` first.

        Raises SearchUnavailable.
        """
        if self._key[0] != os.getpid():
            # As in the catalogue: what was forked is left alone.
            self._inherited = (*self._inherited, self._connection)
            self._begin()
        with self._asking:
            try:
                connection = self._newest()
                connection.execute("BEGIN")
                try:
                    return _found(connection, query, edition, best)
                finally:
                    connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                self._connection = None
                if is_damage(error):
                    with suppress(OSError):
                        self._path.with_name(DAMAGED).touch()
                raise SearchUnavailable(f"{self._path}: {error}") from error

    def _newest(self) -> sqlite3.Connection:
        key = (os.getpid(), *numbers(self._path))
        if self._connection is None or key != self._key:
            self._connection, self._key = open_to_read(self._path, FORM), key
        if self._connection is None:
            raise SearchUnavailable(f"{self._path}: there is no index that can be used")
        return self._connection


def _found(connection: sqlite3.Connection, query: Query, edition: Edition, wanted: int) -> Found:
    followed, step, caught_up, spread = connection.execute(
        "SELECT follows, step, caught_up, spread FROM state"
    ).fetchone()
    if followed != follows(edition.identity):
        return Found((), (), is_behind=True, is_first=True)
    first = to_microseconds(query.since) if query.since else -(2**62)
    last = edition.now
    if query.until:
        last = min(last, to_microseconds(query.until) - 1)
    best: dict[Candidate, None] = {}
    newest: list[Candidate] = []
    for mark in _TIERS:
        if mark and len(best) >= wanted:
            continue
        # One more, which says that there are more.
        limit = wanted if mark else MOST + 1
        rows = connection.execute(
            "SELECT published, id, item.step FROM words CROSS JOIN item ON number = words.rowid"
            " WHERE words MATCH ? AND words.rowid BETWEEN ? AND ? AND published BETWEEN ? AND ?"
            " AND id IS NOT NULL"
            " ORDER BY words.rowid DESC LIMIT ?",
            (
                _match(query, mark),
                first // SECOND,
                last // SECOND + spread,
                first,
                last,
                limit,
            ),
        )
        newest = sorted(map(Candidate._make, rows), reverse=True)
        best.update(dict.fromkeys(newest))
    return Found(
        tuple(best),
        tuple(newest),
        is_behind=not caught_up or step < edition.step,
        is_first=not caught_up,
    )
