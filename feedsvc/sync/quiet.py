"""Quiet: whether nothing has happened in the entries folder since it was last scanned.

A scan of 100,000 files takes most of a second of processor time. If the kernel reports all
changes and has reported none, a look at the times of the folders is enough for a while: they
differ once a file has come, gone or been renamed.
"""

import ctypes
import os
import time
from collections.abc import Mapping

# How much longer than it takes a scan of all files is put off.
_PART = 1000
# Of linux/magic.h and of the file systems themselves: those on which nobody but this machine
# changes anything, so that the kernel knows of it: ext, XFS, Btrfs, tmpfs, F2FS, ZFS, bcachefs.
_LOCAL = frozenset((0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0xF2F52010, 0x2FC12FC1, 0xCA451A4E))
_libc = ctypes.CDLL(None)

# By the path of a folder: its device, inode and times.
Folders = Mapping[str, tuple[int, int, int, int]]


def state(folder: str) -> tuple[int, int, int, int]:
    """Return what differs once something has come to a folder or gone from it. Raises OSError."""
    status = os.stat(folder)
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def is_local(folder: str) -> bool:
    """Return whether the kernel knows of all changes of a folder."""
    # The first field of `struct statfs` is the type; the rest takes less than this.
    found = (ctypes.c_ulong * 64)()
    failed = _libc.statfs(os.fsencode(folder), ctypes.byref(found))
    return not failed and found[0] & 0xFFFFFFFF in _LOCAL


class Quiet:
    """What is known of a folder in which nothing has happened since its last scan."""

    def __init__(self) -> None:
        self._folders: Folders = {}
        self._until = 0.0
        self._begun = 0.0

    def end(self) -> None:
        """Note that something has happened, or that a scan begins."""
        self._folders = {}
        self._begun = time.thread_time()

    def begin(self, folders: Folders) -> None:
        """Note what a scan saw that found nothing to do, and was all that this thread did since."""
        cost = time.thread_time() - self._begun
        self._folders, self._until = folders, time.monotonic() + _PART * cost

    def holds(self) -> bool:
        """Return whether it is certain enough that a scan would find nothing to do."""
        if not self._folders or time.monotonic() > self._until:
            return False
        root = next(iter(self._folders))
        is_one = len({device for device, *_ in self._folders.values()}) == 1
        try:
            return (
                is_one
                and is_local(root)
                and all(state(path) == known for path, known in self._folders.items())
            )
        except OSError:
            return False
