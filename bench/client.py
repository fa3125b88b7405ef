"""HTTP connections to a server under test."""

import gzip
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

from bench.common import HOST, Wrong


class Client:
    """One persistent connection, as of a feed reader or a proxy."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=30)
        self.port = port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Request a path; return the status, the body, and the headers by lower-case name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._connection.request("GET", path, headers=named)
            answer = self._connection.getresponse()
            body = answer.read()
        except BaseException:
            # A connection with a response half read cannot be used again.
            self._connection.close()
            raise
        return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}

    def get(self, path: str, coding: str = "identity") -> bytes:
        """Return the decoded body of a path that must answer 200 in this content coding."""
        status, body, headers = self.ask(path, Accept_Encoding=coding)
        if status != 200 or headers.get("content-encoding", "identity") != coding:
            raise Wrong(f"{path}: {status} {headers}")
        return gzip.decompress(body) if coding == "gzip" else body

    def answers(self, path: str) -> bytes | None:
        """Return the body of a path; None if there is no answer, or if it is 404 or 503."""
        try:
            status, body, _ = self.ask(path)
        except OSError:
            return None
        if status in (404, 503):
            return None
        if status != 200:
            raise Wrong(f"{path}: {status}")
        return body

    def local_port(self) -> int:
        """Return the port of this end of the connection."""
        return int(self._connection.sock.getsockname()[1])


def worker_of(client: Client, processes: Sequence[int]) -> int | None:
    """Return which of the processes holds the other end of a connection."""
    mine, theirs = f":{client.local_port():04X}", f":{client.port:04X}"
    inodes = {
        f"socket:[{fields[9]}]"
        for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines())
        if fields[1].endswith(theirs) and fields[2].endswith(mine)
    }
    for pid in processes:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if str(link.readlink()) in inodes:
                    return pid
    return None


@contextmanager
def one_each(port: int, workers: Sequence[int]) -> Iterator[dict[int, Client]]:
    """Return a connection to each of the workers that share a port."""
    clients: dict[int, Client] = {}
    others = []
    try:
        end = time.monotonic() + 20
        while len(clients) < len(workers):
            if time.monotonic() > end:
                raise Wrong("not every worker takes connections")
            time.sleep(0.005)
            client = Client(port)
            client.get("/healthz")
            pid = worker_of(client, workers)
            if pid is None or pid in clients:
                # Kept open for now: a worker that has connections gets fewer new ones.
                others.append(client)
            else:
                clients[pid] = client
        for client in others:
            client.__exit__()
        yield clients
    finally:
        for client in (*clients.values(), *others):
            client.__exit__()
