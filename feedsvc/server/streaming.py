"""Long responses are sent by threads of their own: who reads slowly holds up only one of them.

granian's `response_iter` blocks its caller until the last part is handed over.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

# In each worker, for long responses at once.
MAX_STREAMS = 64
# In bytes: a response up to this size is sent as a whole.
WHOLE = 64 * 1024
_Headers = list[tuple[str, str]]


class Streams:
    """The threads that send long responses."""

    def __init__(self, most: int = MAX_STREAMS) -> None:
        self._most = most
        self._threads = ThreadPoolExecutor(most, "feedsvc-stream")
        self._count = 0
        self._counting = threading.Lock()

    def are_busy(self) -> bool:
        """Return whether a further response would have to wait."""
        return self._count >= self._most

    def send(self, respond: Callable[..., None], *arguments: object) -> None:
        """Have a thread send a response by calling a function."""
        self._add(1)
        self._threads.submit(respond, *arguments).add_done_callback(lambda _: self._add(-1))

    def _add(self, number: int) -> None:
        with self._counting:
            self._count += number


class Parts:
    """An iterator that yields parts again that were taken from it."""

    def __init__(self, taken: list[bytes], rest: Any) -> None:  # noqa: ANN401 - granian's
        self._taken = iter(taken)
        self._rest = rest

    def __next__(self) -> bytes:
        """Return the next part."""
        for part in self._taken:
            return part
        return self._rest.__next__()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Release what the parts come from."""
        self._rest.close()


class Protocol:
    """What granian's wrapper of the application sends one response with.

    It takes the place of granian's own object, which `protocol` is; `count` learns of the size
    of each response that is sent as a whole.
    """

    def __init__(self, protocol: Any, streams: Streams, count: Callable[[int], None]) -> None:  # noqa: ANN401 - granian's
        self._protocol = protocol
        self._streams = streams
        self._count = count

    def response_bytes(self, status: int, headers: _Headers, body: bytes) -> None:
        """Send a response."""
        self._count(len(body))
        self._protocol.response_bytes(status, headers, body)

    def response_iter(self, status: int, headers: _Headers, body: Any) -> None:  # noqa: ANN401 - granian's
        """Send a response in parts: here if it is short, or else in another thread."""
        taken: list[bytes] = []
        size = 0
        try:
            while size <= WHOLE:
                taken.append(body.__next__())
                size += len(taken[-1])
        except StopIteration:
            body.close()
            self.response_bytes(status, headers, b"".join(taken))
        except BaseException:
            body.close()
            raise
        else:
            parts = Parts(taken, body)
            self._streams.send(self._protocol.response_iter, status, headers, parts)
