"""The queue as other processes read it: its tables, and how each receiver stands."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from feedsvc.storage.sqlite import Schema, open_for_reading

FILE = "outbox.sqlite3"
# What became of requests: taken; refused for good; refused because of the key; refused for now;
# answered with anything else; not answered, though it may have arrived; not connected. And
# of addresses: given up, as nobody took them for days.
OUTCOMES = (
    "accepted",
    "refused",
    "forbidden",
    "limited",
    "failed",
    "unconfirmed",
    "unreachable",
    "expired",
)

# Moments are in microseconds since the epoch.
_TABLES = """
CREATE TABLE state (
    complete INTEGER NOT NULL,     -- 1 from the start
    catalogue TEXT NOT NULL,       -- the identity of the catalogue that is followed; '' at first
    position BLOB NOT NULL,        -- JSON: how far its log of changes is read
    walk INTEGER NOT NULL,         -- counts the catalogues that were gone through
    walk_end INTEGER NOT NULL,     -- the sequence up to which this one is; -1 once that is done
    walk_moment INTEGER NOT NULL,  -- as of when
    is_first INTEGER NOT NULL,     -- 1 until the first is gone through, of which nobody is told
    changes INTEGER NOT NULL       -- counts what was put into the queue
);
INSERT INTO state VALUES (1, '', '[0,0,null]', 0, -1, 0, 1, 0);
CREATE TABLE known (               -- the entries that were public, as they were last seen
    id TEXT PRIMARY KEY,
    page TEXT NOT NULL,            -- the path of its page
    digest BLOB NOT NULL,          -- of what that shows
    topics TEXT NOT NULL,          -- the paths of feeds that have it, beside the main ones; lines
    walk INTEGER NOT NULL          -- when it was last seen
) WITHOUT ROWID;
CREATE TABLE receiver (
    name TEXT PRIMARY KEY,
    secret BLOB NOT NULL,          -- a digest of what it is told by
    due INTEGER NOT NULL,          -- it is left alone until then
    failures INTEGER NOT NULL,     -- in a row
    fault TEXT NOT NULL,           -- what the last one was, in the site's language; or ''
    told INTEGER NOT NULL          -- when it last took something; 0 if never
) WITHOUT ROWID;
CREATE TABLE item (                -- what a receiver is still to be told
    receiver TEXT NOT NULL,
    address TEXT NOT NULL,
    since INTEGER NOT NULL,        -- of the first change that it was not told
    change INTEGER NOT NULL,       -- the number of the last one
    PRIMARY KEY (receiver, address)
) WITHOUT ROWID;
CREATE TABLE sent (                -- what it was told last, or perhaps was
    receiver TEXT NOT NULL,
    address TEXT NOT NULL,
    moment INTEGER NOT NULL,       -- written before the request begins
    change INTEGER NOT NULL,       -- which change that was
    is_open INTEGER NOT NULL,      -- 1 while the answer is not known
    PRIMARY KEY (receiver, address)
) WITHOUT ROWID;
CREATE TABLE outcome (
    receiver TEXT NOT NULL,
    outcome TEXT NOT NULL,         -- one of OUTCOMES
    number INTEGER NOT NULL,
    PRIMARY KEY (receiver, outcome)
) WITHOUT ROWID;
"""
SCHEMA = Schema(
    _TABLES,
    carried="SELECT receiver, address, since, change FROM item",
    carry="INSERT INTO item VALUES (?, ?, ?, ?)",
)


class ReceiverState(NamedTuple):
    """How a receiver stands.

    `name` is its `label`. `queued` counts what it is still to be told, `since` is when the first of
    that changed (0 if there is nothing); `due` is until when it is left alone, `failures` how often
    in a row it could not be told, and `fault` why. `told` is when it last took something, or 0.
    """

    name: str
    queued: int
    since: int
    due: int
    failures: int
    fault: str
    told: int
    outcomes: dict[str, int]


def label(address: str) -> str:
    """Return what a receiver is called: its address without a query, which may hold a secret."""
    parts = urlsplit(address)
    return f"{parts.hostname or ''}{parts.path.rstrip('/')}"


def receiver_states(instance: Path) -> list[ReceiverState]:
    """Return how each receiver stands; none if there is no queue that can be read."""
    connection = open_for_reading(instance / FILE, SCHEMA)
    if connection is None:
        return []
    with closing(connection):
        try:
            return _receiver_states(connection)
        except sqlite3.Error:
            return []


def _receiver_states(connection: sqlite3.Connection) -> list[ReceiverState]:
    connection.execute("BEGIN")
    numbers: dict[str, dict[str, int]] = {}
    for name, outcome, number in connection.execute("SELECT * FROM outcome"):
        numbers.setdefault(name, dict.fromkeys(OUTCOMES, 0))[outcome] = number
    rows = connection.execute(
        "SELECT name, count(address), coalesce(min(since), 0), due, failures, fault, told"
        " FROM receiver LEFT JOIN item ON receiver = name GROUP BY name ORDER BY name"
    )
    none = dict.fromkeys(OUTCOMES, 0)
    return [
        ReceiverState._make((label(name), *row, numbers.get(name, none))) for name, *row in rows
    ]
