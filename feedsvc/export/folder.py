"""A folder as a target: files in their places by renaming, a lock that ends with its holder."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOTDIR
from itertools import count
from pathlib import Path
from typing import TypeVar

from feedsvc.errors import ExportFailed
from feedsvc.export.target import (
    GONE,
    MARKER,
    OWN,
    STATE,
    File,
    Refused,
    plain_key,
    told_key,
)
from feedsvc.i18n import N_, Message, reason
from feedsvc.settings import Settings

_TEMPORARY = STATE + "unfinished"
_LOCK = STATE + "lock"
_WRITTEN = STATE + "written-"
# Errors of one name, which say nothing of the folder.
_OF_A_NAME = (ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP, EINVAL)
T = TypeVar("T")


class Folder:
    """A folder on this machine. Safe to share among threads."""

    has_codings = True
    threads = 4

    def __init__(self, name: str, settings: Settings) -> None:
        self._root = Path(name).absolute()
        self._numbers = count()
        _require_elsewhere(self._root, settings)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other exporters out, and take possession of an empty folder."""
        try:
            self._root.mkdir(exist_ok=True)
            others = {each.name for each in os.scandir(self._root)} - {"lost+found"}
            if others and OWN.rstrip("/") not in others:
                text = N_("{target} is not empty, and was not made by `feedsvc export`")
                raise ExportFailed(Message(text, {"target": self._root}))
            for each in (STATE, _TEMPORARY):
                (self._root / each).mkdir(parents=True, exist_ok=True)
            lock = (self._root / _LOCK).open("ab")
        except OSError as error:
            raise self._failed(error) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                text = N_("another process is exporting to {target}")
                raise ExportFailed(Message(text, {"target": self._root})) from error
            self._begin()
            yield

    def _begin(self) -> None:
        def begin() -> None:
            for left in (self._root / _TEMPORARY).iterdir():
                left.unlink()
            (self._root / MARKER).write_text('{"made by": "feedsvc export", "format": 1}\n')

        self._in_order(begin)

    def listing(self) -> dict[str, str]:
        """Return the version of each file by its key, without what is below `STATE`."""
        return self._in_order(lambda: dict(self._walk("")))

    def _walk(self, folder: str) -> Iterator[tuple[str, str]]:
        with os.scandir(self._root / folder) as entries:
            for entry in entries:
                key = folder + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if f"{key}/" != STATE:
                        yield from self._walk(f"{key}/")
                else:
                    yield key, _version(entry.stat(follow_symlinks=False))

    def key(self, path: str, media_type: str, *, is_gone: bool) -> str:
        """Return the key of the document at a path. Raises Refused.

        Its end tells the type, so no document is where another one needs a folder. What is gone
        lies apart, where a server finds it without being told.
        """
        key = plain_key(path)
        if key is None:
            raise Refused(Message(N_("no file can have this name")))
        return (GONE if is_gone else "") + told_key(key, media_type)

    def write(self, key: str, file: File, previous: str | None) -> str:  # noqa: ARG002 - as of stores
        """Write a file in place of a previous version, and return its version. Raises Refused."""

        def write() -> str:
            with self._temporary() as temporary:
                with temporary.open("xb") as written:
                    for part in file.parts:
                        written.write(part)
                # Servers make validators of it: the same content has the same, on any machine.
                os.utime(temporary, (file.modified, file.modified))
                version = _version(temporary.stat())
                place = self._root / key
                place.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(place)
            return version

        return self._in_order(write)

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        """Return the path of a file that is not there, and will not be."""
        path = self._root / _TEMPORARY / str(next(self._numbers))
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        """Delete a file, if it is there, and the folders that it leaves empty."""

        def delete() -> None:
            place = self._root / key
            with suppress(FileNotFoundError, NotADirectoryError):
                place.unlink()
            with suppress(OSError):
                for folder in place.parents:
                    if folder in (self._root, self._root / STATE):
                        break
                    folder.rmdir()

        self._in_order(delete)

    def states(self) -> list[str]:
        """Return the keys of what was written, in their order."""
        paths = self._in_order(lambda: list((self._root / STATE).iterdir()))
        keys = [STATE + path.name for path in paths]
        return sorted(key for key in keys if key.startswith(_WRITTEN))

    def read_state(self, key: str) -> bytes:
        """Return the content of such a key."""
        return self._in_order((self._root / key).read_bytes)

    def write_state(self, key: str, data: bytes) -> None:
        """Write such a key, on the disk before anything follows from it."""

        def write() -> None:
            with self._temporary() as temporary:
                with temporary.open("xb") as written:
                    written.write(data)
                    written.flush()
                    os.fsync(written.fileno())
                temporary.replace(self._root / key)
            folder = os.open(self._root / STATE, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

        self._in_order(write)

    def _in_order(self, do: Callable[[], T]) -> T:
        try:
            return do()
        except OSError as error:
            if error.errno in _OF_A_NAME:
                raise Refused(Message(N_("no file can have this name"))) from error
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> ExportFailed:
        text = N_("{target} cannot be written: {reason}")
        return ExportFailed(Message(text, {"target": self._root, "reason": reason(error)}))


def _version(status: os.stat_result) -> str:
    return f"{status.st_size}-{int(status.st_mtime)}"


def _require_elsewhere(root: Path, settings: Settings) -> None:
    """Refuse a folder that the service reads or writes, or that contains one of those."""
    real = root.resolve()
    for each in (settings.entries, settings.instance, settings.static):
        other = each and each.resolve()
        if other and (real.is_relative_to(other) or other.is_relative_to(real)):
            text = N_("{target} is in {folder} or contains it: choose a folder of its own")
            raise ExportFailed(Message(text, {"target": root, "folder": other}))
