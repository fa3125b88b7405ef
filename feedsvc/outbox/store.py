"""The queue: what each receiver is still to be told, and how far the log of changes is read.

Both change in one transaction, so a process that is killed loses nothing and queues nothing
twice. That something is about to be sent is written before; what was being sent when the process
was killed has perhaps arrived, and is sent again only once the receiver can bear it.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from feedsvc.outbox.state import FILE, SCHEMA
from feedsvc.storage.changes import Position
from feedsvc.storage.sqlite import open_for_writing

# In microseconds: what nobody took for so long is given up.
GIVEN_UP = 7 * 86_400_000_000
_decode_position = msgspec.json.Decoder(Position).decode
_Execute = Callable[..., sqlite3.Cursor]


class Reading(NamedTuple):
    """How far the log of changes is read.

    While a whole catalogue is gone through, `walk_end` is the sequence up to which that is, else
    -1, and `walk_moment` as of when; `is_first` if nobody is told of it.
    """

    catalogue: str
    position: Position
    walk: int
    walk_end: int
    walk_moment: int
    is_first: bool


class Known(NamedTuple):
    """A public entry as it was last seen: its page, a digest, and the feeds of its own."""

    page: str
    digest: bytes
    topics: str


class Update(NamedTuple):
    """What is known of an entry from now on; None if it is not public."""

    entry_id: str
    known: Known | None


class Store:
    """The database, for the one thread of the one process that writes it."""

    def __init__(self, instance: Path, *, suspect: bool = False) -> None:
        """Open it, or create a new one if there is none that can be used.

        With `suspect`, check all of it for damage. Raises sqlite3.Error or OSError.
        """
        self._connection = open_for_writing(instance / FILE, SCHEMA, suspect=suspect)
        # What was begun must be known after a power cut, too.
        self._connection.execute("PRAGMA synchronous = FULL")

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[_Execute]:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection.execute

    def begin(self, receivers: Mapping[str, bytes], now: int) -> None:
        """Keep these receivers, by name, each with a digest of what it is told by; forget others.

        What was being sent when the last process ended has perhaps arrived, `now` at the latest.
        """
        with self._transaction() as execute:
            names = msgspec.json.encode(tuple(receivers))
            for table, column in (
                ("receiver", "name"),
                *((each, "receiver") for each in ("item", "sent", "outcome")),
            ):
                execute(
                    f"DELETE FROM {table} WHERE {column} NOT IN (SELECT value FROM json_each(?))",  # noqa: S608
                    (names,),
                )
            for name, secret in receivers.items():
                execute(
                    "INSERT INTO receiver VALUES (?, ?, 0, 0, '', 0) ON CONFLICT (name)"
                    " DO UPDATE SET secret = excluded.secret, due = 0, failures = 0, fault = ''"
                    " WHERE secret <> excluded.secret",
                    (name, secret),
                )
            execute("UPDATE sent SET is_open = 0, moment = ? WHERE is_open", (now,))

    def reading(self) -> Reading:
        """Return how far the log of changes is read."""
        catalogue, position, *walk, is_first = self._connection.execute(
            "SELECT catalogue, position, walk, walk_end, walk_moment, is_first FROM state"
        ).fetchone()
        return Reading._make((catalogue, _decode_position(position), *walk, bool(is_first)))

    def begin_walk(self, catalogue: str, end: int, moment: int) -> None:
        """Record that another catalogue is gone through, up to a sequence, as of a moment."""
        with self._transaction() as execute:
            execute(
                "UPDATE state SET catalogue = ?, position = '[0,0,null]', walk = walk + 1,"
                " walk_end = ?, walk_moment = ?",
                (catalogue, end, moment),
            )

    def known(self, entry_id: str) -> Known | None:
        """Return what is known of an entry; None if it was not public."""
        query = "SELECT page, digest, topics FROM known WHERE id = ?"
        row = self._connection.execute(query, (entry_id,)).fetchone()
        return row and Known(*row)

    def unseen(self, walk: int, limit: int) -> list[tuple[str, Known]]:
        """Return entries that the catalogue that was gone through last does not have."""
        rows = self._connection.execute(
            "SELECT id, page, digest, topics FROM known WHERE walk < ? LIMIT ?", (walk, limit)
        )
        return [(entry_id, Known(*known)) for entry_id, *known in rows]

    def record(
        self,
        updates: Iterable[Update],
        items: Mapping[str, Iterable[str]],
        now: int,
        position: Position | None = None,
    ) -> None:
        """Record what was read up to a position, and queue the addresses for each receiver."""
        with self._transaction() as execute:
            for entry_id, known in updates:
                if known is None:
                    execute("DELETE FROM known WHERE id = ?", (entry_id,))
                else:
                    execute(
                        "INSERT OR REPLACE INTO known"
                        " VALUES (?, ?, ?, ?, (SELECT walk FROM state))",
                        (entry_id, *known),
                    )
            if any(items.values()):
                execute("UPDATE state SET changes = changes + 1")
            self._connection.executemany(
                "INSERT INTO item VALUES (?, ?, ?, (SELECT changes FROM state))"
                " ON CONFLICT DO UPDATE SET change = excluded.change",
                ((name, address, now) for name, found in items.items() for address in found),
            )
            if position is not None:
                execute("UPDATE state SET position = ?", (msgspec.json.encode(position),))

    def end_walk(self) -> None:
        """Record that the whole catalogue is gone through."""
        with self._transaction() as execute:
            execute("UPDATE state SET walk_end = -1, is_first = 0")

    def due(self, receiver: str) -> int | None:
        """Return until when a receiver is left alone; None if there is nothing to tell it."""
        row = self._connection.execute(
            "SELECT due FROM receiver WHERE name = ?1"
            " AND EXISTS (SELECT 1 FROM item WHERE receiver = ?1)",
            (receiver,),
        ).fetchone()
        return row and int(row[0])

    def take(self, receiver: str, limit: int, *, before: int, rest: int, now: int) -> list[str]:
        """Return addresses to be sent now, at most `limit`, and record that this begins.

        They changed before a moment, and were not sent for `rest` microseconds.
        """
        with self._transaction() as execute:
            # The clock may have been set back.
            execute("UPDATE sent SET moment = ?1 WHERE moment > ?1", (now,))
            execute("UPDATE item SET since = ?1 WHERE since > ?1", (now,))
            execute(
                "DELETE FROM sent WHERE receiver = ? AND NOT is_open AND moment <= ?",
                (receiver, now - rest),
            )
            given_up = execute(
                "DELETE FROM item WHERE receiver = ? AND since <= ?", (receiver, now - GIVEN_UP)
            ).rowcount
            _count(execute, receiver, "expired", given_up)
            rows = execute(
                "SELECT address, change FROM item WHERE receiver = ?1 AND since <= ?2"
                " AND address NOT IN (SELECT address FROM sent WHERE receiver = ?1)"
                " ORDER BY since, address LIMIT ?3",
                (receiver, before, limit),
            ).fetchall()
            for address, change in rows:
                execute("INSERT INTO sent VALUES (?, ?, ?, ?, 1)", (receiver, address, now, change))
        return [address for address, _ in rows]

    def close_sent(self, receiver: str, outcome: str, *, due: int, now: int) -> None:
        """Record that what was sent last was taken, or is not to be sent again."""
        with self._transaction() as execute:
            execute(
                "DELETE FROM item WHERE receiver = ?1 AND EXISTS (SELECT 1 FROM sent WHERE is_open"
                " AND sent.receiver = ?1 AND sent.address = item.address"
                " AND sent.change = item.change)",
                (receiver,),
            )
            _close(execute, receiver, now)
            execute(
                "UPDATE receiver SET due = ?, failures = 0, fault = '',"
                " told = iif(? = 'accepted', ?, told) WHERE name = ?",
                (due, outcome, now, receiver),
            )
            _count(execute, receiver, outcome, 1)

    def note_failure(self, receiver: str, outcome: str, fault: str, *, due: int) -> None:
        """Record that what was sent last was not taken, and is sent again from `due` on."""
        with self._transaction() as execute:
            execute("DELETE FROM sent WHERE receiver = ? AND is_open", (receiver,))
            self._note(execute, receiver, outcome, fault, due)

    def note_doubt(self, receiver: str, outcome: str, fault: str, *, due: int, now: int) -> None:
        """Record that it is not known whether what was sent last has arrived."""
        with self._transaction() as execute:
            _close(execute, receiver, now)
            self._note(execute, receiver, outcome, fault, due)

    @staticmethod
    def _note(execute: _Execute, receiver: str, outcome: str, fault: str, due: int) -> None:
        execute(
            "UPDATE receiver SET due = ?, failures = failures + 1, fault = ? WHERE name = ?",
            (due, fault, receiver),
        )
        _count(execute, receiver, outcome, 1)

    def failures(self, receiver: str) -> int:
        """Return how often in a row a receiver could not be told."""
        query = "SELECT failures FROM receiver WHERE name = ?"
        return int(self._connection.execute(query, (receiver,)).fetchone()[0])


def _close(execute: _Execute, receiver: str, now: int) -> None:
    """Record that what was sent last arrived at that moment, at the latest."""
    execute(
        "UPDATE sent SET is_open = 0, moment = ? WHERE receiver = ? AND is_open", (now, receiver)
    )


def _count(execute: _Execute, receiver: str, outcome: str, number: int) -> None:
    if number:
        execute(
            "INSERT INTO outcome VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET number = number + excluded.number",
            (receiver, outcome, number),
        )
