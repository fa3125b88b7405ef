"""A snapshot: everything the catalogue answers at one revision."""

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from feedsvc.dates import to_microseconds
from feedsvc.model import Entry, Problem

_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_problem = msgspec.json.Decoder(Problem).decode
_encode = msgspec.json.encode
# The columns of a ChangedEntry.
_ROW = "sequence, entry.id, entry.status, entry.published, entry.digest, data"


class ChangedEntry(NamedTuple):
    """An entry as it was last written; `data` is None once it is removed."""

    sequence: int
    id: str
    status: str
    published: int
    digest: bytes
    data: bytes | None

    def entry(self) -> Entry | None:
        """Give the entry, if it is published, now or later."""
        return _decode_entry(self.data) if self.status == "published" and self.data else None


class Snapshot:
    """The catalogue at one revision: all it answers is of the same moment.

    `revision` says which, and `changed` when it was made; `scanned` is when the
    directory was last found in order, `degraded` why it is not now, or ''. `identity` is
    the catalogue's own, `sequence` the highest that any entry ever had. `now`, as all times
    here, is microseconds since the epoch; nothing published later is ever given.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        (
            self.revision,
            self.changed,
            self.render_fingerprint,
            self.scanned,
            self.degraded,
            *known,
        ) = self._one(
            "SELECT revision, changed, render_fingerprint, scanned, degraded, identity, sequence FROM state"
        )
        self.identity, self.sequence = known

    def _all(self, query: str, *values: object) -> list[Any]:
        return self._connection.execute(query, values).fetchall()

    def _one(self, query: str, *values: object) -> Any:  # noqa: ANN401 - rows are of many shapes
        return self._connection.execute(query, values).fetchone()

    def newest(self, now: int, limit: int) -> tuple[Entry, ...]:
        """Give the newest published entries, newest first."""
        return self._entries(
            "status = 'published' AND published <= ? ORDER BY published DESC, id DESC LIMIT ?",
            now,
            limit,
        )

    def for_category(self, slug: str, now: int, limit: int) -> tuple[Entry, ...]:
        """Give the newest published entries of a category, newest first."""
        return self._of_category("slug = ?", now, limit, slug)

    def for_category_month(self, slug: str, month: str, now: int) -> tuple[Entry, ...]:
        """Give all published entries of a category and a month, newest first."""
        return self._of_category("slug = ? AND category.month = ?", now, -1, slug, month)

    def _of_category(
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
        """Give the published entries next before and next after one, in the order of lists."""
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
        """Give all published entries of a month like '2014-08', newest first."""
        return self._entries(
            "status = 'published' AND month = ? AND published <= ?"
            " ORDER BY published DESC, id DESC",
            month,
            now,
        )

    def withdrawn(self, since: int, now: int) -> tuple[Entry, ...]:
        """Give the withdrawn entries that were published at `since` or later, newest first."""
        return self._entries(
            "status = 'withdrawn' AND published BETWEEN ? AND ? ORDER BY published DESC, id DESC",
            since,
            now,
        )

    def _entries(self, condition: str, *values: object) -> tuple[Entry, ...]:
        rows = self._all(
            "SELECT data FROM (SELECT path, published, id FROM entry"  # noqa: S608 - ours alone
            f" WHERE {condition}) JOIN file USING (path)",
            *values,
        )
        return tuple(_decode_entry(data) for (data,) in rows)

    def adjacent_month(self, month: str, now: int, *, later: bool) -> str | None:
        """Give the nearest month with published entries before, or after, another one."""
        row = self._one(
            "SELECT month FROM entry WHERE status = 'published' AND published <= ?"  # noqa: S608
            + (" AND month > ? ORDER BY month" if later else " AND month < ? ORDER BY month DESC")
            + " LIMIT 1",
            now,
            month,
        )
        return None if row is None else str(row[0])

    def unchanged(self, sequences: Iterable[int], now: int) -> frozenset[int]:
        """Give those of the sequences at which an entry became what it is now, and is published."""
        rows = self._all(
            "SELECT sequence FROM json_each(?) CROSS JOIN entry ON sequence = value"
            " WHERE status = 'published' AND published <= ?",
            _encode(tuple(sequences)),
            now,
        )
        return frozenset(sequence for (sequence,) in rows)

    def changed_after(self, sequence: int, limit: int) -> list[ChangedEntry]:
        """Give the entries of a higher sequence, as they are now, the lowest first."""
        rows = self._all(
            f"SELECT {_ROW}"  # noqa: S608
            " FROM entry LEFT JOIN file USING (path) WHERE sequence > ? ORDER BY sequence LIMIT ?",
            sequence,
            limit,
        )
        return [ChangedEntry(*row) for row in rows]

    def published_between(self, after: int, until: int, limit: int) -> list[ChangedEntry]:
        """Return the entries published later than `after`, up to `until`, oldest first."""
        rows = self._all(
            f"SELECT {_ROW} FROM entry LEFT JOIN file USING (path) WHERE entry.status = 'published'"  # noqa: S608
            " AND entry.published > ? AND entry.published <= ? ORDER BY entry.published LIMIT ?",
            after,
            until,
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
        """Give slug and newest label of each category that has published entries."""
        # From each slug to the next: there are few categories, and many entries in each.
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
        """Give id, publication and update of the published entries of a year, newest first."""
        return self._all(
            "SELECT id, published, updated FROM entry"
            " WHERE status = 'published' AND month BETWEEN ? || '-01' AND ? || '-12'"
            " AND published <= ? ORDER BY published DESC, id DESC",
            year,
            year,
            now,
        )

    def find(self, entry_id: str, now: int) -> tuple[str, str, Entry | None] | None:
        """Give an id's status, title and entry (None once it is removed)."""
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
        """Give the last moment up to `now` at which the clock alone changed what is visible."""
        turns = (
            self._one("SELECT max(published) FROM entry WHERE published <= ?", now)[0],
            self._one("SELECT max(updated) FROM entry WHERE updated <= ?", now)[0],
        )
        return max((turn for turn in turns if turn is not None), default=0)

    def next_transition(self, now: int) -> int | None:
        """Give the next moment at which the clock alone will change it."""
        turns = (
            self._one("SELECT min(published) FROM entry WHERE published > ?", now)[0],
            self._one("SELECT min(updated) FROM entry WHERE updated > ?", now)[0],
        )
        return min((turn for turn in turns if turn is not None), default=None)

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
        """Give id, title and time of the entries that will be published, soonest first."""
        return self._all(
            "SELECT id, title, published FROM entry"
            " WHERE status = 'published' AND published > ? ORDER BY published, id",
            now,
        )

    def problems(self) -> tuple[Problem, ...]:
        """Give every problem of every file, in the order of paths and lines."""
        return tuple(
            sorted(_decode_problem(data) for (data,) in self._all("SELECT data FROM problem"))
        )

    def named_files(self) -> dict[str, tuple[str, ...]]:
        """Give the paths of other files that entry files name, by theirs."""
        rows = self._all("SELECT path, named_files FROM file WHERE named_files IS NOT NULL")
        return {path: _decode_names(names) for path, names in rows}

    def fingerprints(self) -> dict[str, str]:
        """Give the fingerprint that each known file had when it was read."""
        return dict(self._all("SELECT path, fingerprint FROM file"))
