"""Pictures that are part of a document: unpacked when they are asked for, into nameless files.

The document stays the only truth: nothing is kept that would have to be kept true to it. A few
unpacked pictures stay open, as their thumbnails are asked for next.
"""

import os
import tempfile
import threading
import weakref
from collections import OrderedDict
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import IO

from feedsvc.media.archive import MAX_DOCUMENT, MAX_PICTURE, Archive, BadArchive
from feedsvc.media.opening import identity, is_settled, open_beneath, reopened

# How many unpacked pictures stay open.
_KEPT = 16
_Key = tuple[object, ...]


class EmbeddedPictureFiles:
    """The pictures in the documents of a folder, as open files. Safe to share among threads.

    `space` is the folder on whose disk they are unpacked; if there is no room, it is in memory.
    """

    def __init__(self, root: Path, space: Path) -> None:
        self._root = root
        self._space = space
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, IO[bytes]] = OrderedDict()
        weakref.finalize(self, _close_all, self._kept)

    def open(self, path: str, member: str) -> BufferedReader:
        """Return the picture of a name in the document at a path. Raises OSError."""
        with open_beneath(self._root, path) as document:
            status = os.fstat(document.fileno())
            if status.st_size > MAX_DOCUMENT:
                raise BadArchive(path)
            key = (*identity(status), member)
            # One at a time: many who ask for one picture wait until it is unpacked once.
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return _again(self._kept[key])
                file = self._unpacked(Archive(document).read(member, MAX_PICTURE))
                opened = _again(file)
                if is_settled(status):
                    self._keep(key, file)
                else:
                    file.close()
                return opened

    def _unpacked(self, data: bytes) -> IO[bytes]:
        file = None
        try:
            file = tempfile.TemporaryFile(dir=self._space)  # noqa: SIM115 - it stays open
            file.write(data)
            file.flush()
        except OSError:  # the disk is full, or cannot be written
            if file is not None:
                with suppress(OSError):  # it writes what is left
                    file.close()
            file = open(os.memfd_create("picture", os.MFD_CLOEXEC), "w+b")  # noqa: SIM115
            file.write(data)
            file.flush()
        return file

    def _keep(self, key: _Key, file: IO[bytes]) -> None:
        self._kept[key] = file
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)[1].close()


def _again(file: IO[bytes]) -> BufferedReader:
    return open(reopened(file), "rb")


def _close_all(files: OrderedDict[_Key, IO[bytes]]) -> None:
    for file in files.values():
        file.close()
