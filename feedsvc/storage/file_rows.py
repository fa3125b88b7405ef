"""Queries for the files: what became of each, whether readers see it or not."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec

from feedsvc.model import Entry, Problem
from feedsvc.storage import waiting
from feedsvc.storage.rows import Rows, decode_entry, decode_problem
from feedsvc.storage.waiting import Waiting

# In microseconds since the epoch: later than any.
_MAX_MOMENT = 2**63 - 1
# The columns of a StoredFile.
_STORED = "file.path, changed, file.id, file.status, file.published, file.title, file.page"
decode_paths = msgspec.json.Decoder(tuple[str, ...]).decode


def encode_paths(paths: Iterable[str]) -> bytes:
    """Return paths as JSON, as columns hold them and queries take them."""
    return msgspec.json.encode(tuple(paths))


class StoredFile(NamedTuple):
    """A row of the list of files: a file and the last good version of its entry, if any.

    `changed` and `published` are in microseconds since the epoch; `id` and what follows are None
    without a good version.
    """

    path: str
    changed: int
    id: str | None
    status: str | None
    published: int | None
    title: str | None
    page: str | None


class FileVersion(NamedTuple):
    """The last good version of a file: its status, publication and the path of its page.

    `status` is as in Entry; `published` is in microseconds since the epoch.
    """

    status: str
    published: int
    page: str


class FileRows(Rows):
    """The part of a snapshot that the writer, the desk, and what tells of problems read."""

    def files(self, limit: int, before: tuple[int, str] | None = None) -> list[StoredFile]:
        """Return the files, that changed last first, whatever became of them.

        `before` is when the last file that is known already was changed, and its path.
        """
        rows = self.all_rows(
            f"SELECT {_STORED} FROM file WHERE (changed, path) < (?, ?)"  # noqa: S608
            " ORDER BY changed DESC, path DESC LIMIT ?",
            *(before or (_MAX_MOMENT, "")),
            limit,
        )
        return [StoredFile(*row) for row in rows]

    def files_at(self, paths: Iterable[str]) -> list[StoredFile]:
        """Return the files of these paths, that changed last first."""
        rows = self.all_rows(
            f"SELECT {_STORED} FROM json_each(?) AS asked"  # noqa: S608 - ours alone
            " CROSS JOIN file ON file.path = asked.value"
            " ORDER BY changed DESC, file.path DESC",
            encode_paths(paths),
        )
        return [StoredFile(*row) for row in rows]

    def hidden_files(self, now: int, limit: int) -> list[StoredFile]:
        """Return the files of drafts and of entries scheduled for later, changed last first."""
        rows = self.all_rows(
            f"SELECT {_STORED} FROM (SELECT path FROM entry WHERE status = 'draft' UNION ALL"  # noqa: S608
            " SELECT path FROM entry WHERE status = 'published' AND published > ?)"
            " JOIN file USING (path) ORDER BY changed DESC, path DESC LIMIT ?",
            now,
            limit,
        )
        return [StoredFile(*row) for row in rows]

    def unpublished(self, entry_id: str, now: int) -> Entry | None:
        """Return the entry of an id if it is a draft or scheduled for later."""
        row = self.one_row(
            "SELECT data FROM entry JOIN file USING (path) WHERE entry.id = ?"
            " AND (entry.status = 'draft' OR entry.status = 'published' AND entry.published > ?)",
            entry_id,
            now,
        )
        return None if row is None else decode_entry(row[0])

    def problems_of_files(self) -> Iterator[tuple[str, tuple[Problem, ...]]]:
        """Yield the path of each file that has problems, and these, by path and line.

        At no time are all of them in memory.
        """
        rows = self._connection.execute("SELECT path, data FROM problem ORDER BY path")
        for path, group in groupby(rows, itemgetter(0)):
            yield path, tuple(sorted(decode_problem(data) for _, data in group))

    def version_of(self, path: str) -> FileVersion | None:
        """Return what the last good version of a file is published as; None if it has none."""
        row = self.one_row(
            "SELECT status, published, page FROM file WHERE path = ? AND id IS NOT NULL", path
        )
        return None if row is None else FileVersion(*row)

    def knows(self, path: str) -> bool:
        """Return whether the folder has an entry file of this path."""
        return self.one_row("SELECT 1 FROM file WHERE path = ?", path) is not None

    def waiting(self) -> Waiting:
        """Return the files that are still being copied."""
        return waiting.decode(self.one_row("SELECT waiting FROM state")[0])

    def named_files(self) -> dict[str, tuple[str, ...]]:
        """Return the paths of other files that entry files name, by the path of the entry file."""
        rows = self.all_rows("SELECT path, named_files FROM file WHERE named_files IS NOT NULL")
        return {path: decode_paths(named_files) for path, named_files in rows}

    def fingerprints(self) -> dict[str, str]:
        """Return the fingerprint that each known file had when it was read, by path."""
        return dict(self.all_rows("SELECT path, fingerprint FROM file"))
