"""One batch of changes to the catalogue: the files first, then the entries that follow."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from feedsvc.dates import to_microseconds
from feedsvc.model import Category, Problem, Reading

_COLUMNS = "status, published, updated, digest, path, month, title"
_encode = msgspec.json.encode
_decode_problem = msgspec.json.Decoder(Problem).decode


class StoredEntry(NamedTuple):
    """An entry as the catalogue stores it: the last columns of the table `file`."""

    id: str
    guid: str | None
    status: str
    published: int
    updated: int
    month: str
    title: str
    digest: bytes
    data: bytes

    def categories(self) -> tuple[Category, ...]:
        """Give the categories that are in the data."""
        return _decode_categories(self.data).categories


class _Categories(msgspec.Struct):
    """Of an entry as it is stored, only its categories."""

    categories: tuple[Category, ...] = ()


_decode_categories = msgspec.json.Decoder(_Categories).decode


@dataclass(frozen=True, slots=True)
class FileUpdate:
    """A file that was read: its path, its new fingerprint, what came of it, which others it names."""

    path: str
    fingerprint: str
    stored: StoredEntry | None
    problems: tuple[Problem, ...]
    names: tuple[str, ...] = ()


def prepare(path: str, fingerprint: str, reading: Reading) -> FileUpdate:
    """Make a reading ready to be stored."""
    entry = reading.entry
    if entry is None:
        return FileUpdate(path, fingerprint, None, reading.problems)
    data = _encode(entry)
    stored = StoredEntry(
        id=entry.id,
        guid=entry.guid,
        status=entry.status,
        published=to_microseconds(entry.published),
        updated=to_microseconds(entry.updated),
        month=entry.published.isoformat()[:7],
        title=entry.title,
        digest=blake2b(data, digest_size=8).digest(),
        data=data,
    )
    return FileUpdate(path, fingerprint, stored, reading.problems, reading.named_files)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a batch did: did the revision sequence, which problems are new, what to read again."""

    advanced: bool
    problems: tuple[Problem, ...]
    again: tuple[str, ...]


