"""The full-text index, as those who search ask it.

It follows the catalogue (`search.indexer`), a little behind, in a database of its own, so
that its writes do not look like news. It may be deleted at any time. It only gives
candidates: an edition says which of them are public.

Each entry is one text in it: the stems of its title, of its summary and of everything it
says, with each stem of the first two once more behind a mark, so that a search of titles need
not look at texts. The number of a row is the second of publication, or a later one if that is
taken. So rows are in the order of time, and close together, which makes the index half as
large as with wider numbers.
"""

import os
import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from feedsvc.dates import to_microseconds
from feedsvc.edition import Edition
from feedsvc.errors import SearchUnavailable
from feedsvc.model import Entry
from feedsvc.search import stemming
from feedsvc.search.query import Query
from feedsvc.search.stemming import stems
from feedsvc.storage.sqlite import Schema, file_identity, is_damage, open_for_reading

FILE = "search.sqlite3"
# Whoever meets damage asks for a new index by creating this file in the instance folder.
DAMAGED = "search-damaged"
# At most this many matches are counted.
MAX_COUNT = 1000
SECOND = 1_000_000
SCHEMA = Schema(
    """
CREATE TABLE state (
    source_id TEXT NOT NULL,     -- the catalogue that is indexed, and the stemmer
    sequence INTEGER NOT NULL,   -- how far it is indexed
    complete INTEGER NOT NULL,   -- 1 from the start: half an index can be searched, too
    caught_up INTEGER NOT NULL,  -- 1 once the end of the catalogue was reached
    spread INTEGER NOT NULL,     -- how many seconds a number is above the publication, at most
    held INTEGER NOT NULL,       -- how many items there are
    tombstones INTEGER NOT NULL  -- and how many of them lead to no entry any more
);
INSERT INTO state VALUES ('', 0, 1, 0, 0, 0, 0);
CREATE TABLE item (
    number INTEGER PRIMARY KEY,  -- that of the row in words
    published INTEGER NOT NULL,  -- in microseconds, as in the catalogue
    id TEXT UNIQUE,              -- NULL for a tombstone
    digest BLOB NOT NULL,        -- of the entry as it was indexed
    sequence INTEGER NOT NULL    -- at which it became so in the catalogue
);
CREATE INDEX item_published ON item (published, number);
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', columnsize = 0, tokenize = "ascii tokenchars '=+#.-'"
);
-- The indexer merges, a few pages at a time.
INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 1000);
""",
    sources=(stemming,),
)
_STEMMER = version("PyStemmer")
_TITLE, _SUMMARY, _CATEGORY, _GAP = "=", "+", "#", " . "
# The best first: all words in the title, or in title and summary, or anywhere.
_TIERS = (_TITLE, _SUMMARY, "")


def source_id(identity: str) -> str:
    """Return what an index was made from: the identity of a catalogue, and the stemmer."""
    return f"{identity} {_STEMMER}"


def index_text(entry: Entry, text: str) -> str:
    """Return everything an entry is found by; `text` is its plain text."""
    title, summary, body = stems(entry.title), stems(entry.summary), stems(text)
    more = [] if body[: len(summary)] == summary else [summary]
    marked = (_marked(_TITLE, title), *(_marked(_SUMMARY, part) for part in (title, summary)))
    labels = _marked(_CATEGORY, [category.slug for category in entry.categories])
    return _GAP.join((*marked, *map(" ".join, (title, *more, body)), labels))


def _marked(mark: str, each: list[str]) -> str:
    return " ".join(mark + stem for stem in each)


def _match(query: Query, mark: str) -> str:
    """Return a query in FTS5's language, of nothing but stems, so that it is always valid."""
    phrases = [_marked(mark, list(part)) for part in query.parts]
    if query.category:
        phrases.append(_CATEGORY + query.category)
    return " AND ".join(f'"{phrase}"' for phrase in phrases)


class Candidate(NamedTuple):
    """An entry that matched, and the catalogue's sequence at which it became what was indexed."""

    published: int
    id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Matches:
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

    def find(self, query: Query, edition: Edition, best: int) -> Matches:
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
        key = (os.getpid(), *file_identity(self._path))
        if self._connection is None or key != self._key:
            self._connection, self._key = open_for_reading(self._path, SCHEMA), key
        if self._connection is None:
            raise SearchUnavailable(f"{self._path}: there is no index that can be used")
        return self._connection


def _found(connection: sqlite3.Connection, query: Query, edition: Edition, wanted: int) -> Matches:
    source, sequence, caught_up, spread = connection.execute(
        "SELECT source_id, sequence, caught_up, spread FROM state"
    ).fetchone()
    if source != source_id(edition.identity):
        return Matches((), (), is_behind=True, is_first=True)
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
        limit = wanted if mark else MAX_COUNT + 1
        rows = connection.execute(
            "SELECT published, id, item.sequence FROM words CROSS JOIN item ON number = words.rowid"
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
    return Matches(
        tuple(best),
        tuple(newest),
        is_behind=not caught_up or sequence < edition.sequence,
        is_first=not caught_up,
    )
