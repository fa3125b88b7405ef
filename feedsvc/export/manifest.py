"""What was written to a target, kept in the target itself.

It is a base and the changes since, each a file that is written once. Before a document is
written for the first time its path is noted, so whatever dies when, nothing that was written is
ever unknown, and what is gone can be deleted.
"""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import deflate
import msgspec

from feedsvc.errors import ExportFailed
from feedsvc.export.target import STATE, Target
from feedsvc.i18n import N_, Message

# After so many changes they become a base.
_MOST_CHANGES = 100
_KEY = STATE + "written-{number:09}-{kind}.json.gz"
_encode = msgspec.json.encode


class Record(msgspec.Struct, frozen=True, array_like=True):
    """A document as it was written: the tag of the answer, the version of each of its files.

    A tag of '' says that it may have been written, or not.
    """

    tag: str = ""
    files: Mapping[str, str] = {}


_decode = msgspec.json.Decoder(dict[str, Record | None]).decode
UNKNOWN = Record()


@dataclass
class Manifest:
    """The records by path; `owner` returns the id of the entry whose document a path is.

    `shared` are the paths of the documents of no entry in particular.
    """

    target: Target
    owner: Callable[[str], str | None]
    records: dict[str, Record] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    _owned: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _pending: dict[str, Record | None] = field(default_factory=dict)
    _number: int = 0
    _changes: int = 0

    def load(self) -> None:
        """Read what the target has. Raises ExportFailed."""
        keys = self.target.states()
        bases = [key for key in keys if key.endswith("-base.json.gz")]
        for key in keys[keys.index(bases[-1]) if bases else 0 :]:
            try:
                found = _decode(gzip.decompress(self.target.read_state(key)))
            except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
                text = N_("{key} is damaged: empty the target, and export again")
                raise ExportFailed(Message(text, {"key": key})) from error
            for path, record in found.items():
                self._put(path, record)
            self._number = int(key.split("-")[1]) + 1
            self._changes += 1
        self._pending.clear()

    def of_entry(self, entry_id: str) -> set[str]:
        """Return the paths of an entry's documents that were written."""
        return self._owned.get(entry_id, set())

    def plan(self, paths: Iterable[str]) -> None:
        """Note paths that are going to be written, if they are new."""
        for path in paths:
            if path not in self.records:
                self._put(path, UNKNOWN)
        self.commit()

    def set(self, path: str, record: Record | None) -> None:
        """Note what was written at a path; None if it was deleted."""
        self._put(path, record)

    def commit(self) -> None:
        """Write what was noted since the last time."""
        if not self._pending:
            return
        self._write("change", self._pending)
        self._pending = {}
        self._changes += 1
        if self._changes > _MOST_CHANGES:
            old = self.target.states()
            self._write("base", self.records)
            for key in old:
                self.target.delete(key)
            self._changes = 0

    def _write(self, kind: str, records: Mapping[str, Record | None]) -> None:
        key = _KEY.format(number=self._number, kind=kind)
        self.target.write_state(key, bytes(deflate.gzip_compress(_encode(records), 6)))
        self._number += 1

    def _put(self, path: str, record: Record | None) -> None:
        self._pending[path] = record
        owner = self.owner(path)
        group = self.shared if owner is None else self._owned[owner]
        if record is None:
            self.records.pop(path, None)
            group.discard(path)
            if owner is not None and not group:
                del self._owned[owner]
        else:
            self.records[path] = record
            group.add(path)
