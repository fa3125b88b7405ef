"""A file as readers get it: with some of its bytes left out or replaced."""

import io
import os
from itertools import accumulate
from typing import BinaryIO, cast

from feedsvc.model import Edit

# In bytes: how much is read at once.
_PART = 64 * 1024


def edited(file: BinaryIO, edits: tuple[Edit, ...]) -> BinaryIO:
    """Return an open file with its edits, for reading; it closes the file."""
    return cast("BinaryIO", io.BufferedReader(_Edited(file, edits), _PART)) if edits else file


class _Edited(io.RawIOBase):
    """Reads parts of a file, and what stands between them, as if they were one file."""

    def __init__(self, file: BinaryIO, edits: tuple[Edit, ...]) -> None:
        self._file = file
        # Each is a range of the file, or bytes instead of one.
        self._parts: list[tuple[int, int] | bytes] = []
        start = 0
        for edit in edits:
            self._parts += [(start, edit.start), edit.data]
            start = edit.end
        self._parts.append((start, os.fstat(file.fileno()).st_size))
        self._ends = list(accumulate(map(_length, self._parts)))
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._ends[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Read the next bytes of one part."""
        for part, end in zip(self._parts, self._ends, strict=True):
            if self._position < end:
                start = self._position - (end - _length(part))
                size = min(len(buffer), end - self._position)
                if isinstance(part, bytes):
                    data = part[start : start + size]
                else:
                    data = os.pread(self._file.fileno(), size, part[0] + start)
                buffer[: len(data)] = data
                self._position += len(data)
                return len(data)
        return 0

    def close(self) -> None:
        self._file.close()
        super().close()


def _length(part: tuple[int, int] | bytes) -> int:
    return len(part) if isinstance(part, bytes) else part[1] - part[0]
