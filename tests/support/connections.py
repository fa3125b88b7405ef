"""Connections to a service: one client's, and those of many that load it."""

import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.background import Background
from tests.support.newsroom import item
from tests.support.service import Service, soon

ATOM = "/feeds/atom.xml"
TITLE = "Новость"
Reply = tuple[int, dict[str, str], bytes]


class Closed(Exception):
    """The server closed the connection where a response was due."""


class Connection:
    """A client's connection, kept alive; it costs as little of the processor as it can."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def close(self) -> None:
        self._socket.close()

    def ask(self, path: str = ATOM, **headers: str) -> Reply:
        """Send a request; return status, headers by their names in small letters, and body."""
        self.send(path, **headers)
        return self.receive()

    def send(self, path: str, **headers: str) -> None:
        lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())

    def receive(self) -> Reply:
        while b"\r\n\r\n" not in self._read:
            self._read_more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        status, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in rest)}
        length = 0 if status[9:12] == "304" else int(headers.get("content-length", "0"))
        while len(self._read) < length:
            self._read_more()
        body, self._read = self._read[:length], self._read[length:]
        return int(status[9:12]), headers, body

    def _read_more(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise Closed
        self._read += data


class Load(Background):
    """Clients that ask without a pause: some on a new connection each time, some keep theirs.

    `met` counts the statuses that they received, and what else happened to them.
    """

    def __init__(self, port: int) -> None:
        # Many are new, so that each worker that ends has just accepted some of them.
        super().__init__(*[self._ask_anew] * 16, *[self._ask_again] * 3)
        self.met: Counter[str] = Counter()
        self._port = port

    def _ask_anew(self) -> None:
        while not self._over.is_set():
            try:
                with closing(Connection(self._port)) as connection:
                    self.met[str(connection.ask()[0])] += 1
            except (OSError, Closed) as error:
                self.met[repr(error)] += 1

    def _ask_again(self) -> None:
        while not self._over.is_set():
            used = 0
            try:
                with closing(Connection(self._port)) as connection:
                    while not self._over.is_set():
                        self.met[str(connection.ask(Accept_Encoding="gzip")[0])] += 1
                        used += 1
            except (OSError, Closed) as error:
                # An unused connection may be closed at any moment; a client that asks
                # again, as every client does (RFC 9110 section 9.2.2), is answered.
                self.met["closed" if used else repr(error)] += 1


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[Service]:
    """Run a service, with one entry, until the block ends."""
    service = Service(command, folder)
    (service.entries / "a.md").write_bytes(item(TITLE, body="Текст. " * 500))
    try:
        soon(lambda: service.shows(TITLE), 60)
        yield service
    finally:
        service.stop()


def log(folder: Path) -> str:
    """Return what a service has logged."""
    return (folder / "log").read_text()


def reload(service: Service) -> None:
    """Have the workers replaced, and wait until they are."""
    before = service.workers()
    service.process.send_signal(signal.SIGHUP)
    soon(lambda: len(service.workers()) == len(before) and not before & service.workers(), 60)