class Batch:
    """One batch of changes: first the files, then the entries that follow from them."""

    def __init__(
        self, connection: sqlite3.Connection, now: int, absent: frozenset[str] = frozenset()
    ) -> None:
        self._execute = connection.execute
        self._now = now
        self._absent = absent
        self._ids: set[str] = set()
        self.advanced = False
        self.new_problems: list[Problem] = []

    def remove(self, path: str) -> None:
        self._touch(path)
        self._execute("DELETE FROM file WHERE path = ?", (path,))
        self._execute("DELETE FROM problem WHERE path = ?", (path,))

    def take(self, updates: Iterable[FileUpdate]) -> None:
        held = []
        for update in updates:
            new = update.stored
            if new is None:
                self._mark(update.path, update.fingerprint)
                self._report(update.path, update.problems)
                continue
            # Until its turn comes, a file that leaves its name holds it no more.
            old_id = self._touch(update.path)
            self._mark(update.path, update.fingerprint, new.id, new.guid)
            held.append((new.id != old_id, update.path, update, new))
        for _, _, update, new in sorted(held, key=lambda item: item[:2]):
            self._store(update, new)

    def finish(self) -> tuple[str, ...]:
        """Bring the touched entries up to date; give the files to be read again."""
        for entry_id in sorted(self._ids):
            self._publish(entry_id)
        self._execute(
            "UPDATE file SET fingerprint = '' WHERE wants_id IS NOT NULL AND NOT EXISTS ("
            " SELECT 1 FROM file AS other WHERE other.path <> file.path"
            " AND (other.id = file.wants_id OR other.guid = file.wants_guid)"
            # A holder that wants something else itself gives way, as in _conflicts.
            " AND (other.wants_id IS NULL OR other.id IS other.wants_id"
            "  OR (other.id <> file.wants_id AND other.guid IS other.wants_guid)))"
        )
        rows = self._execute("SELECT path FROM file WHERE fingerprint = '' ORDER BY path")
        return tuple(path for (path,) in rows)

    def _touch(self, path: str) -> str | None:
        row = self._execute("SELECT id FROM file WHERE path = ?", (path,)).fetchone()
        if row is None or row[0] is None:
            return None
        self._ids.add(row[0])
        return str(row[0])

    def _mark(
        self,
        path: str,
        fingerprint: str,
        wants_id: str | None = None,
        wants_guid: str | None = None,
    ) -> None:
        self._execute(
            "INSERT INTO file (path, fingerprint, wants_id, wants_guid) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET fingerprint = excluded.fingerprint,"
            " wants_id = excluded.wants_id, wants_guid = excluded.wants_guid",
            (path, fingerprint, wants_id, wants_guid),
        )

    def _store(self, update: FileUpdate, new: StoredEntry) -> None:
        conflicts = self._conflicts(update.path, new)
        self._report(update.path, (*update.problems, *conflicts))
        if not conflicts:
            names = _encode(update.names).decode() if update.names else None
            self._execute(
                "REPLACE INTO file VALUES (?, ?, NULL, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (update.path, update.fingerprint, names, *new),
            )
            self._ids.add(new.id)

    def _conflicts(self, path: str, new: StoredEntry) -> tuple[Problem, ...]:
        rows = self._execute(
            "SELECT path, id, guid, wants_id IS NOT NULL AND id IS NOT wants_id"
            " AND (id = ? OR guid IS NOT wants_guid) FROM file"
            " WHERE path <> ? AND (id = ? OR guid = ?)",
            (new.id, path, new.id, new.guid),
        ).fetchall()
        conflicts = []
        yielding = []
        for other, other_id, other_guid, leaving in rows:
            if leaving or other in self._absent:
                yielding.append((other, other_id))
            elif other_id == new.id:
                values = (("id", new.id), ("other", other))
                conflicts.append(Problem(path, 0, "id-twice", values))
            else:
                values = (("guid", other_guid), ("other", other))
                conflicts.append(Problem(path, 0, "guid-twice", values))
        if not conflicts:
            for other, other_id in yielding:
                self._yield(other, other_id)
        return tuple(conflicts)

    def _yield(self, path: str, entry_id: str) -> None:
        """Take its names from a file that is gone, or holds what it does not say any more."""
        if path in self._absent:
            self.remove(path)
            return
        self._ids.add(entry_id)
        self._execute(
            "UPDATE file SET fingerprint = '', id = NULL, guid = NULL, data = NULL WHERE path = ?",
            (path,),
        )

    def _report(self, path: str, problems: tuple[Problem, ...]) -> None:
        rows = self._execute("SELECT data FROM problem WHERE path = ?", (path,)).fetchall()
        known = {_decode_problem(data) for (data,) in rows}
        if known == set(problems):
            return
        self.new_problems.extend(set(problems) - known)
        self._execute("DELETE FROM problem WHERE path = ?", (path,))
        for problem in problems:
            self._execute("INSERT INTO problem VALUES (?, ?)", (path, _encode(problem)))

    def _publish(self, entry_id: str) -> None:
        new = self._execute(
            f"SELECT {_COLUMNS} FROM file WHERE id = ?",  # noqa: S608
            (entry_id,),
        ).fetchone()
        old = self._execute(
            f"SELECT {_COLUMNS} FROM entry WHERE id = ?",  # noqa: S608
            (entry_id,),
        ).fetchone()
        if new is None and old is not None:
            if old[0] == "draft" or old[1] > self._now:
                # Nobody ever saw it, so nothing is to be remembered of it.
                self._execute("DELETE FROM entry WHERE id = ?", (entry_id,))
            else:
                new = ("removed", *old[1:4], None, *old[5:])
        if new is not None and new != old:
            (sequence,) = self._execute(
                "UPDATE state SET sequence = sequence + 1 RETURNING sequence"
            ).fetchone()
            self._execute(
                f"REPLACE INTO entry (id, {_COLUMNS}, sequence)"  # noqa: S608
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (entry_id, *new, sequence),
            )
            self._file_under_categories(entry_id, new[0], new[1], new[5])
            self.advanced = self.advanced or old is None or old[:4] != new[:4]

    def _file_under_categories(
        self, entry_id: str, status: str, published: int, month: str
    ) -> None:
        self._execute("DELETE FROM category WHERE id = ?", (entry_id,))
        if status == "published":
            (data,) = self._execute("SELECT data FROM file WHERE id = ?", (entry_id,)).fetchone()
            for category in _decode_categories(data).categories:
                self._execute(
                    "INSERT INTO category VALUES (?, ?, ?, ?, ?)",
                    (category.slug, published, entry_id, month, category.label),
                )
