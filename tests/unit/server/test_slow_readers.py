"""Which slow readers are ended, and what is known of their connections."""

import resource
import socket
import threading
from contextlib import suppress
from itertools import count

import pytest

from feedsvc.server import slow_readers
from feedsvc.server.slow_readers import (
    LOOK_AFTER,
    STALLED,
    Reader,
    SlowReaders,
    choose,
    max_connections,
)
from tests.support.waiting import wait_for

_numbers = count()


def reader(queued: int = 10, *, is_full: bool = True, read: int = 0, seen: float = 0.0) -> Reader:
    """Return a reader that has read nothing yet."""
    number = next(_numbers)
    return Reader(
        descriptor=number, cookie=number, queued=queued, is_full=is_full, read=read, seen=seen
    )


def test_nobody_is_ended_while_all_hold_no_more_than_the_limit() -> None:
    readers = [reader(), reader()]
    assert choose(readers, own=80, largest=100, limit=100) == []
    assert choose([], own=1_000, largest=100, limit=100) == []


def test_what_readers_cannot_hold_is_not_held_against_them() -> None:
    assert choose([reader(), reader()], own=10**9, largest=40, limit=100) == []
    assert choose([reader(is_full=False)] * 2, own=10**9, largest=10**6, limit=100) == []


def test_so_many_are_ended_that_a_quarter_of_the_limit_is_free() -> None:
    readers = [reader(30) for _ in range(5)]
    assert len(choose(readers, own=0, largest=0, limit=100)) == 3
    assert len(choose(readers, own=100, largest=20, limit=100)) == 4


def test_the_stalled_go_first_then_the_newest_then_the_slowest() -> None:
    ranked = [
        reader(seen=STALLED + 50),
        reader(seen=STALLED),
        reader(seen=0),
        # Its kernel has taken that much; whether anybody reads it is not known.
        reader(read=60_000, seen=0.1),
        reader(seen=STALLED - 1),
        reader(read=5, seen=STALLED + 50),
        reader(read=100_000, seen=STALLED),
        reader(read=5_000_000, seen=1),
    ]
    for number in range(3, len(ranked) + 1):
        limit = 10 * (len(ranked) - number) / 0.75 + 1
        assert choose(ranked[::-1], own=0, largest=0, limit=int(limit)) == ranked[:number]


def connections() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection; the second reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listening.getsockname())
        return listening.accept()[0], client


def fill(connection: socket.socket) -> int:
    """Send until the kernel takes no more; return how much it took."""
    connection.settimeout(0)
    sent = 0
    try:
        while True:
            sent += connection.send(bytes(65536))
    except BlockingIOError:
        return sent


def receive(connection: socket.socket) -> int:
    """Receive until the connection ends; return how many bytes came."""
    received = 0
    with suppress(ConnectionError):
        while data := connection.recv(65536):
            received += len(data)
    return received


def test_a_connection_that_is_not_read_is_ended_and_others_are_not() -> None:
    server, client = connections()
    other, other_client = connections()
    with server, client, other, other_client:
        sent = fill(server)
        readers = SlowReaders(lambda: False, limit=sent // 2)
        # This process has both ends.
        assert readers.look() == 2
        # The server learns of it, and the kernel drops what was queued.
        server.settimeout(10)
        with pytest.raises(BrokenPipeError):
            server.sendall(b"more")
        server.close()
        client.settimeout(10)
        assert receive(client) < sent
        other.sendall(b"hello")
        assert other_client.recv(5) == b"hello"
        assert readers.look() == 0


def test_the_stalled_are_ended_when_long_responses_must_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, client = connections()
    with server, client:
        fill(server)
        readers = SlowReaders(lambda: True)
        assert readers.look() == 0
        monkeypatch.setattr(slow_readers, "STALLED", 0.0)
        assert readers.look() == 2


def test_who_hands_over_much_looks_and_others_need_not(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    readers = SlowReaders(lambda: False, limit=2)
    monkeypatch.setattr(readers, "look", lambda: looks.append(1))
    # The memory of this process has grown since by nothing, and then by much.
    readers.hand_over(LOOK_AFTER)
    looks.clear()
    grown = bytearray(64 * 1024 * 1024)
    readers.hand_over(LOOK_AFTER - 1)
    assert looks == []
    monkeypatch.setattr(slow_readers, "_LONGEST_WAIT", 0.0)
    readers.hand_over(1)
    assert looks
    assert grown


def test_the_oldest_idle_connections_are_ended_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slow_readers, "LOOK_EVERY", 0.05)
    pairs = [connections() for _ in range(20)]
    ended = SlowReaders(lambda: False, connections=8).start()
    try:
        for server, _ in pairs[:4]:
            server.settimeout(10)
            assert server.recv(1) == b""
    finally:
        # It would end the connections of other tests, too.
        ended.set()
        for server, client in pairs:
            server.close()
            client.close()
    wait_for(lambda: "feedsvc-readers" not in {each.name for each in threading.enumerate()})


def test_a_worker_has_fewer_connections_than_it_may_have_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for files, expected in ((10**6, slow_readers.MAX_CONNECTIONS), (1024, 512), (3, 1), (1, 1)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, 0))
        assert max_connections() == expected
