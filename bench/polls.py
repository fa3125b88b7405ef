"""The bytes of one poll of each feed, from the status line to the last byte of the body.

    python -m bench.polls

A feed contains 30 entries of about 5 KB; a 226 is that of a reader that has 29 of them.
"""

import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

from bench import corpus
from bench.common import HOST, Wrong, wait_until
from bench.processes import workplace
from bench.results import write_part
from bench.service import Service, titles
from feedsvc.feeds import FOR_READERS
from feedsvc.urls import feed_path

TOTAL = 1000
CONTENT_CODINGS = ("identity", "gzip", "br")


class Answer(NamedTuple):
    """The status, the entity tag, and the size of the whole response in bytes."""

    status: int
    tag: str
    size: int


class Poll(NamedTuple):
    """The bytes of the polls of one feed: in full by content coding, 304 and 226."""

    name: str
    plain: int
    gzip: int
    brotli: int
    not_modified: int
    delta: int

    def row(self) -> str:
        """Return a row of a table in Markdown."""
        sizes = " | ".join(f"{size:,}" for size in self[1:])
        return f"| `{self.name}` | {sizes} | {self.delta / self.gzip:.0%} |"


def ask(port: int, path: str, **headers: str) -> Answer:
    """Request a path on a connection of its own; count the bytes that come."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{port}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    with socket.create_connection((HOST, port), timeout=30) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        answer = b"".join(_received(connection))
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    named = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
    return Answer(int(head[0].split()[1]), named.get("etag", ""), len(answer))


def _received(connection: socket.socket) -> Iterator[bytes]:
    while part := connection.recv(65536):
        yield part


def expect(status: int, answer: Answer) -> Answer:
    """Return the answer if it has this status; raise Wrong if not."""
    if answer.status != status:
        raise Wrong(f"{answer.status} instead of {status}")
    return answer


def measure() -> list[Poll]:
    """Measure every feed that readers subscribe to, before and after a new entry."""
    with workplace() as folder:
        entries = folder / "entries"
        corpus.write(TOTAL, entries)
        service = Service(folder, entries)
        with service.start() as server:
            service.first_answer(server, titles(TOTAL))
            paths = {name: feed_path(name) for name in FOR_READERS}
            seen = {
                name: expect(200, ask(service.port, path, Accept_Encoding="gzip")).tag
                for name, path in paths.items()
            }
            text = corpus.entry(TOTAL, TOTAL)[1]
            (entries / "new.md").write_text(text, encoding="utf-8")
            for name, path in paths.items():
                wait_until(lambda n=name, p=path: _tag(service.port, p) != seen[n], 30)  # type: ignore[misc]
            # By then every worker has noticed.
            time.sleep(0.5)
            return [_poll(service.port, name, path, seen[name]) for name, path in paths.items()]


def _tag(port: int, path: str) -> str:
    return ask(port, path, Accept_Encoding="gzip").tag


def _poll(port: int, name: str, path: str, seen: str) -> Poll:
    full = [expect(200, ask(port, path, Accept_Encoding=coding)) for coding in CONTENT_CODINGS]
    unchanged = ask(port, path, Accept_Encoding="gzip", If_None_Match=full[1].tag)
    delta = ask(port, path, Accept_Encoding="gzip", If_None_Match=seen, A_IM="feed")
    sizes = (answer.size for answer in (*full, expect(304, unchanged), expect(226, delta)))
    return Poll(name, *sizes)


def main() -> None:
    """Measure, print the table and write it into the document."""
    rows = [
        "| feed | plain | gzip | brotli | 304 | 226, one new of 30 | of gzip |",
        "|---|---|---|---|---|---|---|",
        *(poll.row() for poll in measure()),
    ]
    text = "\n".join(rows)
    print(text)
    write_part("polls", text)


if __name__ == "__main__":
    main()
