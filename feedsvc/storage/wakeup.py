"""Waking: whoever waits for a change of the catalogue sleeps until the writer has made one.

All processes map one small file, which holds a counter. The writer counts up after each
transaction and wakes those that sleep (futex(2)). The kernel lets a process sleep only if the
counter is still what it was before the process looked, so no change is missed between the look
and the sleep; and nothing is left behind by a process that is killed. Where that does not work,
the waiting process looks `POLLS` times a second instead.
"""

import ctypes
import errno
import mmap
import os
import platform
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FILE = "changes"
# How often a second whoever cannot be woken looks.
POLLS = 25
_COUNTER = struct.Struct("=I")
# Of linux/futex.h: those that wait may be in other processes.
_WAIT, _WAKE, _ALL = 0, 1, 2**31 - 1
# The number of the system call, by machine; of programs of 64 bits, whose times are of 64 bits.
_NUMBERS = {
    **dict.fromkeys(("x86_64",), 202),
    **dict.fromkeys(("aarch64", "riscv64", "loongarch64"), 98),
    **dict.fromkeys(("ppc64le", "ppc64"), 221),
    "s390x": 238,
}
_number = _NUMBERS.get(platform.machine()) if sys.maxsize > 2**32 else None
_libc = ctypes.CDLL(None, use_errno=True)


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_int64))


class _Mapped:
    """The file of one moment, open and mapped. Raises OSError if that cannot be."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            status = os.fstat(self._descriptor)
            self.identity = status.st_dev, status.st_ino
            if status.st_size < _COUNTER.size:
                os.ftruncate(self._descriptor, _COUNTER.size)
            self._counter = ctypes.c_uint32.from_buffer(mmap.mmap(self._descriptor, _COUNTER.size))
        except (OSError, ValueError) as error:
            os.close(self._descriptor)
            raise OSError(errno.EINVAL, str(error)) from error

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):  # it could not be opened
            os.close(self._descriptor)

    def count(self) -> int:
        """Return the counter. Raises OSError."""
        # Not through the memory: reading there ends the process if somebody has cut the file.
        data = os.pread(self._descriptor, _COUNTER.size, 0)
        return int(_COUNTER.unpack(data.ljust(_COUNTER.size, b"\0"))[0])

    def advance(self) -> None:
        """Count up, and wake all that wait. Raises OSError."""
        os.pwrite(self._descriptor, _COUNTER.pack((self.count() + 1) % 2**32), 0)
        self._call(_WAKE, _ALL, None)

    def wait(self, count: int, seconds: float) -> None:
        """Sleep while the counter is as it was, at most so many seconds. Raises OSError."""
        whole, part = divmod(max(seconds, 0), 1)
        self._call(_WAIT, count, _Time(int(whole), int(part * 1e9)))

    def _call(self, operation: int, value: int, timeout: _Time | None) -> None:
        """Call the kernel. Raises OSError if it does not do such a thing."""
        limit = None if timeout is None else ctypes.byref(timeout)
        if _number is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        found = _libc.syscall(
            ctypes.c_long(_number),
            ctypes.byref(self._counter),
            ctypes.c_int(operation),
            ctypes.c_uint32(value),
            limit,
            None,
            ctypes.c_uint32(0),
        )
        number = ctypes.get_errno()
        # The counter was another one already, the time is over, or a signal came.
        if found < 0 and number not in (errno.EAGAIN, errno.ETIMEDOUT, errno.EINTR):
            raise OSError(number, os.strerror(number))


class _End:
    """One end of it: the file, opened anew when it has been replaced."""

    def __init__(self, instance: Path) -> None:
        self._path = instance / FILE
        self._mapped: _Mapped | None = None

    def _current(self) -> _Mapped:
        """Return the file that is at the path now. Raises OSError."""
        mapped = self._mapped
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            mapped = None
        else:
            if mapped is not None and mapped.identity != (status.st_dev, status.st_ino):
                mapped = None
        self._mapped = mapped or _Mapped(self._path)
        return self._mapped


class Waker(_End):
    """The writer's end."""

    def wake(self) -> None:
        """Wake all that wait; if that is impossible, they look by themselves."""
        with suppress(OSError):
            self._current().advance()


class Sleeper(_End):
    """The end of a process that waits. For one thread."""

    def __init__(self, instance: Path) -> None:
        super().__init__(instance)
        self._count: int | None = None

    def prepare(self) -> bool:
        """Note what has happened so far: to be called before looking at the catalogue.

        Return whether the next `sleep` is ended by a change.
        """
        try:
            self._count = self._current().count()
        except OSError:
            self._count = None
        return self._count is not None and _number is not None

    def sleep(self, seconds: float) -> None:
        """Sleep until there has been a change since `prepare`, at most so many seconds."""
        try:
            if self._count is not None and self._mapped is not None:
                self._mapped.wait(self._count, seconds)
                return
        except OSError:
            self._mapped = None
        time.sleep(min(seconds, 1 / POLLS))


def listen(instance: Path, every: float, ring: Callable[[], object]) -> None:
    """Have a thread of its own call `ring` after changes, and every so many seconds without any.

    Many changes are told at most `POLLS` times a second. For event loops, which must not sleep:
    `ring` may be `call_soon_threadsafe`; that the loop is closed ends the thread.
    """
    sleeper = Sleeper(instance)

    def work() -> None:
        while True:
            sleeper.prepare()
            try:
                ring()
            except RuntimeError:
                return
            time.sleep(1 / POLLS)
            sleeper.sleep(every)

    threading.Thread(target=work, name="feedsvc-changes", daemon=True).start()
