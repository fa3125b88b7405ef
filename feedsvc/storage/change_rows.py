"""Queries for the log of changes: what was written since, and what time alone has changed."""

from typing import NamedTuple

from feedsvc.model import Entry
from feedsvc.storage.rows import Rows, decode_entry

# The columns of a ChangedEntry.
_CHANGED = (
    "sequence, entry.id, entry.status, entry.published, entry.expires, entry.digest, data,"
    " entry.page"
)


class Due(NamedTuple):
    """A place in the order in which entries become and cease to be public.

    It is the moment (of publication, or of the end), then the sequence.
    """

    moment: int
    sequence: int


class ChangedEntry(NamedTuple):
    """A row of the log of changes: an entry as it was last written.

    `status` is as in Entry, or 'removed'; `published` and `expires` (None if it has no end) are
    in microseconds since the epoch; `digest` identifies the content; `data` is the entry as
    JSON, None if it is removed; `page` is the path of its page, '' if it had none.
    """

    sequence: int
    id: str
    status: str
    published: int
    expires: int | None
    digest: bytes
    data: bytes | None
    page: str

    def is_public(self, now: int) -> bool:
        """Return whether the entry is public at a moment."""
        is_current = self.published <= now and (self.expires is None or now < self.expires)
        return is_current and self.status == "published"

    def entry(self) -> Entry | None:
        """Return the entry if it is published, now or later, else None."""
        return self.last() if self.status == "published" else None

    def last(self) -> Entry | None:
        """Return the entry as it was last written, whatever its status; None if it is removed."""
        return decode_entry(self.data) if self.data else None


class TouchedEntry(NamedTuple):
    """An entry whose documents may have changed; `status` is as in ChangedEntry.

    `page` and `month` are '' and `published` 0 if only the id is known. `data` is the entry as
    JSON, None if it is removed.
    """

    id: str
    status: str
    page: str
    month: str
    published: int
    data: bytes | None

    def entry(self) -> Entry | None:
        """Return the entry, whatever its status; None if it is removed."""
        return None if self.data is None else decode_entry(self.data)


class ChangeRows(Rows):
    """The part of a snapshot that the log of changes reads."""

    def changed_after(self, sequence: int, limit: int) -> list[ChangedEntry]:
        """Return the entries of a higher sequence, whenever published, lowest sequence first."""
        rows = self.all_rows(
            f"SELECT {_CHANGED} FROM entry LEFT JOIN file USING (path) WHERE sequence > ?"  # noqa: S608
            " UNION ALL SELECT sequence, id, 'removed', 0, NULL, x'', NULL, '' FROM deleted"
            " WHERE sequence > ? ORDER BY sequence LIMIT ?",
            sequence,
            sequence,
            limit,
        )
        return [ChangedEntry(*row) for row in rows]

    def due(
        self, start: Due, end: int, sequence: int, limit: int
    ) -> list[tuple[Due, ChangedEntry]]:
        """Return the published entries that begin or end after `start` up to `end`, in order.

        Only entries of up to a sequence are returned, whenever they are published.
        """
        found = []
        for moment in ("published", "expires"):
            # By the moment, of which few are due; nearly all entries have the status.
            rows = self.all_rows(
                f"SELECT entry.{moment}, {_CHANGED} FROM entry LEFT JOIN file USING (path)"  # noqa: S608
                f" WHERE +entry.status = 'published' AND entry.{moment} IS NOT NULL"
                f" AND (entry.{moment}, sequence) > (?, ?) AND entry.{moment} <= ?"
                f" AND +sequence <= ? ORDER BY entry.{moment}, sequence LIMIT ?",
                *start,
                end,
                sequence,
                limit,
            )
            found += [(Due(*row[:2]), ChangedEntry(*row[1:])) for row in rows]
        return sorted(found, key=lambda each: each[0])[:limit]

    def touched(self, sequence: int, start: int, end: int) -> list[TouchedEntry]:
        """Return the entries written after a sequence, and those that time has changed.

        Time changes an entry when a moment of it lies after `start`, up to `end`.
        """
        moments = " OR ".join(
            f"entry.{each} > ?2 AND entry.{each} <= ?3"
            for each in ("published", "updated", "expires", "pinned")
        )
        rows = self.all_rows(
            "SELECT entry.id, entry.status, entry.page, entry.month, entry.published, data"  # noqa: S608
            f" FROM entry LEFT JOIN file USING (path) WHERE sequence > ?1 OR {moments}"
            " UNION ALL SELECT id, 'removed', '', '', 0, NULL FROM deleted WHERE sequence > ?1",
            sequence,
            start,
            end,
        )
        return [TouchedEntry(*row) for row in rows]

    def gone_pages(self, now: int) -> list[str]:
        """Return the page of each entry that was public by `now` and is gone, in any order."""
        rows = self.all_rows(
            "SELECT page FROM entry WHERE published <= ?1 AND status IN ('withdrawn', 'removed')"
            " UNION SELECT page FROM entry WHERE expires <= ?1 AND published <= ?1"
            " AND status = 'published'",
            now,
        )
        return [page for (page,) in rows]

    def aliases(self, now: int) -> list[tuple[str, str]]:
        """Return each old address, and the page of the entry that has it, as `moved` finds it."""
        return self.all_rows(
            "SELECT alias, page FROM alias JOIN entry USING (id)"
            " WHERE status <> 'draft' AND published <= ? ORDER BY alias, published DESC, id DESC",
            now,
        )
