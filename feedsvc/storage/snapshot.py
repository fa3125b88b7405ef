"""Snapshots: every query of the catalogue, answered at one revision."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from feedsvc.dates import to_microseconds
from feedsvc.model import Entry, Problem

_decode_entry = msgspec.json.Decoder(Entry).decode
decode_paths = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_problem = msgspec.json.Decoder(Problem).decode
_encode = msgspec.json.encode
# The columns of a ChangedEntry.
_CHANGED = "sequence, entry.id, entry.status, entry.published, entry.digest, data"


class Due(NamedTuple):
    """A place in the order in which entries become public: publication, then sequence."""

    published: int
    sequence: int


class ChangedEntry(NamedTuple):
    """A row of the log of changes: an entry as it was last written.

    `status` is as in Entry, or 'removed'; `published` is in microseconds since the epoch;
    `digest` identifies the content; `data` is the entry as JSON, None if it is removed.
    """

    sequence: int
    id: str
    status: str
    published: int
    digest: bytes
    data: bytes | None

    def entry(self) -> Entry | None:
        """Return the entry if it is published, now or later, else None."""
        return _decode_entry(self.data) if self.status == "published" and self.data else None


class FileVersion(NamedTuple):
    """The last good version of a file: its status, publication and the path of its page.

    `status` is as in Entry; `published` is in microseconds since the epoch.
    """

    status: str
    published: int
    page: str


class Snapshot:
    """The catalogue at one revision: all its answers are consistent with each other.

    `scanned` is when the folder was last found in order; `degraded` is the code for why it is
    not now, or ''. `identity` differs from that of any other catalogue, `sequence` is the
    highest in the log of changes.

    All times, `now` included, are microseconds since the epoch. Unless stated otherwise, no
    method returns an entry that is published later than `now`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        (
            self.revision,
            self.scanned,
            self.degraded,
            self.identity,
            self.sequence,
        ) = self._one("SELECT revision, scanned, degraded, identity, sequence FROM state")

    def _all(self, query: str, *values: object) -> list[Any]:
        return self._connection.execute(query, values).fetchall()

    def _one(self, query: str, *values: object) -> Any:  # noqa: ANN401 - rows are of many shapes
        return self._connection.execute(query, values).fetchone()

    def writer_faults(self) -> tuple[str, int]:
        """Return why the kernel does not report all changes (or ''), and the deaths of readers."""
        watch_fault, deaths = self._one("SELECT watch_fault, reader_deaths FROM state")
        return watch_fault, deaths

    def unread(self) -> dict[str, int]:
        """Return how many files and folders may be news but are not read, by kind."""
        (text,) = self._one("SELECT unread FROM state")
        return dict(json.loads(text))

    def newest(self, now: int, limit: int) -> tuple[Entry, ...]:
        """Return the newest published entries, newest first."""
        return self._entries(
            "status = 'published' AND published <= ? ORDER BY published DESC, id DESC LIMIT ?",
            now,
            limit,
        )

    def for_category(self, slug: str, now: int, limit: int) -> tuple[Entry, ...]:
        """Return the newest published entries of a category, newest first."""
        return self._category_entries("slug = ?", now, limit, slug)

    def for_category_month(self, slug: str, month: str, now: int) -> tuple[Entry, ...]:
        """Return all published entries of a category and a month, newest first."""
        return self._category_entries("slug = ? AND category.month = ?", now, -1, slug, month)

    def _category_entries(
        self, condition: str, now: int, limit: int, *values: object
    ) -> tuple[Entry, ...]:
        rows = self._all(
            "SELECT data FROM category JOIN entry USING (id) JOIN file USING (path)"  # noqa: S608
            f" WHERE {condition} AND entry.status = 'published' AND category.published <= ?"
            " ORDER BY category.published DESC, category.id DESC LIMIT ?",
            *values,
            now,
            limit,
        )
        return tuple(_decode_entry(data) for (data,) in rows)

    def neighbours(self, entry: Entry, now: int) -> tuple[Entry | None, Entry | None]:
        """Return the published entries before and after one, by publication, then id."""
        place = (to_microseconds(entry.published), entry.id)
        earlier = self._entries(
            "status = 'published' AND (published, id) < (?, ?)"
            " ORDER BY published DESC, id DESC LIMIT 1",
            *place,
        )
        later = self._entries(
            "status = 'published' AND (published, id) > (?, ?) AND published <= ?"
            " ORDER BY published, id LIMIT 1",
            *place,
            now,
        )
        return earlier[0] if earlier else None, later[0] if later else None

    def for_month(self, month: str, now: int) -> tuple[Entry, ...]:
        """Return all published entries of a month like '2014-08', newest first."""
        return self._entries(
            "status = 'published' AND month = ? AND published <= ?"
            " ORDER BY published DESC, id DESC",
            month,
            now,
        )

    def withdrawn(self, since: int, now: int) -> tuple[Entry, ...]:
        """Return the withdrawn entries that were published at `since` or later, newest first."""
        return self._entries(
            "status = 'withdrawn' AND published BETWEEN ? AND ? ORDER BY published DESC, id DESC",
            since,
            now,
        )

    def _entries(self, condition: str, *values: object) -> tuple[Entry, ...]:
        rows = self._all(
            # SQLite drops the order of a subquery that is joined without a limit.
            "SELECT data FROM (SELECT path, published, id FROM entry"  # noqa: S608 - ours alone
            f" WHERE {condition}) AS found JOIN file USING (path)"
            " ORDER BY found.published DESC, found.id DESC",
            *values,
        )
        return tuple(_decode_entry(data) for (data,) in rows)

    def moved(self, aliases: Iterable[str], now: int) -> str | None:
        """Return the page of the entry that had one of these addresses; None if none had.

        The first address counts before the others; of several entries the first published.
        """
        row = self._one(
            "SELECT page FROM json_each(?) AS asked"
            " CROSS JOIN alias ON alias.alias = asked.value JOIN entry ON entry.id = alias.id"
            " WHERE status <> 'draft' AND published <= ? ORDER BY asked.key, published, entry.id"
            " LIMIT 1",
            _encode(tuple(aliases)),
            now,
        )
        return None if row is None else str(row[0])

    def adjacent_month(self, month: str, now: int, *, later: bool) -> str | None:
        """Return the nearest month with published entries before or after another one."""
        row = self._one(
            "SELECT month FROM entry WHERE status = 'published' AND published <= ?"  # noqa: S608
            + (" AND month > ? ORDER BY month" if later else " AND month < ? ORDER BY month DESC")
            + " LIMIT 1",
            now,
            month,
        )
        return None if row is None else str(row[0])

    def unchanged(self, sequences: Iterable[int], now: int) -> frozenset[int]:
        """Return those sequences at which a published entry was last written."""
        rows = self._all(
            "SELECT sequence FROM json_each(?) CROSS JOIN entry ON sequence = value"
            " WHERE status = 'published' AND published <= ?",
            _encode(tuple(sequences)),
            now,
        )
        return frozenset(sequence for (sequence,) in rows)

    def changed_after(self, sequence: int, limit: int) -> list[ChangedEntry]:
        """Return the entries of a higher sequence, whenever published, lowest sequence first."""
        rows = self._all(
            f"SELECT {_CHANGED} FROM entry LEFT JOIN file USING (path) WHERE sequence > ?"  # noqa: S608
            " UNION ALL SELECT sequence, id, 'removed', 0, x'', NULL FROM deleted"
            " WHERE sequence > ? ORDER BY sequence LIMIT ?",
            sequence,
            sequence,
            limit,
        )
        return [ChangedEntry(*row) for row in rows]

    def newly_due(self, start: Due, end: Due, sequence: int, limit: int) -> list[ChangedEntry]:
        """Return published entries after `start` up to `end`, oldest first.

        Only entries of up to a sequence are returned, whenever they are published.
        """
        return self._between(start, end, sequence, limit, "ASC")

    def no_longer_due(self, start: Due, end: Due, sequence: int, limit: int) -> list[ChangedEntry]:
        """Return what `newly_due` returns, but newest first."""
        return self._between(start, end, sequence, limit, "DESC")

    def _between(
        self, start: Due, end: Due, sequence: int, limit: int, order: str
    ) -> list[ChangedEntry]:
        rows = self._all(
            f"SELECT {_CHANGED} FROM entry LEFT JOIN file USING (path)"  # noqa: S608
            " WHERE entry.status = 'published' AND (entry.published, sequence) > (?, ?)"
            " AND (entry.published, sequence) <= (?, ?) AND +sequence <= ?"
            f" ORDER BY entry.published {order}, sequence {order} LIMIT ?",
            *start,
            *end,
            sequence,
            limit,
        )
        return [ChangedEntry(*row) for row in rows]

    def months(self, now: int) -> list[tuple[str, int]]:
        """Count the published entries of each month that has any, newest first."""
        return self._all(
            "SELECT month, count(*) FROM entry WHERE status = 'published' AND published <= ?"
            " GROUP BY month ORDER BY month DESC",
            now,
        )

    def months_for_category(self, slug: str, now: int) -> list[tuple[str, int]]:
        """Count the published entries of each month in which a category has any, newest first."""
        return self._all(
            "SELECT month, count(*) FROM category WHERE slug = ? AND published <= ?"
            " GROUP BY month ORDER BY month DESC",
            slug,
            now,
        )

    def categories(self, now: int) -> list[tuple[str, str]]:
        """Return slug and newest label of each category that has published entries, by label."""
        # Skip from each slug to the next: there are few categories, with many entries each.
        rows = self._all(
            "WITH RECURSIVE each (slug) AS (SELECT min(slug) FROM category UNION ALL"
            " SELECT (SELECT min(slug) FROM category WHERE category.slug > each.slug)"
            " FROM each WHERE slug IS NOT NULL)"
            " SELECT slug, (SELECT label FROM category JOIN entry USING (id)"
            "  WHERE category.slug = each.slug AND status = 'published'"
            "  AND category.published <= ? ORDER BY category.published DESC LIMIT 1) AS label"
            " FROM each WHERE label IS NOT NULL ORDER BY label, slug",
            now,
        )
        return [(slug, label) for slug, label in rows]

    def addresses(self, year: str, now: int) -> list[tuple[str, int, int]]:
        """Return page, publication and update of a year's published entries, newest first."""
        return self._all(
            "SELECT page, published, updated FROM entry"
            " WHERE status = 'published' AND month BETWEEN ? || '-01' AND ? || '-12'"
            " AND published <= ? ORDER BY published DESC, id DESC",
            year,
            year,
            now,
        )

    def find(self, entry_id: str, now: int) -> tuple[str, str, Entry | None] | None:
        """Return an id's status, title and entry (None if it is removed); None if unknown."""
        row = self._one(
            "SELECT entry.status, entry.title, data FROM entry LEFT JOIN file USING (path)"
            " WHERE entry.id = ? AND entry.published <= ?",
            entry_id,
            now,
        )
        if row is None:
            return None
        status, title, data = row
        return status, title, None if data is None else _decode_entry(data)

    def last_transition(self, now: int) -> int:
        """Return the last moment up to `now` at which time alone changed what is public."""
        moments = (
            self._one("SELECT max(published) FROM entry WHERE published <= ?", now)[0],
            self._one("SELECT max(updated) FROM entry WHERE updated <= ?", now)[0],
        )
        return max((moment for moment in moments if moment is not None), default=0)

    def next_transition(self, now: int) -> int | None:
        """Return the next moment at which time alone will change what is public, or None."""
        moments = (
            self._one("SELECT min(published) FROM entry WHERE published > ?", now)[0],
            self._one("SELECT min(updated) FROM entry WHERE updated > ?", now)[0],
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def newest_moment(self, now: int) -> int:
        """Return the newest publication or update up to `now`, of an entry or a withdrawn one.

        It follows from the files alone: entries whose files are gone do not count. Return 0 if
        there is none.
        """
        rows = self._all(
            "SELECT max(published) FROM entry WHERE status = 'published' AND published <= ?1"
            " UNION ALL"
            " SELECT max(published) FROM entry WHERE status = 'withdrawn' AND published <= ?1"
            " UNION ALL SELECT * FROM (SELECT updated FROM entry WHERE updated <= ?1"
            # With a plus no index of the status is used, which would sort all entries.
            "  AND +status IN ('published', 'withdrawn') ORDER BY updated DESC LIMIT 1)",
            now,
        )
        return max((moment for (moment,) in rows if moment is not None), default=0)

    def counts(self, now: int) -> dict[str, int]:
        """Count the entries by status; 'scheduled' are those published later than `now`."""
        counts = dict.fromkeys(("published", "scheduled", "draft", "withdrawn", "removed"), 0)
        rows = self._all(
            "SELECT iif(status = 'published' AND published > ?, 'scheduled', status), count(*)"
            " FROM entry GROUP BY 1",
            now,
        )
        return counts | dict(rows)

    def scheduled(self, now: int) -> list[tuple[str, str, int]]:
        """Return id, title and publication of the entries scheduled for later, soonest first."""
        return self._all(
            "SELECT id, title, published FROM entry"
            " WHERE status = 'published' AND published > ? ORDER BY published, id",
            now,
        )

    def problems(self) -> tuple[Problem, ...]:
        """Return every problem of every file, by path and line."""
        return tuple(
            sorted(_decode_problem(data) for (data,) in self._all("SELECT data FROM problem"))
        )

    def problems_of_files(self) -> Iterator[tuple[str, tuple[Problem, ...]]]:
        """Yield the path of each file that has problems, and these, by path and line.

        At no time are all of them in memory.
        """
        rows = self._connection.execute("SELECT path, data FROM problem ORDER BY path")
        for path, group in groupby(rows, itemgetter(0)):
            yield path, tuple(sorted(_decode_problem(data) for _, data in group))

    def version_of(self, path: str) -> FileVersion | None:
        """Return what the last good version of a file is published as; None if it has none."""
        row = self._one(
            "SELECT status, published, page FROM file WHERE path = ? AND id IS NOT NULL", path
        )
        return None if row is None else FileVersion(*row)

    def knows(self, path: str) -> bool:
        """Return whether the folder has an entry file of this path."""
        return self._one("SELECT 1 FROM file WHERE path = ?", path) is not None

    def named_files(self) -> dict[str, tuple[str, ...]]:
        """Return the paths of other files that entry files name, by the path of the entry file."""
        rows = self._all("SELECT path, named_files FROM file WHERE named_files IS NOT NULL")
        return {path: decode_paths(named_files) for path, named_files in rows}

    def fingerprints(self) -> dict[str, str]:
        """Return the fingerprint that each known file had when it was read, by path."""
        return dict(self._all("SELECT path, fingerprint FROM file"))
