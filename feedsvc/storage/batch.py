"""One batch of changes to the catalogue: first the files, then the entries derived from them."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from feedsvc.model import Problem
from feedsvc.storage.file_rows import encode_paths
from feedsvc.storage.renames import IsThere, Renames, rank
from feedsvc.storage.rows import decode_problem
from feedsvc.storage.updates import FileUpdate, StoredEntry, decode_listed

_COLUMNS = "status, published, updated, digest, path, month, title, page, expires, pinned"
_VERSION = ("kept", "named_files", "content", "inode", "home", *StoredEntry._fields)
_STORE_VERSION = (
    "UPDATE OR REPLACE file SET claimed_id = NULL, claimed_guid = NULL, copy_of = NULL, "  # noqa: S608
    f"{', '.join(f'{column} = ?' for column in _VERSION)} WHERE path = ?"
)
_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of a batch.

    `advanced` says whether the revision did, `problems` are the new ones, `again` the paths of
    the files to be read again, `renamed` those of them that are known entries under other names.
    """

    advanced: bool
    problems: tuple[Problem, ...]
    again: tuple[str, ...]
    renamed: frozenset[str] = frozenset()


class Batch:
    """One batch of changes: first the files, then the entries derived from them.

    An id or guid belongs to the file that had it first, for as long as that file says so. A
    file that claims one that another file owns keeps its last good version.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        now: int,
        absent: frozenset[str] = frozenset(),
        is_there: IsThere = lambda _path: True,
    ) -> None:
        """Begin a batch at `now`, in microseconds; for the others see `Writer.apply`."""
        self._execute = connection.execute
        self._now = now
        self._absent = set(absent)
        self._renames = Renames(connection, self._absent, is_there)
        self.renamed: set[str] = set()
        self._touched_ids: set[str] = set()
        # Of the entries that are stored here, by id.
        self._data: dict[str, bytes] = {}
        (self._sequence,) = self._execute("SELECT sequence FROM state").fetchone()
        self.advanced = False
        self.new_problems: list[Problem] = []

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files and their problems; a copy that stands there takes a file's place."""
        query = "SELECT copy_of FROM file WHERE path = ?"
        originals = []
        for path in paths:
            if self._execute(query, (path,)).fetchone() in (None, (None,)):
                originals.append(path)
            else:
                self._delete(path)
        for path in originals:
            self._remove(path)

    def _remove(self, path: str) -> None:
        heirs = self._execute(
            "SELECT copy.path FROM file AS copy JOIN file ON file.path = copy.copy_of"
            " WHERE copy.copy_of = ? AND copy.id IS NULL AND copy.content = file.content",
            (path,),
        ).fetchall()
        if heirs:
            heir = min((heir for (heir,) in heirs), key=rank)
            self._renames.take_over(heir, path, path)
            self.renamed.add(heir)
        else:
            self._delete(path)

    def _delete(self, path: str) -> None:
        self._touch(path)
        self._execute(
            "REPLACE INTO gone SELECT id, content, published, home FROM file"
            " WHERE path = ? AND id IS NOT NULL AND content <> '' AND status <> 'draft'"
            " AND published <= ?",
            (path, self._now),
        )
        self._execute("DELETE FROM file WHERE path = ?", (path,))
        self._execute("DELETE FROM problem WHERE path = ?", (path,))
        self._free_copies(path)

    def _free_copies(self, path: str) -> None:
        self._execute("UPDATE file SET copy_of = NULL, fingerprint = '' WHERE copy_of = ?", (path,))

    def store(self, updates: Iterable[FileUpdate]) -> None:
        """Store files that were read, those that keep their ids first."""
        updates = tuple(updates)
        moves = self._renames.follow(updates)
        self._demote()
        versions = []
        for update in updates:
            new = update.stored
            if new is not None and update.path in moves.moved:
                self.renamed.add(update.path)  # it is read again, under its old id
                continue
            if new is None:
                self._store_fingerprint(update)
                self._report(update.path, update.problems)
                continue
            if update.path in moves.copies:
                self._store_copy(update, moves.copies[update.path])
                continue
            # Record every claim before any version is stored: a file that claims another id
            # owns its old one no longer.
            old_id = self._touch(update.path)
            self._store_fingerprint(update, new.id, new.guid)
            versions.append((new.id != old_id, update.path, update, new))
        for _, _, update, new in sorted(versions, key=lambda version: version[:2]):
            self._store_version(update, new)

    def finish(self) -> tuple[str, ...]:
        """Bring the touched entries up to date; return the paths of the files to read again."""
        for entry_id in sorted(self._touched_ids | self._renames.touched_ids):
            self._update_entry(entry_id)
        self._execute("UPDATE state SET sequence = ?", (self._sequence,))
        self._execute(
            "UPDATE file SET fingerprint = '' WHERE claimed_id IS NOT NULL AND NOT EXISTS ("
            " SELECT 1 FROM file AS other WHERE other.path <> file.path"
            " AND (other.id = file.claimed_id OR other.guid = file.claimed_guid)"
            # An owner that claims something else itself gives way, as in _conflicts.
            " AND (other.claimed_id IS NULL OR other.id IS other.claimed_id"
            "  OR (other.id <> file.claimed_id AND other.guid IS other.claimed_guid)))"
        )
        rows = self._execute("SELECT path FROM file WHERE fingerprint = '' ORDER BY path")
        return tuple(path for (path,) in rows)

    def _touch(self, path: str) -> str | None:
        """Return the id that a file owns, if any, and note that its entry may change."""
        row = self._execute("SELECT id FROM file WHERE path = ?", (path,)).fetchone()
        if row is None or row[0] is None:
            return None
        self._touched_ids.add(row[0])
        return str(row[0])

    def _store_fingerprint(
        self, update: FileUpdate, claimed_id: str | None = None, claimed_guid: str | None = None
    ) -> None:
        """Store that a file was read and what it claims; keep its last good version."""
        self._execute(
            "INSERT INTO file (path, fingerprint, changed, claimed_id, claimed_guid)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET"
            " fingerprint = excluded.fingerprint, changed = excluded.changed,"
            " claimed_id = excluded.claimed_id, claimed_guid = excluded.claimed_guid",
            (update.path, update.fingerprint, self._changed(update), claimed_id, claimed_guid),
        )

    def _changed(self, update: FileUpdate) -> int:
        return update.changed or self._now

    def _store_version(self, update: FileUpdate, new: StoredEntry) -> None:
        conflicts = self._conflicts(update.path, new)
        if conflicts and update.home_from == "name" and self._renames.give_way(update, new.id):
            self.renamed.add(update.path)
            return
        self._report(update.path, (*update.problems, *conflicts))
        if not conflicts:
            named_files = encode_paths(update.named_files).decode() if update.named_files else None
            kept = update.home if update.home_from == "kept" else None
            known = (kept, named_files, update.content, update.inode, update.home)
            # The row is there (`_store_fingerprint`); a new one in its place would cost twice as
            # much, as it is in so many indexes.
            self._execute(_STORE_VERSION, (*known, *new, update.path))
            self._data[new.id] = new.data
            self._touched_ids.add(new.id)
            self._store_names(new)

    def _store_copy(self, update: FileUpdate, original: str) -> None:
        """Store that a file has the text of another one, and is not published for that."""
        self._store_fingerprint(update)
        self._execute(
            "UPDATE file SET copy_of = ?, content = iif(id IS NULL, ?, content) WHERE path = ?",
            (original, update.content, update.path),
        )
        self._report_copy(update.path, original)

    def _report_copy(self, path: str, original: str) -> None:
        self._report(path, (Problem(path, 0, "copy", (("other", original),)),))

    def _demote(self) -> None:
        """Hold copies back whose originals are in this batch."""
        for path, original in self._renames.demoted.items():
            row = self._execute("SELECT id FROM file WHERE path = ?", (path,)).fetchone()
            copies = self._execute("SELECT path FROM file WHERE copy_of = ?", (path,)).fetchall()
            self._delete_entry(row[0])
            self._execute(
                "UPDATE file SET id = NULL, guid = NULL, data = NULL, copy_of = ? WHERE path = ?",
                (original, path),
            )
            self._execute("UPDATE file SET copy_of = ? WHERE copy_of = ?", (original, path))
            for copy in (path, *(copy for (copy,) in copies)):
                self._report_copy(copy, original)

    def _store_names(self, new: StoredEntry) -> None:
        """Store by which addresses the entry was known, and what it is a translation of."""
        listed = decode_listed(new.data)
        # Those of an entry whose file is gone stay: they lead to where it was.
        self._execute("DELETE FROM alias WHERE id = ?", (new.id,))
        for alias in listed.aliases:
            self._execute("INSERT INTO alias VALUES (?, ?)", (alias, new.id))
        self._execute("DELETE FROM translation WHERE id = ?", (new.id,))
        if (original := listed.translation_of) is not None:
            values = (new.id, original.name, original.address, original.line)
            self._execute("INSERT INTO translation VALUES (?, ?, ?, ?)", values)

    def _conflicts(self, path: str, new: StoredEntry) -> tuple[Problem, ...]:
        """Return what keeps a file from owning its id and guid; if nothing, free them."""
        rows = self._execute(
            "SELECT path, id, guid, claimed_id IS NOT NULL AND id IS NOT claimed_id"
            " AND (id = ? OR guid IS NOT claimed_guid) FROM file"
            " WHERE path <> ? AND (id = ? OR guid = ?)",
            (new.id, path, new.id, new.guid),
        ).fetchall()
        conflicts = []
        yielding = []
        for other, other_id, other_guid, is_leaving in rows:
            if is_leaving or other in self._absent:
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
        """Take id and guid from a file that is gone, or that claims others now."""
        if path in self._absent:
            self._delete(path)
            return
        self._touched_ids.add(entry_id)
        self._execute(
            "UPDATE file SET fingerprint = '', id = NULL, guid = NULL, data = NULL WHERE path = ?",
            (path,),
        )
        self._free_copies(path)

    def _report(self, path: str, problems: tuple[Problem, ...]) -> None:
        rows = self._execute("SELECT data FROM problem WHERE path = ?", (path,)).fetchall()
        known = {decode_problem(data) for (data,) in rows}
        if known == set(problems):
            return
        self.new_problems.extend(set(problems) - known)
        self._execute("DELETE FROM problem WHERE path = ?", (path,))
        for problem in problems:
            self._execute("INSERT INTO problem VALUES (?, ?, 0)", (path, _encode(problem)))

    def _update_entry(self, entry_id: str) -> None:
        new, old = (
            self._execute(
                f"SELECT {_COLUMNS} FROM {table} WHERE id = ?",  # noqa: S608 - ours alone
                (entry_id,),
            ).fetchone()
            for table in ("file", "entry")
        )
        if new is None:
            self._execute("DELETE FROM translation WHERE id = ?", (entry_id,))
        if new is None and old is not None:
            if old[0] == "draft" or old[1] > self._now:
                self._delete_entry(entry_id)
            else:
                new = ("removed", *old[1:4], None, *old[5:])
        if new is not None and new != old:
            self._execute("DELETE FROM deleted WHERE id = ?", (entry_id,))
            self._execute(
                f"REPLACE INTO entry (id, {_COLUMNS}, sequence)"  # noqa: S608 - ours alone
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (entry_id, *new, self._next_sequence()),
            )
            self._update_lists(entry_id, new, is_known=old is not None)
            self.advanced = self.advanced or old is None or old[:4] != new[:4]

    def _delete_entry(self, entry_id: str) -> None:
        # It is not public, so it leaves no trace but in the log of changes: a subscriber may
        # have read no further than when it was public.
        for table in ("entry", "category", "language", "alias"):
            self._execute(f"DELETE FROM {table} WHERE id = ?", (entry_id,))  # noqa: S608 - ours alone
        self._execute("INSERT INTO deleted VALUES (?, ?)", (self._next_sequence(), entry_id))

    def _next_sequence(self) -> int:
        self._sequence += 1
        return int(self._sequence)

    def _update_lists(self, entry_id: str, new: tuple[Any, ...], *, is_known: bool) -> None:
        """Store the lists that an entry with these columns is in, of categories and languages."""
        for table in ("category", "language") if is_known else ():
            self._execute(f"DELETE FROM {table} WHERE id = ?", (entry_id,))  # noqa: S608 - ours alone
        status, published, month, expires = new[0], new[1], new[5], new[8]
        if status == "published":
            data = self._data.get(entry_id)
            if data is None:
                query = "SELECT data FROM file WHERE id = ?"
                (data,) = self._execute(query, (entry_id,)).fetchone()
            listed = decode_listed(data)
            for category in listed.categories:
                self._execute(
                    "INSERT INTO category VALUES (?, ?, ?, ?, ?, ?)",
                    (category.slug, published, entry_id, month, expires, category.label),
                )
            if listed.lang:
                self._execute(
                    "INSERT INTO language VALUES (?, ?, ?, ?, ?)",
                    (listed.lang.lower(), listed.lang, published, entry_id, expires),
                )
