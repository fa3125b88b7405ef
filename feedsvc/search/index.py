"""The full-text index, as searches read it.

It follows the catalogue a little behind (see `feedsvc.search.indexer`), in a database of its
own, so that its writes do not look like news. It may be deleted at any time. It returns only
candidates: an edition decides which of them are public, unless the index is exactly as new.

A row's number is the second of publication, or a later one if that is taken. So rows are in
the order of time, and close together, which makes the index half as large as with wider
numbers.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from feedsvc import text
from feedsvc.dates import to_microseconds
from feedsvc.edition import Edition
from feedsvc.errors import SearchUnavailable
from feedsvc.search import dictionary, offers, stemming, terms, vocabulary
from feedsvc.search.query import Query
from feedsvc.search.terms import SUMMARY, TITLE, match
from feedsvc.search.vocabulary import forms_of, terms_of
from feedsvc.storage.sqlite import Schema, file_identity, is_damage, open_for_reading

FILE = "search.sqlite3"
# A process that finds the index damaged creates this file in the instance folder; the indexer
# then recreates the index.
DAMAGED = "search-damaged"
SECOND = 1_000_000
# So many more candidates are found than are asked for, at most: some may not be public any more, or
# another one newer whose number is lower.
SPARE = 100
SCHEMA = Schema(
    vocabulary.TABLES
    + """
CREATE TABLE state (
    source_id TEXT NOT NULL,     -- the catalogue that is indexed, and what finds forms
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
    expires INTEGER,             -- when it ceases to be public; NULL if never
    digest BLOB NOT NULL,        -- of the entry as it was indexed
    sequence INTEGER NOT NULL    -- at which it became so in the catalogue
);
CREATE INDEX item_published ON item (published, number);
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', columnsize = 0, tokenize = "ascii tokenchars '=+#.-'"
);
-- The indexer merges, a few pages at a time; while the index is made, 16 segments at once, so that
-- each text is merged half as often.
INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 1000), ('usermerge', 16);
""",
    sources=(dictionary, stemming, terms, text, vocabulary),
)
# The best first: all words in the title, or in title and summary, or anywhere.
_TIERS = (TITLE, SUMMARY, "")


def source_id(identity: str) -> str:
    """Return what an index is made from: a catalogue, by its identity, dictionary and stemmer."""
    return f"{identity} {dictionary.VERSION} {stemming.VERSION}"


class Candidate(NamedTuple):
    """An entry that matches, and the catalogue's sequence at which it was written as indexed."""

    published: int
    id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Matches:
    """The candidates of a query, and how complete the index is.

    `best` has the best first, the newest among equals; `newest` has the newest first, more than
    were to be counted if there are more. `is_exact` if the index holds just what the edition
    does, so that all of them are public; `is_behind` if it does not hold all of the catalogue
    now, `is_first` if it never did. `forms` are the written forms that match words of the query,
    each with that word.
    """

    best: tuple[Candidate, ...]
    newest: tuple[Candidate, ...]
    is_behind: bool
    is_first: bool
    is_exact: bool = False
    forms: Mapping[str, str] = field(default_factory=dict)


class Search:
    """Searches the index. Safe to share among threads."""

    def __init__(self, instance: Path) -> None:
        self._path = instance / FILE
        self._reset()
        self._inherited: tuple[object, ...] = ()

    def _reset(self) -> None:
        self._key: tuple[int, ...] = (os.getpid(),)
        self._connection: sqlite3.Connection | None = None
        # One connection for all threads: two megabytes of memory, not sixteen.
        self._lock = threading.Lock()

    def find(self, query: Query, edition: Edition, best: int, count: int) -> Matches:
        """Return the candidates of a query that has words, at least `best` of them ranked.

        More than `count` of them are returned only if there are more.

        Raises SearchUnavailable.
        """
        with self._transaction() as connection:
            return _find(connection, query, edition, best, count)

    def offers(self, query: Query) -> tuple[str, ...]:
        """Return other spellings of a query, the best first; what they find may not be public.

        Raises SearchUnavailable.
        """
        with self._transaction() as connection:
            return offers.spellings(connection.execute, query)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._key[0] != os.getpid():
            # A connection must not be used or closed across a fork, so it is only kept.
            self._inherited = (*self._inherited, self._connection)
            self._reset()
        with self._lock:
            try:
                connection = self._current()
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                self._connection = None
                if is_damage(error):
                    with suppress(OSError):
                        self._path.with_name(DAMAGED).touch()
                raise SearchUnavailable(f"{self._path}: {error}") from error

    def _current(self) -> sqlite3.Connection:
        key = (os.getpid(), *file_identity(self._path))
        if self._connection is None or key != self._key:
            self._connection, self._key = open_for_reading(self._path, SCHEMA), key
        if self._connection is None:
            raise SearchUnavailable(f"{self._path}: there is no usable index")
        return self._connection


def _find(
    connection: sqlite3.Connection, query: Query, edition: Edition, best: int, count: int
) -> Matches:
    source, sequence, caught_up, spread = connection.execute(
        "SELECT source_id, sequence, caught_up, spread FROM state"
    ).fetchone()
    if source != source_id(edition.identity):
        return Matches((), (), is_behind=True, is_first=True)
    since = to_microseconds(query.since) if query.since else -(2**62)
    until = edition.now
    if query.until:
        until = min(until, to_microseconds(query.until) - 1)
    words = {word for part in query.parts for word in part}
    found = {word: terms_of(connection.execute, word) for word in sorted(words)}
    is_exact = caught_up and sequence == edition.sequence
    # Between a row and one that should follow it, but has a higher number, lie `spread` numbers.
    if best:
        best += min(spread, SPARE) if is_exact else SPARE
    # Without a repetition, in the order of the tiers.
    ranked: dict[Candidate, None] = {}
    newest: list[Candidate] = []
    for prefix in _TIERS:
        if prefix and len(ranked) >= best:
            continue
        matching = match(query, found, prefix)
        if matching is None:
            break
        # One more than is counted shows that there are more.
        limit = best if prefix else max(best, count + 1)
        rows = connection.execute(
            "SELECT published, id, item.sequence FROM words CROSS JOIN item ON number = words.rowid"
            " WHERE words MATCH ? AND words.rowid BETWEEN ? AND ? AND published BETWEEN ? AND ?"
            " AND id IS NOT NULL AND (expires IS NULL OR expires > ?)"
            " ORDER BY words.rowid DESC LIMIT ?",
            (
                *(matching, since // SECOND, until // SECOND + spread, since, until),
                *(edition.now, limit),
            ),
        )
        newest = sorted(map(Candidate._make, rows), reverse=True)
        ranked.update(dict.fromkeys(newest))
    return Matches(
        tuple(ranked),
        tuple(newest),
        is_behind=not caught_up or sequence < edition.sequence,
        is_first=not caught_up,
        is_exact=is_exact,
        forms=forms_of(connection.execute, found),
    )
