"""What a file gave that was read, in the form in which the catalogue stores it."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from feedsvc.dates import to_microseconds
from feedsvc.model import Category, HomeSource, Original, Problem, Reading

_encode = msgspec.json.encode


class StoredEntry(NamedTuple):
    """An entry as the catalogue stores it: the last columns of the table `file`."""

    id: str
    guid: str | None
    status: str
    published: int
    updated: int
    month: str
    title: str
    page: str
    expires: int | None
    pinned: int | None
    digest: bytes
    data: bytes

    def categories(self) -> tuple[Category, ...]:
        """Return the entry's categories."""
        return decode_listed(self.data).categories


class _Listed(msgspec.Struct):
    """What has tables of its own; the rest of an entry's JSON is skipped."""

    categories: tuple[Category, ...] = ()
    aliases: tuple[str, ...] = ()
    lang: str | None = None
    translation_of: Original | None = None


decode_listed = msgspec.json.Decoder(_Listed).decode


@dataclass(frozen=True, slots=True)
class FileUpdate:
    """A file that was read.

    `stored` is its entry, None if it has none because of its `problems`; `named_files` are the
    paths of the other files that the entry names. `changed` is when the file was put there or
    changed, in microseconds since the epoch, or 0 if that is not known. The others are as in
    `Reading`.
    """

    path: str
    fingerprint: str
    stored: StoredEntry | None
    problems: tuple[Problem, ...]
    named_files: tuple[str, ...] = ()
    content: bytes = b""
    inode: int = 0
    home: str = ""
    home_from: HomeSource = "text"
    changed: int = 0

    @property
    def published(self) -> int | None:
        """Return the publication of the entry, if there is one."""
        return self.stored.published if self.stored else None

    @property
    def is_published(self) -> bool:
        """Return whether there is an entry that is published, now or later."""
        return self.stored is not None and self.stored.status == "published"


def prepare(path: str, fingerprint: str, reading: Reading, changed: int = 0) -> FileUpdate:
    """Return what is to be stored of a file that was read; `changed` is as in `FileUpdate`."""
    entry = reading.entry
    if entry is None:
        return FileUpdate(
            path,
            fingerprint,
            None,
            reading.problems,
            content=reading.content,
            inode=reading.inode,
            changed=changed,
        )
    data = _encode(entry)
    # Old addresses, one of which is made of the file's name, are no part of any document.
    shown = data
    if entry.aliases or entry.translation_of:
        original = entry.translation_of and replace(entry.translation_of, line=0)
        shown = _encode(replace(entry, aliases=(), translation_of=original))
    stored = StoredEntry(
        id=entry.id,
        guid=entry.guid,
        status=entry.status,
        published=to_microseconds(entry.published),
        updated=to_microseconds(entry.updated),
        month=entry.published.isoformat()[:7],
        title=entry.title,
        page=entry.page,
        expires=None if entry.expires is None else to_microseconds(entry.expires),
        pinned=None if entry.pinned is None else to_microseconds(entry.pinned),
        digest=blake2b(shown, digest_size=8).digest(),
        data=data,
    )
    return FileUpdate(
        path,
        fingerprint,
        stored,
        reading.problems,
        reading.named_files,
        reading.content,
        reading.inode,
        reading.home,
        reading.home_from,
        changed,
    )
