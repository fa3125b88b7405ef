"""Clients that ask for much and read little or nothing hold no more than a bound."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from feedsvc.server.slow_readers import LIMIT, MAX_CONNECTIONS
from feedsvc.server.streaming import MAX_STREAMS
from tests.support.changed_granian import Change
from tests.support.connections import ATOM, TITLE, Connection, log
from tests.support.newsroom import item
from tests.support.service import SERVE, Service, soon

ALONE = [*SERVE, "--workers", "1"]
# Of linux/tcp_states.h.
ESTABLISHED = 1
MEGABYTE = 1024 * 1024
# What a worker may grow by, caches and all: the limit, and what is on its way.
MOST = LIMIT + 72 * MEGABYTE
ENTRIES = 400


@contextmanager
def large_feed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Run a service whose feed has about 600 KB, with a single worker."""
    monkeypatch.setenv("FEEDSVC_FEED_SIZE", str(ENTRIES))
    service = Service(ALONE, folder)
    for number in range(ENTRIES):
        text = item(f"{TITLE} {number}", body="Слово за слово. " * 20)
        (service.entries / f"{number}.md").write_bytes(text)
    try:
        soon(lambda: service.get(ATOM)[1].count("<entry") == ENTRIES, 60)
        yield service
    finally:
        service.stop()


def resident(pid: int) -> int:
    """Return the bytes of memory that a process uses."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def connect(port: int, sent: bytes) -> socket.socket:
    """Return a connection with a small buffer, on which something has been sent."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    connection.sendall(sent)
    return connection


def ask_for(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def is_open(connection: socket.socket) -> bool:
    """Return whether the server has not ended a connection, of which nothing was read yet."""
    state: int = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state == ESTABLISHED


class Peak(threading.Thread):
    """Watches the memory of a process."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid = pid
        self._over = threading.Event()
        self.at_rest = self.most = resident(pid)

    def run(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, resident(self._pid))

    def growth(self) -> int:
        """Stop; return by how much the memory has grown at most."""
        self._over.set()
        self.join()
        return self.most - self.at_rest


def read_slowly(connection: socket.socket, rate: int) -> int:
    """Read at a rate in bytes per second until nothing more comes; return how many came."""
    count = 0
    while data := connection.recv(rate // 10):
        count += len(data)
        time.sleep(len(data) / rate)
    return count


@pytest.mark.parametrize(
    ("readers", "rate"), [(1_500, 120_000), pytest.param(9_000, 10_000, marks=pytest.mark.long)]
)
def test_those_who_do_not_read_hold_little_and_one_who_reads_slowly_gets_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readers: int, rate: int
) -> None:
    # Each of them is a descriptor here too.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most[1], most[1]))
    with large_feed(tmp_path, monkeypatch) as service, ExitStack() as stack:
        (worker,) = service.workers()
        size = len(service.get(ATOM)[1].encode())
        assert readers * size > 4 * MOST
        slow = stack.enter_context(
            connect(service.port, ask_for(ATOM)[:-2] + b"Connection: close\r\n\r\n")
        )
        received: list[int] = []
        reading = threading.Thread(target=lambda: received.append(read_slowly(slow, rate)))
        reading.start()
        peak = Peak(worker)
        peak.start()
        others = [stack.enter_context(connect(service.port, ask_for(ATOM))) for _ in range(readers)]
        soon(lambda: service.shows(TITLE), 120)
        reading.join(300)
        # What is queued for those whose connections are left is in the kernel.
        assert sum(map(is_open, others)) * size < 2 * LIMIT
        growth = peak.growth()
        assert received
        assert size < received[0] < size + 2_000
        assert growth < MOST, growth / MEGABYTE
        assert service.workers() == {worker}
    assert "Traceback" not in log(tmp_path)


def test_they_hold_little_on_the_public_interface_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change_granian: Change
) -> None:
    change_granian("_wsgi_call_wrap")
    with large_feed(tmp_path, monkeypatch) as service, ExitStack() as stack:
        (worker,) = service.workers()
        peak = Peak(worker)
        peak.start()
        others = [stack.enter_context(connect(service.port, ask_for(ATOM))) for _ in range(1_500)]
        soon(lambda: service.shows(TITLE), 120)
        size = len(service.get(ATOM)[1].encode())
        soon(lambda: sum(map(is_open, others)) * size < 2 * LIMIT, 30)
        assert peak.growth() < MOST


def test_a_worker_full_of_connections_ends_idle_ones_and_answers(tmp_path: Path) -> None:
    # A worker has half as many connections as it may have files.
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert MAX_CONNECTIONS > 200
    more = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))}
    service = Service(ALONE, tmp_path, **more)
    (service.entries / "a.md").write_bytes(item(TITLE))
    try:
        soon(lambda: service.shows(TITLE), 60)
        with ExitStack() as stack:
            for _ in range(600):
                stack.enter_context(connect(service.port, b"GET / HTTP/1.1\r\nHost: "))
            # Sooner than the time that granian leaves them to send the rest.
            start = time.monotonic()
            assert service.shows(TITLE)
            assert time.monotonic() - start < 12
    finally:
        service.stop()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits
    assert "Traceback" not in log(tmp_path)


def test_those_who_do_not_read_a_large_file_keep_nobody_waiting(tmp_path: Path) -> None:
    service = Service(ALONE, tmp_path)
    folder = service.entries / "news"
    folder.mkdir()
    (folder / "large.mp3").write_bytes(b"ID3\x03" + bytes(12 * MEGABYTE))
    (service.entries / "news.md").write_bytes(item(TITLE))
    try:
        soon(lambda: service.shows(TITLE), 60)
        path = "/media/news/large.mp3"
        with closing(Connection(service.port)) as connection:
            soon(lambda: connection.ask(path)[0] == 200, 30)
        with ExitStack() as stack:
            for _ in range(MAX_STREAMS // 2):
                stack.enter_context(connect(service.port, ask_for(path)))
            for number in range(10):
                assert service.get(f"/search?q=%D1%81{number}")[0] == 200
            with closing(Connection(service.port)) as connection:
                status, _, body = connection.ask(path)
            assert (status, len(body)) == (200, 12 * MEGABYTE + 4)
            # Even if there are more of them than there are threads: some are ended.
            for _ in range(MAX_STREAMS):
                stack.enter_context(connect(service.port, ask_for(path)))
            with closing(Connection(service.port)) as connection:
                status, _, body = connection.ask(path)
            assert (status, len(body)) == (200, 12 * MEGABYTE + 4)
    finally:
        service.stop()
    assert "Traceback" not in log(tmp_path)
