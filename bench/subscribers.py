"""Subscribers in one process, each at an address of its own in 127.0.0.0/8, as the benchmark has.

    python -m bench.subscribers PORT

It confirms what hubs ask, answers each delivery with 204, and on `GET /told` says of those whose
body contains a word how many callbacks were told, when the first and the last was (seconds, on
the monotonic clock of this machine), and how many were told twice.
"""

import asyncio
import re
import sys
import time
from urllib.parse import parse_qs, urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_told: dict[str, dict[str, list[float]]] = {}
_WORD = re.compile(rb"Title of (\w+)")


class Subscriber(asyncio.Protocol):
    """A connection of the hub."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._read = bytearray()

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._read += data
        while True:
            head, end, _ = self._read.partition(b"\r\n\r\n")
            if not end:
                return
            found = _LENGTH.search(head)
            size = len(head) + 4 + (int(found[1]) if found else 0)
            if len(self._read) < size:
                return
            body = bytes(self._read[len(head) + 4 : size])
            del self._read[:size]
            method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
            self._transport.write(_answer(method, target, body))


def _answer(method: str, target: str, body: bytes) -> bytes:
    if method == "POST":
        word = _WORD.search(body)
        told = _told.setdefault(word[1].decode() if word else "", {})
        told.setdefault(target, []).append(time.monotonic())
        return b"HTTP/1.1 204 No Content\r\n\r\n"
    parts = urlsplit(target)
    query = parse_qs(parts.query)
    if parts.path == "/told":
        told = _told.get(query["word"][0], {})
        moments = sorted(first for first, *_ in told.values())
        again = sum(len(each) > 1 for each in told.values())
        line = f"{len(moments)} {again} " + " ".join(map(str, moments))
    else:
        line = query["hub.challenge"][0]
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(line)}\r\n\r\n{line}".encode()


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Subscriber, "0.0.0.0", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
