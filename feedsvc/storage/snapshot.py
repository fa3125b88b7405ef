"""Snapshots: every query of the catalogue, answered at one revision."""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from feedsvc.dates import to_microseconds
from feedsvc.model import Entry, Problem, Teaser
from feedsvc.storage.change_rows import ChangeRows
from feedsvc.storage.file_rows import FileRows
from feedsvc.storage.rows import decode_entry, decode_problem
from feedsvc.storage.translation_rows import TranslationRows

# Leaves out what a teaser does not have.
_decode_teaser = msgspec.json.Decoder(Teaser).decode
_encode = msgspec.json.encode
# The moments at which time alone changes what is public, or its order.
_MOMENTS = ("published", "updated", "expires", "pinned")
# Of an entry that is public; the values are now, twice. Each of these stands in an index.
_PUBLIC = "status = 'published' AND published <= ? AND (expires IS NULL OR expires > ?)"
# The same of the tables that repeat these columns of published entries.
_LISTED = "{0}.published <= ? AND ({0}.expires IS NULL OR {0}.expires > ?)"
_IN_CATEGORY, _IN_LANGUAGE = _LISTED.format("category"), _LISTED.format("language")


class Snapshot(ChangeRows, FileRows, TranslationRows):
    """The catalogue at one revision: all its answers are consistent with each other.

    `scanned` is when the folder was last found in order; `degraded` is the code for why it is
    not now, or ''. `identity` differs from that of any other catalogue, `sequence` is the
    highest in the log of changes.

    All times, `now` included, are microseconds since the epoch. Unless stated otherwise, no
    method returns an entry that is published later than `now`, or whose end has come by then.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._newest: dict[tuple[int, int], tuple[Entry, ...]] = {}
        (
            self.revision,
            self.scanned,
            self.degraded,
            self.identity,
            self.sequence,
        ) = self.one_row("SELECT revision, scanned, degraded, identity, sequence FROM state")

    def writer_faults(self) -> tuple[str, int]:
        """Return why the kernel does not report all changes (or ''), and the deaths of readers."""
        watch_fault, deaths = self.one_row("SELECT watch_fault, reader_deaths FROM state")
        return watch_fault, deaths

    def newest(self, now: int, limit: int) -> tuple[Entry, ...]:
        """Return the newest published entries, newest first. Several feeds begin with the same."""
        if (now, limit) not in self._newest:
            self._newest[now, limit] = self.entries_where(
                f"{_PUBLIC} ORDER BY published DESC, id DESC LIMIT ?",
                now,
                now,
                limit,
            )
        return self._newest[now, limit]

    def pinned(self, now: int, limit: int) -> tuple[Entry, ...]:
        """Return the newest published entries that are pinned at `now`, newest first."""
        return self.entries_where(
            # With a plus only the index of what is pinned is used.
            "pinned > ? AND +status = 'published' AND +published <= ?"
            " AND (expires IS NULL OR expires > ?) ORDER BY +published DESC, id DESC LIMIT ?",
            now,
            now,
            now,
            limit,
        )

    def in_language(self, tag: str, now: int, limit: int) -> tuple[Entry, ...]:
        """Return the newest published entries that name a language, newest first."""
        rows = self.all_rows(
            "SELECT data FROM language JOIN entry USING (id) JOIN file USING (path)"  # noqa: S608
            f" WHERE tag = ? AND {_IN_LANGUAGE}"
            " ORDER BY language.published DESC, language.id DESC LIMIT ?",
            tag,
            now,
            now,
            limit,
        )
        return tuple(decode_entry(data) for (data,) in rows)

    def in_no_other_language(self, tag: str, now: int, limit: int) -> tuple[Entry, ...]:
        """Return the newest published entries that name this language or none, newest first."""
        return self.entries_where(
            f"{_PUBLIC} AND NOT EXISTS"  # noqa: S608 - ours alone
            " (SELECT 1 FROM language WHERE language.id = entry.id AND tag <> ?)"
            " ORDER BY published DESC, id DESC LIMIT ?",
            now,
            now,
            tag,
            limit,
        )

    def languages(self, now: int) -> list[str]:
        """Return the languages that published entries name, by their tags."""
        # Skip from each tag to the next, as in `categories`.
        rows = self.all_rows(
            "WITH RECURSIVE each (tag) AS (SELECT min(tag) FROM language UNION ALL"  # noqa: S608
            " SELECT (SELECT min(tag) FROM language WHERE language.tag > each.tag)"
            " FROM each WHERE tag IS NOT NULL)"
            " SELECT tag FROM each WHERE EXISTS (SELECT 1 FROM language"
            f"  WHERE language.tag = each.tag AND {_IN_LANGUAGE})",
            now,
            now,
        )
        return [tag for (tag,) in rows]

    def for_category(self, slug: str, now: int, limit: int) -> tuple[Entry, ...]:
        """Return the newest published entries of a category, newest first."""
        return self._category_entries("slug = ?", now, limit, slug)

    def for_category_month(self, slug: str, month: str, now: int) -> tuple[Entry, ...]:
        """Return all published entries of a category and a month, newest first."""
        return self._category_entries("slug = ? AND category.month = ?", now, -1, slug, month)

    def _category_entries(
        self, condition: str, now: int, limit: int, *values: object
    ) -> tuple[Entry, ...]:
        rows = self.all_rows(
            "SELECT data FROM category JOIN entry USING (id) JOIN file USING (path)"  # noqa: S608
            f" WHERE {condition} AND entry.status = 'published' AND {_IN_CATEGORY}"
            " ORDER BY category.published DESC, category.id DESC LIMIT ?",
            *values,
            now,
            now,
            limit,
        )
        return tuple(decode_entry(data) for (data,) in rows)

    def neighbours(self, entry: Entry, now: int) -> tuple[Entry | None, Entry | None]:
        """Return the published entries before and after one, by publication, then id."""
        place = (to_microseconds(entry.published), entry.id)
        earlier = self.entries_where(
            "status = 'published' AND (published, id) < (?, ?)"
            " AND (expires IS NULL OR expires > ?)"
            " ORDER BY published DESC, id DESC LIMIT 1",
            *place,
            now,
        )
        later = self.entries_where(
            f"{_PUBLIC} AND (published, id) > (?, ?) ORDER BY published, id LIMIT 1",
            now,
            now,
            *place,
        )
        return earlier[0] if earlier else None, later[0] if later else None

    def around(
        self, entry: Entry, slug: str | None, apart_from: Sequence[str], now: int, most: int
    ) -> tuple[Teaser, ...]:
        """Return published entries of a category (None: of all) next to one, newest first.

        They are up to `most` earlier ones and half as many later ones, without those whose ids
        are `apart_from`.
        """
        place = (to_microseconds(entry.published), entry.id)
        source = "entry AS it WHERE" if slug is None else "category AS it WHERE slug = ? AND"
        category = () if slug is None else (slug,)
        others = f"it.id NOT IN ({', '.join('?' * len(apart_from))})"
        current = "(it.expires IS NULL OR it.expires > ?)"
        # The status is looked up by id, so that the order of the source's index is kept.
        status = "(SELECT status FROM entry WHERE entry.id = it.id) = 'published'"
        if slug is None:
            status = "status = 'published'"
        rows = self.all_rows(
            "SELECT data FROM ("  # noqa: S608 - ours alone
            f"SELECT * FROM (SELECT it.id, it.published FROM {source} {status} AND {others}"
            f"  AND (it.published, it.id) < (?, ?) AND {current}"
            "  ORDER BY it.published DESC, it.id DESC LIMIT ?)"
            f" UNION ALL SELECT * FROM (SELECT it.id, it.published FROM {source} {status}"
            f"  AND {others} AND (it.published, it.id) > (?, ?) AND it.published <= ? AND {current}"
            "  ORDER BY it.published, it.id LIMIT ?)"
            ") AS found JOIN entry USING (id) JOIN file USING (path)"
            " ORDER BY found.published DESC, found.id DESC",
            *(*category, *apart_from, *place, now, most),
            *(*category, *apart_from, *place, now, now, most // 2),
        )
        return tuple(_decode_teaser(data) for (data,) in rows)

    def for_month(self, month: str, now: int) -> tuple[Entry, ...]:
        """Return all published entries of a month like '2014-08', newest first."""
        return self.entries_where(
            f"{_PUBLIC} AND month = ? ORDER BY published DESC, id DESC",
            now,
            now,
            month,
        )

    def withdrawn(self, since: int, until: int, now: int, limit: int = -1) -> tuple[Entry, ...]:
        """Return the withdrawn entries, and those whose end has come, newest first.

        Only those are returned that were published from `since` to `until`, both included.
        """
        until = min(until, now)
        withdrawn = self.entries_where(
            "status = 'withdrawn' AND published BETWEEN ? AND ?"
            " ORDER BY published DESC, id DESC LIMIT ?",
            since,
            until,
            limit,
        )
        ended = self.entries_where(
            # With a plus only the index of what ends is used.
            "expires <= ? AND +status = 'published' AND +published BETWEEN ? AND ?"
            " ORDER BY +published DESC, id DESC LIMIT ?",
            now,
            since,
            until,
            limit,
        )
        if not ended:
            return withdrawn
        both = sorted((*withdrawn, *ended), key=lambda each: (each.published, each.id))[::-1]
        return tuple(both if limit < 0 else both[:limit])

    def moved(self, aliases: Iterable[str], now: int) -> str | None:
        """Return the page of the entry that had one of these addresses; None if none had.

        The first address counts before the others; of several entries the first published.
        """
        row = self.one_row(
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
        row = self.one_row(
            f"SELECT month FROM entry WHERE {_PUBLIC}"  # noqa: S608 - ours alone
            + (" AND month > ? ORDER BY month" if later else " AND month < ? ORDER BY month DESC")
            + " LIMIT 1",
            now,
            now,
            month,
        )
        return None if row is None else str(row[0])

    def unchanged(self, sequences: Iterable[int], now: int) -> frozenset[int]:
        """Return those sequences at which a published entry was last written."""
        rows = self.all_rows(
            "SELECT sequence FROM json_each(?) CROSS JOIN entry ON sequence = value"  # noqa: S608
            f" WHERE {_PUBLIC}",
            _encode(tuple(sequences)),
            now,
            now,
        )
        return frozenset(sequence for (sequence,) in rows)

    def months(self, now: int) -> list[tuple[str, int]]:
        """Count the published entries of each month that has any, newest first."""
        return self.all_rows(
            "SELECT month, count(*) FROM entry WHERE status = 'published' AND published <= ?1"  # noqa: S608
            f"{self._lasts(now)} GROUP BY month ORDER BY month DESC",
            now,
        )

    def months_for_category(self, slug: str, now: int) -> list[tuple[str, int]]:
        """Count the published entries of each month in which a category has any, newest first."""
        return self.all_rows(
            "SELECT month, count(*) FROM category WHERE published <= ?1 AND slug = ?2"  # noqa: S608
            f"{self._lasts(now)} GROUP BY month ORDER BY month DESC",
            now,
            slug,
        )

    def _lasts(self, now: int) -> str:
        """Return the condition that nothing counted has ended at `now`, the first value.

        It is empty if nothing has ended yet: checking each of 100,000 entries takes time.
        """
        (has_ended,) = self.one_row("SELECT EXISTS (SELECT 1 FROM entry WHERE expires <= ?)", now)
        return " AND (expires IS NULL OR expires > ?1)" if has_ended else ""

    def categories(self, now: int) -> list[tuple[str, str]]:
        """Return slug and newest label of each category that has published entries, by label."""
        # Skip from each slug to the next: there are few categories, with many entries each.
        rows = self.all_rows(
            "WITH RECURSIVE each (slug) AS (SELECT min(slug) FROM category UNION ALL"  # noqa: S608
            " SELECT (SELECT min(slug) FROM category WHERE category.slug > each.slug)"
            " FROM each WHERE slug IS NOT NULL)"
            " SELECT slug, (SELECT label FROM category JOIN entry USING (id)"
            "  WHERE category.slug = each.slug AND status = 'published'"
            f"  AND {_IN_CATEGORY}"
            "  ORDER BY category.published DESC LIMIT 1) AS label"
            " FROM each WHERE label IS NOT NULL ORDER BY label, slug",
            now,
            now,
        )
        return [(slug, label) for slug, label in rows]

    def addresses(self, year: str, now: int) -> list[tuple[str, int, int]]:
        """Return page, publication and update of a year's published entries, newest first."""
        return self.all_rows(
            "SELECT page, published, updated FROM entry"  # noqa: S608 - ours alone
            f" WHERE {_PUBLIC} AND month BETWEEN ? || '-01' AND ? || '-12'"
            " ORDER BY published DESC, id DESC",
            now,
            now,
            year,
            year,
        )

    def find(self, entry_id: str, now: int) -> tuple[str, str, Entry | None] | None:
        """Return an id's status, title and entry (None if it is removed); None if unknown.

        An entry whose end has come is returned as well.
        """
        row = self.one_row(
            "SELECT entry.status, entry.title, data FROM entry LEFT JOIN file USING (path)"
            " WHERE entry.id = ? AND entry.published <= ?",
            entry_id,
            now,
        )
        if row is None:
            return None
        status, title, data = row
        return status, title, None if data is None else decode_entry(data)

    def last_transition(self, now: int) -> int:
        """Return the last moment up to `now` at which time alone changed what is public."""
        moments = (
            self.one_row(f"SELECT max({each}) FROM entry WHERE {each} <= ?", now)[0]  # noqa: S608
            for each in _MOMENTS
        )
        return max((moment for moment in moments if moment is not None), default=0)

    def next_transition(self, now: int) -> int | None:
        """Return the next moment at which time alone will change what is public, or None."""
        moments = (
            self.one_row(f"SELECT min({each}) FROM entry WHERE {each} > ?", now)[0]  # noqa: S608
            for each in _MOMENTS
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def newest_moment(self, now: int) -> int:
        """Return the newest publication, update or end up to `now`, of any entry or withdrawn one.

        It follows from the files alone: entries whose files are gone do not count. Return 0 if
        there is none.
        """
        rows = self.all_rows(
            "SELECT max(published) FROM entry WHERE status = 'published' AND published <= ?1"
            " UNION ALL"
            " SELECT max(published) FROM entry WHERE status = 'withdrawn' AND published <= ?1"
            " UNION ALL SELECT * FROM (SELECT updated FROM entry WHERE updated <= ?1"
            # With a plus no index of the status is used, which would sort all entries.
            "  AND +status IN ('published', 'withdrawn') ORDER BY updated DESC LIMIT 1)"
            " UNION ALL SELECT * FROM (SELECT expires FROM entry WHERE expires <= ?1"
            "  AND +status = 'published' ORDER BY expires DESC LIMIT 1)",
            now,
        )
        return max((moment for (moment,) in rows if moment is not None), default=0)

    def counts(self, now: int) -> dict[str, int]:
        """Count the entries by status.

        'scheduled' are those published later than `now`, 'expired' those that have ended.
        """
        states = ("published", "scheduled", "draft", "withdrawn", "expired", "removed")
        counts = dict.fromkeys(states, 0)
        rows = self.all_rows(
            "SELECT CASE WHEN status <> 'published' THEN status"
            " WHEN published > ?1 THEN 'scheduled' WHEN expires <= ?1 THEN 'expired'"
            " ELSE status END, count(*) FROM entry GROUP BY 1",
            now,
        )
        return counts | dict(rows)

    def scheduled(self, now: int) -> list[tuple[str, str, int]]:
        """Return id, title and publication of the entries scheduled for later, soonest first."""
        return self.all_rows(
            "SELECT id, title, published FROM entry"
            " WHERE status = 'published' AND published > ? ORDER BY published, id",
            now,
        )

    def problems(self) -> tuple[Problem, ...]:
        """Return every problem of every file, by path and line."""
        stored = self.all_rows("SELECT data FROM problem")
        found = [decode_problem(data) for (data,) in stored]
        return tuple(sorted(found + self.translation_problems()))
