"""A bound on what slow readers hold: responses that wait in memory for them to read on.

granian copies a response for each connection and keeps it until the kernel has taken the last
byte, and the kernel keeps what it has taken until the reader acknowledges it. Neither has a
bound for all connections together. Here their sum is looked at, about once a second and whenever
many bytes have been handed over; if it exceeds the limit, connections are ended until it does not:
first those that have read nothing for long, last those that read the fastest.
"""

import ctypes
import logging
import os
import resource
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# At once, in each worker: slow ones cost memory, not threads.
MAX_CONNECTIONS = 4_096
# What is left for other files, of the descriptors that a process may have.
_OTHER_FILES = 256
# In bytes, in each worker, in the kernel and in the worker's own memory.
LIMIT = 128 * 1024 * 1024
# In bytes: responses up to this size are not counted one by one; for as many connections as a
# worker has they are within the limit.
SMALL = 16 * 1024
# In bytes: how much is handed over between two looks.
LOOK_AFTER = 16 * 1024 * 1024
# In seconds: if something was sent or many are connected; and if not.
LOOK_EVERY = 1.0
LOOK_EVERY_AT_REST = 2.0
# In seconds: whoever has read nothing for so long is ended before others.
STALLED = 10.0
# In bytes: what a connection takes even if nobody reads, as room for it waits at its other end.
_BUFFER = 64 * 1024
# Up to this part of the limit is made room.
_ROOM = 3 / 4
# From this part of the connections that a worker may have, the idle ones are ended.
_CROWDED = 7 / 8
# Fewer open descriptors than this are not looked at each time.
_FEW = 128
# In seconds: how long granian has to send and release memory between two looks; and in all,
# when there is twice as much as there may be.
_RELEASE = 0.005
_LONGEST_WAIT = 0.25

# Of linux/socket.h and linux/sock_diag.h: the memory that a socket uses, as numbers of 32 bits.
_SO_MEMINFO, _SO_COOKIE = 55, 57
_UNREAD, _SEND_LIMIT, _UNSENT, _MEMINFO = 0, 3, 5, struct.Struct("9I")
# Of linux/tcp.h: the states of connections that can still send; and where it says how long ago
# something was sent and received, in milliseconds, and how many bytes were acknowledged.
_OPEN_STATES = (1, 8)
_SENT, _RECEIVED, _ACKNOWLEDGED, _TCP_INFO = 44, 52, 120, 128
# Without releasing the interpreter's lock, for thousands of short calls.
_libc = ctypes.PyDLL(None)
_log = logging.getLogger("feedsvc")


def max_connections() -> int:
    """Return how many connections a worker may have."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(MAX_CONNECTIONS, descriptors - _OTHER_FILES, descriptors // 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A connection with a response that its reader has not taken yet.

    `queued` are the bytes in the kernel; `is_full` says that granian may hold more. `read` are
    the bytes it has read since it was first seen, `seen` seconds ago.
    """

    descriptor: int
    cookie: int
    queued: int
    is_full: bool
    read: int
    seen: float

    def is_stalled(self) -> bool:
        """Return whether it has read nothing for long."""
        return self.read <= 0 and self.seen >= STALLED

    def rate(self) -> float:
        """Return how fast it reads, in bytes per second; at first that is not known."""
        return max(0, self.read - _BUFFER) / self.seen if self.seen else 0.0

    def rank(self) -> tuple[float, float]:
        """Return what tells which to end first: the stalled, the newest, and the slowest."""
        if self.is_stalled():
            return -1.0, -self.seen
        # Among those that have had no time to read on, an earlier one is no part of a flood.
        return self.rate(), self.seen


def choose(readers: Iterable[Reader], own: int, largest: int, limit: int) -> list[Reader]:
    """Return the readers to end, so that the others hold no more than the limit.

    `own` is how much the memory of this process has grown, and `largest` the size of the
    largest response.
    """
    ranked = sorted(readers, key=Reader.rank)
    full = sum(reader.is_full for reader in ranked)
    # What this process has grown by is theirs only as far as responses can explain it.
    share = min(own, full * largest) // full if full else 0
    held = sum(reader.queued + share * reader.is_full for reader in ranked)
    if held <= limit:
        return []
    chosen = []
    for reader in ranked:
        if held <= limit * _ROOM:
            break
        chosen.append(reader)
        held -= reader.queued + share * reader.is_full
    return chosen


