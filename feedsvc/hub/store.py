"""The store: subscriptions and what is asked for, so that a hub that was killed goes on.

Nothing else holds them, so the database is never recreated in their place: one that is damaged
is set aside. Only the user of the service can read it, for it holds the secrets of subscribers.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from feedsvc.hub.protocol import Asked
from feedsvc.storage.sqlite import connect, is_damage

FILE = "hub.sqlite3"
# Of the tables below. Change them only so that `_MIGRATIONS` leads there from each before.
VERSION = 1
_TABLES = """
CREATE TABLE subscription (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,         -- the address of a feed
    callback TEXT NOT NULL,
    host TEXT NOT NULL,          -- that of the callback
    secret BLOB NOT NULL,        -- empty if there is none
    expires REAL NOT NULL,       -- moments, in seconds since the epoch
    told TEXT NOT NULL,          -- entity tag of the feed that the subscriber is known to have
    has_content INTEGER NOT NULL,  -- 1 once it got that from us
    failures INTEGER NOT NULL,   -- of deliveries, in a row
    due REAL NOT NULL,           -- no delivery is tried before
    UNIQUE (topic, callback)
);
CREATE INDEX subscription_host ON subscription (host);
CREATE INDEX subscription_expires ON subscription (expires);
CREATE TABLE request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mode TEXT NOT NULL,
    topic TEXT NOT NULL,         -- as the subscriber gave it
    callback TEXT NOT NULL,
    host TEXT NOT NULL,
    lease INTEGER,               -- what the subscriber asks for, in seconds
    secret BLOB NOT NULL,
    attempts INTEGER NOT NULL,   -- that got no answer
    due REAL NOT NULL,
    UNIQUE (topic, callback)
);
CREATE INDEX request_host ON request (host);
"""
# The columns of a delivery.
_DUE = "id, topic, callback, host, secret, iif(has_content, told, ''), failures"


class NotUsable(Exception):
    """The database was written by a newer version."""


class Pending(NamedTuple):
    """A request that is to be verified, or denied."""

    id: int
    asked: Asked
    attempts: int


class Due(NamedTuple):
    """A delivery that is due; `told` is what the subscriber got from us before, or empty."""

    id: int
    topic: str
    callback: str
    host: str
    secret: bytes
    told: str
    failures: int


class Part(NamedTuple):
    """A part of the subscriptions: the one with a number, from 0, of so many."""

    number: int
    total: int


WHOLE = Part(0, 1)


class Counts(NamedTuple):
    """How many subscriptions there are, how many of them fail, how many requests wait."""

    subscriptions: int
    failing: int
    requests: int


class Store:
    """The database, for one thread of a process; several processes may have it open."""

    def __init__(self, instance: Path, *, mends: bool = True) -> None:
        """Open it, or create it. Raises sqlite3.Error, OSError or NotUsable.

        With `mends`, a damaged one is set aside, and `set_aside` is its name then.
        """
        self._path = instance / FILE
        self.set_aside: Path | None = None
        # SQLite gives its other files the rights of this one.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._path.chmod(0o600)
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError as error:
            if not mends or not is_damage(error):
                raise
            self.set_aside = self._path.with_suffix(".damaged")
            self._path.rename(self.set_aside)
            for suffix in ("-wal", "-shm"):
                self._path.with_name(FILE + suffix).unlink(missing_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = connect(self._path)
        connection.execute("PRAGMA journal_mode = WAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            connection.close()
            raise NotUsable(str(self._path))
        if version == 0:
            connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            connection.close()
            raise _damaged()
        return connection

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @contextmanager
    def _durably(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Begin a transaction that outlives a power cut.

        What was delivered outlives only the process: it is told again, which does no harm.
        """
        self._connection.execute("PRAGMA synchronous = FULL")
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection.execute
        finally:
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def _number(self, query: str, *values: object) -> int:
        (number,) = self._connection.execute(query, values).fetchone()
        return int(number)

    def ask(self, asked: Asked) -> None:
        """Keep a request; it replaces one for the same topic and callback."""
        with self._durably() as execute:
            execute(
                "INSERT OR REPLACE INTO request (mode, topic, callback, host, lease, secret,"
                " attempts, due) VALUES (?, ?, ?, ?, ?, ?, 0, 0)",
                (*asked[:3], asked.host, asked.lease, asked.secret),
            )

    def waiting(self, host: str | None = None) -> int:
        """Return how many requests wait, in all or for callbacks at a host."""
        if host is None:
            return self._number("SELECT count(*) FROM request")
        return self._number("SELECT count(*) FROM request WHERE host = ?", host)

    def subscribed(self, host: str | None = None) -> int:
        """Return how many subscriptions there are, in all or of a host."""
        if host is None:
            return self._number("SELECT count(*) FROM subscription")
        return self._number("SELECT count(*) FROM subscription WHERE host = ?", host)

    def is_subscribed(self, topic: str, callback: str) -> bool:
        """Return whether there is such a subscription."""
        query = "SELECT count(*) FROM subscription WHERE topic = ? AND callback = ?"
        return self._number(query, topic, callback) > 0

    def pending(self, now: float) -> list[Pending]:
        """Return the requests that are due, oldest first."""
        rows = self._connection.execute(
            "SELECT id, attempts, mode, topic, callback, lease, secret FROM request"
            " WHERE due <= ? ORDER BY id",
            (now,),
        )
        return [Pending(number, Asked(*rest), attempts) for number, attempts, *rest in rows]

    def postpone(self, pending: Pending, due: float, *, attempts: int) -> None:
        """Have a request tried again later, after so many attempts."""
        with self._durably() as execute:
            execute(
                "UPDATE request SET attempts = ?, due = ? WHERE id = ?",
                (attempts, due, pending.id),
            )

    def drop(self, pending: Pending) -> None:
        """Forget a request, which leaves everything as it was."""
        with self._durably() as execute:
            execute("DELETE FROM request WHERE id = ?", (pending.id,))

    def subscribe(self, pending: Pending, topic: str, expires: float, told: str) -> None:
        """Carry out a request to subscribe that was verified; `topic` is the canonical one.

        `told` is the tag of the feed as it is now. A subscription that is renewed goes on where
        it was.
        """
        asked = pending.asked
        with self._durably() as execute:
            execute("DELETE FROM request WHERE id = ?", (pending.id,))
            execute(
                "INSERT INTO subscription (topic, callback, host, secret, expires, told,"
                " has_content, failures, due) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)"
                " ON CONFLICT DO UPDATE SET secret = excluded.secret, expires = excluded.expires,"
                " failures = 0, due = 0",
                (topic, asked.callback, asked.host, asked.secret, expires, told),
            )

    def unsubscribe(self, pending: Pending, topic: str) -> None:
        """Carry out a request to unsubscribe that was verified."""
        with self._durably() as execute:
            execute("DELETE FROM request WHERE id = ?", (pending.id,))
            execute(
                "DELETE FROM subscription WHERE topic = ? AND callback = ?",
                (topic, pending.asked.callback),
            )

    def topics(self) -> list[str]:
        """Return the topics that are subscribed to, the most popular ones first."""
        rows = self._connection.execute(
            "SELECT topic FROM subscription GROUP BY topic ORDER BY count(*) DESC, topic"
        )
        return [topic for (topic,) in rows]

    def due(self, topic: str, tag: str, now: float, part: Part = WHOLE) -> list[Due]:
        """Return the deliveries of a topic that are due, those that have failed last."""
        rows = self._connection.execute(
            f"SELECT {_DUE} FROM subscription WHERE topic = ? AND told <> ?"  # noqa: S608 - ours alone
            " AND due <= ? AND expires > ? AND id % ? = ? ORDER BY failures, id",
            (topic, tag, now, now, part.total, part.number),
        )
        return [Due(*row) for row in rows]

    def current(self, due: Due, now: float) -> Due | None:
        """Return a delivery as it is now; None if its subscription is no more."""
        row = self._connection.execute(
            f"SELECT {_DUE} FROM subscription WHERE id = ? AND expires > ?",  # noqa: S608 - ours alone
            (due.id, now),
        ).fetchone()
        return row and Due(*row)

    def delivered(self, confirmed: Mapping[int, str]) -> None:
        """Record which subscriptions have confirmed the feed of which tag."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "UPDATE subscription SET told = ?, has_content = 1, failures = 0, due = 0"
                " WHERE id = ?",
                [(tag, number) for number, tag in confirmed.items()],
            )

    def failed(self, due: Due, again: float) -> None:
        """Record that a delivery failed, and when it is tried again."""
        self._connection.execute(
            "UPDATE subscription SET failures = failures + 1, due = ? WHERE id = ?",
            (again, due.id),
        )

    def remove(self, due: Due) -> None:
        """Forget a subscription that its subscriber has deleted."""
        with self._durably() as execute:
            execute("DELETE FROM subscription WHERE id = ?", (due.id,))

    def expire(self, now: float) -> int:
        """Forget the subscriptions whose leases have ended; return how many."""
        with self._durably() as execute:
            return execute("DELETE FROM subscription WHERE expires <= ?", (now,)).rowcount

    def foreign(self, site: str) -> list[tuple[str, str]]:
        """Forget the subscriptions to what is not of this site; return topics and callbacks."""
        with self._durably() as execute:
            found = execute(
                "DELETE FROM subscription WHERE substr(topic, 1, ?) <> ? RETURNING topic, callback",
                (len(site) + 1, f"{site}/"),
            ).fetchall()
        return [(str(topic), str(callback)) for topic, callback in found]

    def counts(self) -> Counts:
        """Return what there is."""
        failing = self._number("SELECT count(*) FROM subscription WHERE failures > 0")
        return Counts(self.subscribed(), failing, self.waiting())


def read_counts(instance: Path) -> Counts | None:
    """Return what a hub keeps, for other processes; None if that cannot be read."""
    query = "SELECT count(*), count(nullif(failures, 0)), (SELECT count(*) FROM request)"
    try:
        address = f"file:{quote(str(instance / FILE))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return Counts(*connection.execute(f"{query} FROM subscription").fetchone())
    except sqlite3.Error:
        return None


def _damaged() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("quick_check")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
