"""A child that does what its requests say: replies, or exceeds a limit, or dies."""

import errno
import os
import signal
import struct
import time
from collections.abc import Callable
from contextlib import suppress


def answer(request: bytes) -> bytes:
    """Do what a request says, if it says anything; return the reply."""
    name, _, argument = request.partition(b" ")
    reply = _MISDEEDS[name](argument) if name in _MISDEEDS else None
    return b"re: " + request if reply is None else reply


def read(request: bytes, descriptor: int) -> bytes:
    """Return a request and what is in the file that came with it."""
    return request + b" " + os.read(descriptor, 100)


def _loop(_argument: bytes) -> None:
    while True:
        pass


def _work(_argument: bytes) -> None:
    end = time.process_time() + 0.15
    while time.process_time() < end:
        pass


def _take_memory(_argument: bytes) -> None:
    bytearray(2**30)


def _raise(_argument: bytes) -> None:
    raise ValueError


def _write(path: bytes) -> bytes:
    # A signal would otherwise end the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with open(path, "wb") as file:
            file.write(b"x")
    except OSError as error:
        return errno.errorcode[error.errno or 0].encode()
    return b"written"


def _open_all(_argument: bytes) -> bytes:
    files = []
    with suppress(OSError):
        while True:
            files.append(os.open("/dev/null", os.O_RDONLY))
    return b"%d" % len(files)


def _stall(_argument: bytes) -> None:
    # To its parent: that a reply of a thousand bytes follows, and its beginning.
    os.write(3, struct.pack("!i", 1000) + b"re: ")
    time.sleep(60)


def _files(_argument: bytes) -> bytes:
    found = []
    for name in os.listdir(b"/proc/self/fd"):
        with suppress(OSError):
            found.append(os.readlink(b"/proc/self/fd/" + name))
    return b" ".join(found)


_MISDEEDS: dict[bytes, Callable[[bytes], bytes | None]] = {
    b"loop": _loop,
    b"work": _work,
    b"memory": _take_memory,
    b"stall": _stall,
    b"sleep": lambda _: time.sleep(60),
    b"abort": lambda _: os.abort(),
    b"crash": lambda _: os.kill(os.getpid(), signal.SIGSEGV),
    b"kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    b"exit": lambda _: os._exit(0),
    b"raise": _raise,
    b"write": _write,
    b"open": _open_all,
    b"files": _files,
}
