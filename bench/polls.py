"""The bytes of one poll of each feed, from the status line to the last byte of the body.

    python -m bench.polls

A feed contains 30 entries of about 5 KB; a 226 is that of a reader that has 29 of them. The words
of the entries are 82, which all have, or natural: 60,000, most of them rare.
"""

import socket
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from bench import corpus
from bench.client import one_each
from bench.common import HOST, Wrong, wait_until
from bench.processes import workplace
from bench.results import write_part
from bench.service import FEED_SIZE, Service, members, title_line
from feedsvc.feeds import FOR_READERS
from feedsvc.urls import feed_path

TOTAL = 1000
CONTENT_CODINGS = ("identity", "gzip", "br", "zstd")
DICTIONARY = "gzip, br, zstd, dcz"
_HEAD = (
    "| feed | plain | gzip | brotli | zstd | 304 | 226, gzip | 226, brotli"
    " | 226, dictionary | 200, dictionary |"
)


class Answer(NamedTuple):
    """The status, the entity tag, the coding, the body, and the size of it all in bytes."""

    status: int
    tag: str
    coding: str
    body: bytes
    size: int


class Poll(NamedTuple):
    """The bytes of the polls of one feed: in full by content coding, 304, and with one new entry.

    Those are a 226 by content coding, and a 226 and a 200 with a dictionary (RFC 9842).
    """

    name: str
    plain: int
    gzip: int
    brotli: int
    zstd: int
    not_modified: int
    delta: int
    delta_brotli: int
    delta_dictionary: int
    whole_dictionary: int

    def row(self) -> str:
        """Return a row of a table in Markdown; of the last four the part of gzip as well."""
        sizes = [f"{size:,}" for size in self[1:6]]
        sizes += [f"{size:,} ({size / self.gzip:.1%})" for size in self[6:]]
        return f"| `{self.name}` | {' | '.join(sizes)} |"


def ask(port: int, path: str, **headers: str) -> Answer:
    """Request a path on a connection of its own; count the bytes that come."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{port}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    with socket.create_connection((HOST, port), timeout=30) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        answer = b"".join(_received(connection))
    written, _, body = answer.partition(b"\r\n\r\n")
    head = written.decode("latin-1").split("\r\n")
    named = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
    coding = named.get("content-encoding", "identity")
    return Answer(int(head[0].split()[1]), named.get("etag", ""), coding, body, len(answer))


def _received(connection: socket.socket) -> Iterator[bytes]:
    while part := connection.recv(65536):
        yield part


def expect(status: int, answer: Answer) -> Answer:
    """Return the answer if it has this status; raise Wrong if not."""
    if answer.status != status:
        raise Wrong(f"{answer.status} instead of {status}")
    return answer


def measure(*, natural: bool = False) -> list[Poll]:
    """Measure every feed that readers subscribe to, before and after a new entry."""
    with workplace() as folder:
        entries = folder / "entries"
        corpus.write(TOTAL, entries, natural=natural)
        service = Service(folder, entries)
        with service.start() as server:
            numbers = range(TOTAL - 1, TOTAL - 1 - FEED_SIZE, -1)
            texts = (corpus.entry(number, TOTAL, natural=natural)[1] for number in numbers)
            titles = [title_line(text).removeprefix("title: ") for text in texts]
            service.first_answer(server, titles)
            new = corpus.entry(TOTAL, TOTAL, natural=natural)
            return _before_and_after(service, members(server, "worker"), new)


def _before_and_after(service: Service, workers: Sequence[int], new: tuple[str, str]) -> list[Poll]:
    port = service.port
    paths = {name: feed_path(name) for name in FOR_READERS}
    with one_each(port, workers) as clients:
        for client in clients.values():
            for path in paths.values():
                # From now on it keeps versions.
                client.ask(path, Accept_Encoding=DICTIONARY)
    seen = {path: expect(200, ask(port, path)) for path in paths.values()}
    (service.entries / "new.md").write_text(new[1], encoding="utf-8")
    for path in paths.values():
        wait_until(lambda p=path: ask(port, p).tag != seen[p].tag, 30)  # type: ignore[misc]
    # By then every worker has noticed.
    time.sleep(0.5)
    return [_poll(port, name, path, seen[path]) for name, path in paths.items()]


def _poll(port: int, name: str, path: str, seen: Answer) -> Poll:
    full = [expect(200, ask(port, path, Accept_Encoding=coding)) for coding in CONTENT_CODINGS]
    unchanged = ask(port, path, Accept_Encoding="gzip", If_None_Match=full[1].tag)
    known = {"If_None_Match": seen.tag, "A_IM": "feed"}
    digest = b64encode(sha256(seen.body).digest()).decode()
    dictionary = {"Accept_Encoding": DICTIONARY, "Available_Dictionary": f":{digest}:"}
    answers = [
        *full,
        expect(304, unchanged),
        expect(226, ask(port, path, Accept_Encoding="gzip", **known)),
        expect(226, ask(port, path, Accept_Encoding="gzip, br", **known)),
        expect(226, ask(port, path, **dictionary, **known)),
        expect(200, ask(port, path, **dictionary)),
    ]
    if [answer.coding for answer in answers[-2:]] != ["dcz", "dcz"]:
        raise Wrong("no dictionary was used")
    return Poll(name, *(answer.size for answer in answers))


def main() -> None:
    """Measure, print the tables and write them into the document."""
    rows = ["82 words:", "", _HEAD, "|---" * 10 + "|", *(poll.row() for poll in measure())]
    rows += ["", "60,000 words, as frequent as in any language:", "", _HEAD, "|---" * 10 + "|"]
    rows += [poll.row() for poll in measure(natural=True)]
    text = "\n".join(rows)
    print(text)
    write_part("polls", text)


if __name__ == "__main__":
    main()
