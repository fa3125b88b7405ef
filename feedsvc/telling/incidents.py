"""Incidents: what was wrong, since when, and what became of it; how other processes read them."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from feedsvc.model import Problem
from feedsvc.problems import severity
from feedsvc.storage.sqlite import Schema, open_for_reading

FILE = "telling.sqlite3"
# A file that is kept back, one that is published with remarks, and the two things that can be
# wrong with the entries folder as a whole.
Kind = Literal["kept-back", "remarks", "folder", "watching"]
# What became of a file: as `Entry.status`, or 'scheduled', 'gone', 'kept-back', or ''.
Outcome = Literal["published", "scheduled", "draft", "withdrawn", "gone", "kept-back", ""]

# How far a letter to one recipient may be.
STATES = ("waiting", "sent", "refused", "expired")

_TABLES = """
CREATE TABLE state (
    complete INTEGER NOT NULL,     -- 1 from the start
    identity TEXT NOT NULL,        -- differs from that of any other database
    is_new INTEGER NOT NULL,       -- 1 until the first letter, which tells everything there is
    next_letter INTEGER NOT NULL,  -- there is no letter before that moment
    pause INTEGER NOT NULL         -- how long to wait after a letter, in microseconds
);
INSERT INTO state VALUES (1, lower(hex(randomblob(8))), 1, 0, 0);
CREATE TABLE incident (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,            -- '' for the folder as a whole
    code TEXT NOT NULL,            -- what is wrong with the folder, or ''
    problems BLOB NOT NULL,        -- JSON: what is wrong with the file
    content BLOB NOT NULL,         -- a digest of that
    since INTEGER NOT NULL,        -- moments, in microseconds since the epoch
    changed INTEGER NOT NULL,
    mended INTEGER NOT NULL,       -- 0 while it lasts
    outcome TEXT NOT NULL,
    page TEXT NOT NULL,            -- the path of the page of the last good version, or ''
    published INTEGER NOT NULL,    -- and when that is or was published
    current BLOB NOT NULL,         -- a digest of what is wrong; empty once it is mended
    told BLOB NOT NULL,            -- the digest of what was last told; empty if nothing was
    letter INTEGER                 -- the letter that told it
);
CREATE UNIQUE INDEX incident_live ON incident (kind, path) WHERE current <> x'' OR told <> x'';
CREATE INDEX incident_untold ON incident (number) WHERE current <> told;
CREATE INDEX incident_changed ON incident (changed);
CREATE TABLE letter (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    written INTEGER NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL             -- the whole message, as it is sent; empty once that is done
);
CREATE TABLE delivery (
    letter INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL,           -- 'waiting', 'sent', 'refused' or 'expired'
    doubts INTEGER NOT NULL,       -- how often it was handed over, but not confirmed
    fault TEXT NOT NULL,           -- what the last attempt met with, in the site's language
    PRIMARY KEY (letter, recipient)
) WITHOUT ROWID;
CREATE INDEX delivery_waiting ON delivery (letter) WHERE state = 'waiting';
"""
SCHEMA = Schema(_TABLES, stored=(Problem,))
COLUMNS = (
    "number, kind, path, code, problems, since, changed, mended, outcome, page, published, letter"
)
_decode_problems = msgspec.json.Decoder(tuple[Problem, ...]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that is or was wrong with a file, or with the folder as a whole.

    `code` is a key of `storage.status.DEGRADED` if `kind` is "folder", and the name of an error
    if it is "watching". `since`, `changed` and `mended` are in microseconds since the epoch;
    `mended` is 0 while it lasts. `outcome` is what became of the file: while it is kept back,
    what its last good version is published as ('' if it has none). `page` is the path of that
    version's page, `published` its moment. `letter` is the number of the letter that told of it.
    """

    number: int
    kind: Kind
    path: str
    code: str
    problems: tuple[Problem, ...]
    since: int
    changed: int
    mended: int
    outcome: Outcome
    page: str
    published: int
    letter: int | None = None


class Delivery(NamedTuple):
    """A letter to one recipient: when it was written (microseconds), and how far it is.

    `state` is one of `STATES`, `fault` what the last attempt met
    with.
    """

    written: int
    subject: str
    recipient: str
    state: str
    fault: str


def to_incident(row: tuple[object, ...]) -> Incident:
    """Return the incident in a row of `COLUMNS`."""
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    values["problems"] = _decode_problems(values["problems"])  # type: ignore[arg-type]
    return Incident(**values)  # type: ignore[arg-type]


def digest(code: str, problems: tuple[Problem, ...]) -> bytes:
    """Return what identifies that which is wrong: of a file that is kept back, its errors."""
    errors = [each for each in problems if severity(each) == "error"]
    return blake2b(msgspec.json.encode((code, errors or problems)), digest_size=8).digest()


class Tally(NamedTuple):
    """How many there are of something, and since when the first of them (microseconds; or 0)."""

    number: int
    since: int


class Incidents:
    """The incidents and letters, for processes that only read them. Safe to share."""

    def __init__(self, instance: Path) -> None:
        self._path = instance / FILE

    def recent(self, limit: int) -> tuple[Incident, ...]:
        """Return the incidents that changed last, newest first; none if nothing is recorded."""
        rows = self._rows(
            f"SELECT {COLUMNS} FROM incident ORDER BY changed DESC, number DESC LIMIT ?",  # noqa: S608
            limit,
        )
        with suppress(msgspec.MsgspecError):  # damaged, as below
            return tuple(map(to_incident, rows))
        return ()

    def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        """Return the letters that were written last, newest first, to each recipient."""
        rows = self._rows(
            "SELECT written, subject, recipient, state, fault FROM delivery"
            " JOIN letter ON number = letter ORDER BY letter DESC, recipient LIMIT ?",
            limit,
        )
        return tuple(Delivery(*row) for row in rows)  # type: ignore[arg-type]

    def kept_back(self) -> Tally:
        """Count the files that are kept back now."""
        rows = self._rows(
            "SELECT count(*), coalesce(min(since), 0) FROM incident"
            " WHERE current <> x'' AND kind = 'kept-back' LIMIT ?",
            1,
        )
        return Tally(*rows[0]) if rows else Tally(0, 0)  # type: ignore[arg-type]

    def deliveries_by_state(self) -> dict[str, Tally]:
        """Count the letters that are remembered, to each recipient, by `Delivery.state`."""
        rows = self._rows(
            "SELECT state, count(*), min(written) FROM delivery"
            " JOIN letter ON number = letter GROUP BY state LIMIT ?",
            len(STATES),
        )
        found = {state: Tally(*counts) for state, *counts in rows}  # type: ignore[arg-type]
        return {state: found.get(state, Tally(0, 0)) for state in STATES}

    def _rows(self, query: str, limit: int) -> list[tuple[object, ...]]:
        connection = open_for_reading(self._path, SCHEMA)
        if connection is None:
            return []
        with closing(connection):
            try:
                return connection.execute(query, (limit,)).fetchall()
            except sqlite3.Error:
                # It is recreated by the process that writes it.
                return []
