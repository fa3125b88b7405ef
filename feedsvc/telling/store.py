"""The store: what was wrong and what was told of it, so that a restart loses and repeats nothing.

Whatever is told is compared with what was told before, not with events. A letter is written in
the same transaction in which its content is marked as told; afterwards only its delivery can
fail, and that is tried again.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from feedsvc.storage.sqlite import file_identity, open_for_writing
from feedsvc.telling.incidents import COLUMNS, FILE, SCHEMA, Incident, to_incident
from feedsvc.telling.observation import Place
from feedsvc.telling.recording import Change, Known

# How many incidents are named in one letter, and how many in the text file; the rest are counted.
NAMED = 20
LISTED = 200
# How many incidents that are over, and how many letters that are sent, are remembered.
_INCIDENTS = 500
_LETTERS = 200
# Which incidents are to be told at once, which are over, which can wait for the daily letter.
_KEPT = "current <> told AND current <> x'' AND kind <> 'remarks'"
_MENDED = "current <> told AND current = x''"
_REMARKS = "current <> told AND kind = 'remarks'"


class Replaced(Exception):
    """The database was deleted or replaced while it was in use."""


class Part(NamedTuple):
    """Some incidents, and how many there are of their sort in all."""

    named: tuple[Incident, ...]
    total: int


class Untold(NamedTuple):
    """What is to be told: what is wrong, what is so no longer, and what can wait."""

    kept: Part
    mended: Part
    remarks: Part


class Rhythm(NamedTuple):
    """When letters may be written: none before `next_letter`, `pause` apart (microseconds).

    `is_new` until the first letter.
    """

    is_new: bool
    next_letter: int
    pause: int


class Composed(NamedTuple):
    """A letter: its subject, and the message as it is sent."""

    subject: str
    data: bytes


class Waiting(NamedTuple):
    """A letter that one recipient has not got yet; `doubts` counts unconfirmed attempts."""

    letter: int
    recipient: str
    written: int
    doubts: int


class Store:
    """The database, for one thread of the one process that writes it."""

    def __init__(self, instance: Path, *, suspect: bool = False) -> None:
        """Open it, or create a new one if there is none that can be used.

        With `suspect`, check all of it for damage. Raises sqlite3.Error or OSError.
        """
        self._path = instance / FILE
        self._connection = open_for_writing(self._path, SCHEMA, suspect=suspect)
        # What was told must be known after a power cut, too.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._identity = file_identity(self._path)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def require_in_place(self) -> None:
        """Raise Replaced if the files were deleted or replaced."""
        if file_identity(self._path) != self._identity:
            raise Replaced(str(self._path))

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection.execute

    def live(self) -> dict[Place, Known]:
        """Return the incidents that are not both over and told."""
        rows = self._connection.execute(
            "SELECT kind, path, number, current, content FROM incident"
            " WHERE current <> x'' OR told <> x''"
        )
        return {(kind, path): Known(*known) for kind, path, *known in rows}

    def record(self, changes: Iterable[Change], now: int) -> None:
        """Record what has changed; `now` is in microseconds since the epoch."""
        with self._transaction() as execute:
            for change in changes:
                if change.number is None:
                    _begin(execute, change, now)
                else:
                    _change(execute, change, now)
            execute(
                "DELETE FROM incident WHERE current = x'' AND told = x'' AND number <="
                " (SELECT max(number) FROM incident) - ?",
                (_INCIDENTS,),
            )

    def lasting(self) -> Part:
        """Return what is wrong now, the first `LISTED`: what is kept back comes first."""
        order = "kind = 'remarks', kind = 'kept-back', path"
        return self._part("current <> x''", order, LISTED)

    def untold(self) -> Untold:
        """Return what is to be told, `NAMED` of each sort."""
        return Untold(*(self._part(each, "number", NAMED) for each in (_KEPT, _MENDED, _REMARKS)))

    def remarks_before(self, moment: int) -> bool:
        """Return whether there are remarks that have not been told since a moment."""
        query = f"SELECT 1 FROM incident WHERE {_REMARKS} AND changed < ? LIMIT 1"  # noqa: S608
        return self._connection.execute(query, (moment,)).fetchone() is not None

    def _part(self, condition: str, order: str, limit: int) -> Part:
        execute = self._connection.execute
        rows = execute(
            f"SELECT {COLUMNS} FROM incident WHERE {condition} ORDER BY {order} LIMIT ?",  # noqa: S608
            (limit,),
        ).fetchall()
        query = f"SELECT count(*) FROM incident WHERE {condition}"  # noqa: S608 - ours alone
        (count,) = execute(query).fetchone() if len(rows) == limit else (len(rows),)
        return Part(tuple(map(to_incident, rows)), count)

    def rhythm(self) -> Rhythm:
        """Return when letters may be written."""
        query = "SELECT is_new, next_letter, pause FROM state"
        is_new, next_letter, pause = self._connection.execute(query).fetchone()
        return Rhythm(bool(is_new), next_letter, pause)

    def letters_since(self, moment: int) -> int:
        """Return how many letters were written since a moment."""
        query = "SELECT count(*) FROM letter WHERE written > ?"
        return int(self._connection.execute(query, (moment,)).fetchone()[0])

    def last_letter(self) -> int:
        """Return when the last letter was written; 0 if there is none."""
        return int(self._connection.execute("SELECT max(written) FROM letter").fetchone()[0] or 0)

    def begin(self) -> None:
        """Record that there was nothing to tell when telling began."""
        with self._transaction() as execute:
            execute("UPDATE state SET is_new = 0")

    def write(
        self,
        compose: Callable[[str, tuple[str, ...]], Composed],
        untold: Untold,
        recipients: tuple[str, ...],
        rhythm: Rhythm,
        now: int,
    ) -> None:
        """Write the letter that tells `untold`, to be delivered to the recipients.

        `compose` gets the local part of its Message-ID, and the Message-IDs of the letters
        that it follows up, and returns it. Remarks are told if `untold` has any.
        """
        earlier = sorted(
            {
                each.letter
                for each in (*untold.kept.named, *untold.mended.named)
                if each.letter is not None
            }
        )
        with self._transaction() as execute:
            (identity,) = execute("SELECT identity FROM state").fetchone()
            number = execute(
                "INSERT INTO letter (message_id, written, subject, data) VALUES ('', ?, '', x'')",
                (now,),
            ).lastrowid
            rows = execute(
                "SELECT message_id FROM json_each(?) JOIN letter ON number = value ORDER BY number",
                (msgspec.json.encode(earlier),),
            ).fetchall()
            message_id = f"{identity}.{number}"
            letter = compose(message_id, tuple(each for (each,) in rows))
            execute(
                "UPDATE letter SET message_id = ?, subject = ?, data = ? WHERE number = ?",
                (message_id, letter.subject, letter.data, number),
            )
            for recipient in recipients:
                execute("INSERT INTO delivery VALUES (?, ?, 'waiting', 0, '')", (number, recipient))
            told = _REMARKS if untold.remarks.total else "0"
            execute(
                "UPDATE incident SET told = current, letter = ?"  # noqa: S608 - ours alone
                f" WHERE ({_KEPT}) OR ({_MENDED}) OR ({told})",
                (number,),
            )
            execute(
                "UPDATE state SET is_new = 0, next_letter = ?, pause = ?",
                (rhythm.next_letter, rhythm.pause),
            )
            self._forget_letters(execute)

    def _forget_letters(self, execute: Callable[..., sqlite3.Cursor]) -> None:
        execute(
            "DELETE FROM letter WHERE number <= (SELECT max(number) FROM letter) - ?"
            " AND number NOT IN (SELECT letter FROM delivery WHERE state = 'waiting')",
            (_LETTERS,),
        )
        execute("DELETE FROM delivery WHERE letter NOT IN (SELECT number FROM letter)")

    def waiting(self, recipients: tuple[str, ...]) -> tuple[Waiting, ...]:
        """Return what is to be delivered, oldest first.

        What was for somebody who is no recipient any more is forgotten.
        """
        with self._transaction() as execute:
            execute(
                "DELETE FROM delivery WHERE state = 'waiting'"
                " AND recipient NOT IN (SELECT value FROM json_each(?))",
                (msgspec.json.encode(recipients),),
            )
            rows = execute(
                "SELECT letter, recipient, written, doubts FROM delivery"
                " JOIN letter ON number = letter WHERE state = 'waiting'"
                " ORDER BY letter, recipient"
            ).fetchall()
        return tuple(Waiting(*row) for row in rows)

    def data(self, letter: int) -> bytes:
        """Return a letter as it is sent."""
        query = "SELECT data FROM letter WHERE number = ?"
        return bytes(self._connection.execute(query, (letter,)).fetchone()[0])

    def note(self, waiting: Waiting, state: str, fault: str = "", doubts: int = 0) -> None:
        """Record how an attempt to deliver a letter ended."""
        with self._transaction() as execute:
            execute(
                "UPDATE delivery SET state = ?, fault = ?, doubts = doubts + ?"
                " WHERE letter = ? AND recipient = ?",
                (state, fault, doubts, waiting.letter, waiting.recipient),
            )
            execute(
                "UPDATE letter SET data = x'' WHERE number = ? AND NOT EXISTS"
                " (SELECT 1 FROM delivery WHERE letter = number AND state = 'waiting')",
                (waiting.letter,),
            )

    def note_fault(self, fault: str) -> None:
        """Record why nothing can be delivered now."""
        with self._transaction() as execute:
            execute("UPDATE delivery SET fault = ? WHERE state = 'waiting'", (fault,))


def _begin(execute: Callable[..., sqlite3.Cursor], change: Change, now: int) -> None:
    execute(
        "INSERT INTO incident (kind, path, code, problems, content, current, since, changed,"
        " outcome, page, published, mended, told)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, x'')",
        (*change.place, *change[2:6], now, now, *change.version),
    )


def _change(execute: Callable[..., sqlite3.Cursor], change: Change, now: int) -> None:
    values = (now, *change.version, change.number)
    if change.current:
        execute(
            "UPDATE incident SET mended = 0, code = ?, problems = ?, content = ?, current = ?,"
            " changed = ?, outcome = ?, page = ?, published = ? WHERE number = ?",
            (*change[2:6], *values),
        )
    else:
        execute(
            # Nobody waits to hear that there is no remark any more.
            "UPDATE incident SET told = iif(kind = 'remarks', x'', told), current = x'',"
            " mended = ?, changed = ?, outcome = ?, page = ?, published = ? WHERE number = ?",
            (now, *values),
        )
