"""Opening files: what is sent and decoded is the file that was opened, and no other.

A path may lead elsewhere by the time it is opened. So links are resolved first, then the path
they lead to is opened folder by folder, following no link.
"""

import errno
import os
import stat
import threading
import time
from collections import OrderedDict
from hashlib import blake2b
from io import BufferedReader
from pathlib import Path
from typing import IO

from feedsvc.media.types import within

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe that takes the file's place must not make us wait for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
# How many digests are kept, at some 300 bytes each.
_KEPT = 4096
# In bytes.
_PART = 256 * 1024
# In nanoseconds: file systems note the time of a change in steps, at most of a second or two.
_STEP = 2_000_000_000


def open_beneath(root: Path | str, path: str) -> BufferedReader:
    """Return the file at a path in a folder, for reading. Raises OSError.

    `within` says which paths lead to a file in the folder.
    """
    real = within(root, path)
    if real is None:
        raise _missing(path)
    return open_real(real)


def open_real(path: str) -> BufferedReader:
    """Return the file at an absolute path that contains no links. Raises OSError.

    That what is there is a regular file is judged by what was opened.
    """
    *folders, name = path.split("/")[1:]
    folder = os.open("/", _FOLDER)
    try:
        for each in folders:
            inner = os.open(each, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        descriptor = os.open(name, _FILE, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _missing(path)
    return open(descriptor, "rb")


def reopened(file: IO[bytes]) -> int:
    """Return a descriptor of an open file that has a position of its own. Raises OSError."""
    return os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY | os.O_CLOEXEC)


class ContentDigests:
    """The digests of files that were read, until they change. Safe to share among threads."""

    def __init__(self) -> None:
        self._digests: OrderedDict[tuple[int, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def digest(self, file: BufferedReader) -> bytes:
        """Return a digest of a file's content; read all of it only if it is not known."""
        before = identity(os.fstat(file.fileno()))
        with self._lock:
            if before in self._digests:
                self._digests.move_to_end(before)
                return self._digests[before]
        digest = _digest(file)
        status = os.fstat(file.fileno())
        if identity(status) == before and is_settled(status):
            with self._lock:
                self._digests[before] = digest
                if len(self._digests) > _KEPT:
                    self._digests.popitem(last=False)
        return digest


def _digest(file: BufferedReader) -> bytes:
    digest, start = blake2b(digest_size=16), 0
    # The position stays: servers send from where the descriptor is, not from where Python is.
    while part := os.pread(file.fileno(), _PART, start):
        digest.update(part)
        start += len(part)
    return digest.digest()


def _missing(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def is_settled(status: os.stat_result) -> bool:
    """Return whether any further change of a file would change its identity.

    One that follows within a step of the clock would not show; a time in the future is that of
    a clock that was wrong.
    """
    return abs(time.time_ns() - status.st_ctime_ns) > _STEP


def identity(status: os.stat_result) -> tuple[int, ...]:
    """Return numbers of which one differs if a file is another, or has changed."""
    return (
        *(status.st_dev, status.st_ino, status.st_size),
        *(status.st_mtime_ns, status.st_ctime_ns),
    )
