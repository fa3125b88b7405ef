"""Long responses are sent by other threads, short ones at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from feedsvc.server.streaming import WHOLE, Protocol, Streams

HEADERS = [("Content-Type", "text/plain")]


class Body:
    """A body as granian passes it: without `__iter__`, and to be closed."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self.is_closed = False

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        self.is_closed = True


class Client:
    """Receives the response to one request, as granian's own object does."""

    def __init__(self) -> None:
        self.whole: bytes | None = None
        self.parts: Future[tuple[bytes, str]] = Future()
        self.may_read = threading.Event()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        assert (status, headers) == (200, HEADERS)
        self.whole = body

    def response_iter(self, status: int, headers: list[tuple[str, str]], body: Body) -> None:
        assert (status, headers) == (200, HEADERS)
        assert self.may_read.wait(10)
        received = b""
        try:
            while True:
                received += body.__next__()
        except StopIteration:
            body.close()
            self.parts.set_result((received, threading.current_thread().name))


def test_a_short_body_is_sent_as_a_whole_and_counted() -> None:
    client = Client()
    counted: list[int] = []
    protocol = Protocol(client, Streams(), counted.append)
    body = Body(iter([b"a", b"bc"]))
    protocol.response_iter(200, HEADERS, body)
    assert (client.whole, counted, body.is_closed) == (b"abc", [3], True)
    protocol.response_bytes(200, HEADERS, b"four")
    assert (client.whole, counted) == (b"four", [3, 4])


def test_a_long_body_is_sent_by_another_thread_from_its_start() -> None:
    client, streams = Client(), Streams(most=1)
    body = Body(iter([b"a" * WHOLE, b"b", b"c"]))
    Protocol(client, streams, lambda _: None).response_iter(200, HEADERS, body)
    assert streams.are_busy()
    client.may_read.set()
    received, thread = client.parts.result(10)
    assert received == b"a" * WHOLE + b"bc"
    assert thread.startswith("feedsvc-stream")
    assert body.is_closed
    assert client.whole is None


def test_a_body_that_fails_is_closed_and_the_failure_is_known() -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError

    client, body = Client(), Body(failing())
    with pytest.raises(ZeroDivisionError):
        Protocol(client, Streams(), lambda _: None).response_iter(200, HEADERS, body)
    assert body.is_closed
    assert client.whole is None