class SlowReaders:
    """What looks at the connections of this process, and ends those that hold too much."""

    def __init__(
        self,
        are_streams_busy: Callable[[], bool],
        limit: int = LIMIT,
        connections: int | None = None,
    ) -> None:
        """Take what says whether long responses must wait, and the bounds."""
        self._connections = connections or max_connections()
        self._are_streams_busy = are_streams_busy
        self._limit = limit
        # Opened once: later there may be no descriptor left.
        self._memory = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._at_rest = self._resident()
        self._handed_over = 0
        self._largest = 0
        self._looking, self._making_room = threading.Lock(), threading.Lock()
        # By the cookie of a connection: when it was first seen, and what it had read then.
        self._known: dict[int, tuple[float, int]] = {}

    def start(self) -> threading.Event:
        """Look about once a second, in a thread, until the event that is returned is set."""
        ended = threading.Event()
        threading.Thread(
            target=self._repeat, args=(ended,), name="feedsvc-readers", daemon=True
        ).start()
        return ended

    def hand_over(self, size: int) -> None:
        """Count a response that is about to be sent; look, if many bytes have been."""
        self._largest = max(self._largest, size)
        self._handed_over += size
        if self._handed_over >= LOOK_AFTER:
            self._handed_over = 0
            with self._making_room:
                self._make_room()

    def _make_room(self) -> None:
        """End connections, and give granian time to send and release what is too much.

        The more there is the more time: memory that is free again may look as if it were used.
        """
        waited = 0.0
        while (grown := self._grown()) > self._limit // 2:
            self.look()
            if waited >= _LONGEST_WAIT * (grown / self._limit - 1):
                return
            time.sleep(_RELEASE)
            waited += _RELEASE

    def look(self) -> int:
        """End connections if they hold too much; return how many."""
        with self._looking:
            readers = self._readers()
            chosen = choose(readers, self._grown(), self._largest, self._limit)
            if self._are_streams_busy():
                stalled = (reader for reader in readers if reader.is_stalled())
                chosen += [reader for reader in stalled if reader not in chosen]
            for reader in chosen:
                _end(reader.descriptor, reader.cookie)
        return len(chosen)

    def _repeat(self, ended: threading.Event) -> None:
        pause, handed_over = LOOK_EVERY, 0
        while not ended.wait(pause):
            # A process that can open no further file cannot look, but may the next time.
            with suppress(OSError):
                count = len(_descriptors())
                is_at_rest = count < _FEW and self._handed_over == handed_over
                pause = LOOK_EVERY_AT_REST if is_at_rest else LOOK_EVERY
                handed_over = self._handed_over
                if count >= _FEW or self._grown() >= self._limit // 2:
                    self.look()
                if count >= self._connections * _CROWDED:
                    _end_idle(count - int(self._connections * _ROOM))

    def _grown(self) -> int:
        return max(0, self._resident() - self._at_rest)

    def _resident(self) -> int:
        return int(os.pread(self._memory, 100, 0).split()[1]) * resource.getpagesize()

    def _readers(self) -> list[Reader]:
        now, before, self._known = time.monotonic(), self._known, {}
        readers = []
        for descriptor, queued, is_full in _with_queues():
            info = _tcp_info(descriptor)
            if info is None:
                continue
            cookie = _cookie(descriptor)
            (read,) = struct.unpack_from("Q", info, _ACKNOWLEDGED)
            since, read_then = self._known[cookie] = before.get(cookie, (now, read))
            readers.append(
                Reader(
                    descriptor=descriptor,
                    cookie=cookie,
                    queued=queued,
                    is_full=is_full,
                    read=read - read_then,
                    seen=now - since,
                )
            )
        return readers


def has_unread() -> bool:
    """Return whether a connection of this process has sent what has not been read yet."""
    memories = map(_memory, _descriptors())
    return any(memory is not None and memory[_UNREAD] for memory in memories)


def _with_queues() -> Iterator[tuple[int, int, bool]]:
    """Yield the descriptors of sockets with something in their queues, and how much.

    Also whether the queue to send is full.
    """
    for descriptor in _descriptors():
        memory = _memory(descriptor)
        if memory is not None and (memory[_UNSENT] or memory[_UNREAD]):
            # The kernel wakes those who write when a third of it is free.
            is_full = memory[_UNSENT] >= memory[_SEND_LIMIT] * 2 // 3
            yield descriptor, memory[_UNSENT] + memory[_UNREAD], is_full


def _memory(descriptor: int) -> tuple[int, ...] | None:
    """Return what the kernel holds for a socket, in bytes by kind; None if it is no socket."""
    memory = _option(descriptor, socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    return None if memory is None else _MEMINFO.unpack(memory)


def _end_idle(number: int) -> None:
    """End so many connections: those on which nothing has happened for the longest time."""
    idle = []
    for descriptor in _descriptors():
        if (info := _tcp_info(descriptor)) is not None:
            moments = (struct.unpack_from("I", info, at)[0] for at in (_SENT, _RECEIVED))
            idle.append((min(moments), descriptor, _cookie(descriptor)))
    for _, idle_descriptor, cookie in sorted(idle, reverse=True)[:number]:
        _end(idle_descriptor, cookie)


def _descriptors() -> list[int]:
    return [int(path.name) for path in Path("/proc/self/fd").iterdir()]


def _tcp_info(descriptor: int) -> bytes | None:
    """Return what the kernel knows of a connection that can still send; None if it is none."""
    info = _option(descriptor, socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO)
    return info if info is not None and info[0] in _OPEN_STATES else None


def _cookie(descriptor: int) -> int:
    """Return what tells a connection from every other, even one with the same descriptor."""
    cookie = _option(descriptor, socket.SOL_SOCKET, _SO_COOKIE, 8)
    return int.from_bytes(cookie or b"", sys.byteorder)


def _option(descriptor: int, level: int, name: int, size: int) -> bytes | None:
    """Return an option of a socket; None if it is no socket that has one of this size."""
    buffer = ctypes.create_string_buffer(size)
    length = ctypes.c_uint32(size)
    failed = _libc.getsockopt(descriptor, level, name, buffer, ctypes.byref(length))
    return None if failed or length.value < size else buffer.raw


def _end(descriptor: int, cookie: int) -> None:
    """Reset a connection, if its descriptor is still the same."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        if _cookie(connection.fileno()) == cookie:
            # The kernel drops what is queued when granian closes the connection.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RDWR)
