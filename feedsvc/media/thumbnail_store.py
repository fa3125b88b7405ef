"""Thumbnail store: thumbnails as files, shared by all serving processes, within a bound.

A file is a digest and the thumbnail that it is of; without a thumbnail it says that there
cannot be one. What a power cut left half written, or a disk has damaged, is not taken for
either. The processes need no lock: files are complete when they get their name.
"""

import fcntl
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from feedsvc.i18n import N_, Message, reason

FOLDER = "thumbnails"
# In bytes: what is kept in memory of thumbnails for which there is no place on disk.
_IN_MEMORY = 8 * 1024 * 1024
# In bytes, beside its content: what a file takes in its folder and of its last block.
_OVERHEAD = 4096
_DIGEST = 16
# In seconds: how exact the time of the last use is, and how long a file may be written.
_USE = 3600
_WRITING = 600
_TEMPORARY = ".tmp"
_log = logging.getLogger("feedsvc")


class ThumbnailStore:
    """The store in the instance folder, of at most `limit` bytes. Safe to share among threads.

    If the disk is full or cannot be written, a few thumbnails are kept in memory.
    """

    def __init__(self, instance: Path, limit: int, language: str) -> None:
        self._folder = instance / FOLDER
        self._limit = limit
        self._language = language
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._in_memory = 0
        # As much as may be written before the folder is looked through.
        self._written = limit
        self._is_failing = False

    def get(self, key: str) -> bytes | None:
        """Return a thumbnail, empty if there cannot be one; None if it is not known."""
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                return self._memory[key]
        if not self._limit:
            return None
        try:
            with open(self._folder / key, "rb") as file:
                data = file.read()
                if time.time() - os.fstat(file.fileno()).st_mtime > _USE:
                    with suppress(OSError):
                        os.utime(file.fileno())
        except OSError:
            return None
        digest, thumbnail = data[:_DIGEST], data[_DIGEST:]
        return thumbnail if digest == _digest(thumbnail) else None

    def put(self, key: str, thumbnail: bytes) -> None:
        """Keep a thumbnail, or that there cannot be one, on disk if possible."""
        size = len(thumbnail) + _OVERHEAD
        if size > self._limit // 8:
            self.remember(key, thumbnail)
            return
        try:
            self._write(key, _digest(thumbnail) + thumbnail)
            with self._lock:
                self._written += size
                is_due = self._written > self._limit // 64
                self._written = 0 if is_due else self._written
            if is_due:
                self._sweep()
        except OSError as error:
            self.remember(key, thumbnail)
            self._report(error)
        else:
            self._is_failing = False

    def remember(self, key: str, thumbnail: bytes) -> None:
        """Keep a thumbnail in the memory of this process alone."""
        with self._lock:
            self._forget(key)
            self._memory[key] = thumbnail
            self._in_memory += len(thumbnail) + _OVERHEAD
            while self._in_memory > _IN_MEMORY:
                self._forget(next(iter(self._memory)))

    def _forget(self, key: str) -> None:
        if key in self._memory:
            self._in_memory -= len(self._memory.pop(key)) + _OVERHEAD

    def _write(self, key: str, data: bytes) -> None:
        # Not its parents: a folder that is no longer mounted must not be filled.
        self._folder.mkdir(exist_ok=True)
        temporary = self._folder / f"{key}.{os.getpid()}{_TEMPORARY}"
        try:
            temporary.write_bytes(data)
            temporary.replace(self._folder / key)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def _report(self, error: OSError) -> None:
        if not self._is_failing:
            self._is_failing = True
            text = N_("{folder}: thumbnails cannot be kept, so they are made again: {reason}")
            values = {"folder": self._folder, "reason": reason(error)}
            _log.warning("%s", Message(text, values).text(self._language))

    def _sweep(self) -> None:
        """Remove those that were not used for longest if the bound is near; in one process."""
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            files = sorted(self._files())
            total = sum(size for _, size, _ in files)
            # Other processes write meanwhile, a 64th of the bound each.
            is_near = total > self._limit * 7 // 8
            for _, size, path in files:
                if not is_near or total <= self._limit * 3 // 4:
                    break
                os.unlink(path)  # noqa: PTH108 - text, not paths
                total -= size
        except (BlockingIOError, FileNotFoundError):
            pass  # another process does it, or the folder is gone
        finally:
            os.close(folder)

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Yield time of last use, size and path of each thumbnail; remove what is left over."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if not entry.name.endswith(_TEMPORARY):
                    yield status.st_mtime, status.st_size + _OVERHEAD, entry.path
                elif time.time() - status.st_mtime > _WRITING:
                    os.unlink(entry.path)  # noqa: PTH108 - as above


def _digest(thumbnail: bytes) -> bytes:
    return blake2b(thumbnail, digest_size=_DIGEST).digest()
