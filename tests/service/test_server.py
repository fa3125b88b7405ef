"""`feedsvc serve` under load: reloads, restarts, slow clients, and nothing lost, stale or torn."""

import gzip
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import pytest

from feedsvc.server import FINISH, HEAR
from tests.support.newsroom import item
from tests.support.service import SERVE, Service, soon

ATOM = "/feeds/atom.xml"
# As a service manager starts it: the socket is descriptor 3, and stays when the service goes.
PASSED = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"', *SERVE]


class Closed(Exception):
    """The server closed the connection where an answer was due."""


class Connection:
    """A connection of a client that wants no more than speed."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def close(self) -> None:
        self._socket.close()

    def ask(self, path: str = ATOM, **headers: str) -> tuple[int, dict[str, str], bytes]:
        self.send(path, **headers)
        return self.receive()

    def send(self, path: str, **headers: str) -> None:
        lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())

    def receive(self) -> tuple[int, dict[str, str], bytes]:
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        status, *rest = head.decode("latin-1").split("\r\n")
        found = {name.lower(): text for name, _, text in (line.partition(": ") for line in rest)}
        length = 0 if status[9:12] == "304" else int(found.get("content-length", "0"))
        while len(self._read) < length:
            self._more()
        body, self._read = self._read[:length], self._read[length:]
        return int(status[9:12]), found, body

    def _more(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise Closed
        self._read += data


class Readers:
    """Some ask on a new connection each time, some keep theirs. What they met is counted."""

    def __init__(self, port: int) -> None:
        self.met: Counter[str] = Counter()
        self._port = port
        self._over = threading.Event()
        # Many are new, so that each worker that ends has just taken some of them.
        kinds = (*[self._new] * 16, *[self._kept] * 3)
        self._threads = [threading.Thread(target=kind) for kind in kinds]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _new(self) -> None:
        while not self._over.is_set():
            try:
                with closing(Connection(self._port)) as connection:
                    self.met[str(connection.ask()[0])] += 1
            except (OSError, Closed) as error:
                self.met[repr(error)] += 1

    def _kept(self) -> None:
        while not self._over.is_set():
            used = 0
            try:
                with closing(Connection(self._port)) as connection:
                    while not self._over.is_set():
                        self.met[str(connection.ask(Accept_Encoding="gzip")[0])] += 1
                        used += 1
            except (OSError, Closed) as error:
                # One that lay unused may be closed at any moment; whoever asks again,
                # as every client does (RFC 9110 section 9.2.2), is answered.
                self.met["closed" if used else repr(error)] += 1


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[Service]:
    service = Service(command, folder)
    (service.entries / "a.md").write_bytes(item("Новость", body="Текст. " * 500))
    try:
        soon(lambda: service.shows("Новость"), 60)
        yield service
    finally:
        service.stop()


@pytest.mark.parametrize("times", [2, pytest.param(100, marks=pytest.mark.long)])
def test_reloads_under_load_fail_no_request(tmp_path: Path, times: int) -> None:
    with running(SERVE, tmp_path) as service, Readers(service.port) as readers:
        for _ in range(times):
            before = service.workers()
            service.process.send_signal(signal.SIGHUP)
            soon(lambda: len(service.workers()) == 2 and not before & service.workers(), 60)  # noqa: B023
    assert set(readers.met) - {"closed"} == {"200"}


@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.long)])
def test_restarts_under_load_fail_no_request(tmp_path: Path, times: int) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        port = listening.getsockname()[1]
        passed = {"pass_fds": (3,), "preexec_fn": lambda: os.dup2(listening.fileno(), 3)}
        with Readers(port) as readers:
            for number in range(times + 1):
                service = Service(PASSED, tmp_path, **passed)
                service.port = port
                (service.entries / f"{number}.md").write_bytes(item(f"Новость {number}"))
                soon(lambda: service.shows(f"Новость {number}"), 60)  # noqa: B023
                # The last answers whoever still waits.
                if number < times:
                    service.stop()
        service.stop()
    assert set(readers.met) - {"closed", "503"} == {"200"}


def test_a_service_that_is_stopped_while_it_starts_ends_at_once(tmp_path: Path) -> None:
    for pause in (0.2, 0.4, 0.6, 0.8, 1.0):
        service = Service(SERVE, tmp_path)
        time.sleep(pause)
        start = time.monotonic()
        service.stop()
        assert time.monotonic() - start < FINISH / 2


def test_a_reload_takes_new_settings_and_refuses_bad_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "feedsvc.toml"
    settings.write_text('title = "Первое название"\n')
    monkeypatch.setenv("FEEDSVC_CONFIG", str(settings))
    with running(SERVE, tmp_path) as service:
        assert "Первое название" in service.get(ATOM)[1]
        before = service.workers()
        settings.write_text('title = ""\nfeed_size = "много"\n')
        service.process.send_signal(signal.SIGHUP)
        soon(lambda: "feed_size" in (tmp_path / "log").read_text())
        assert "Traceback" not in (tmp_path / "log").read_text()
        assert service.workers() == before
        settings.write_text('title = "Второе название"\n')
        service.process.send_signal(signal.SIGHUP)
        soon(lambda: not before & service.workers())
        assert "Второе название" in service.get(ATOM)[1]
    # What the server itself advises is no news for the operator.
    assert "threads" not in (tmp_path / "log").read_text()


def test_an_answer_from_memory_is_the_same_as_the_first(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service, closing(Connection(service.port)) as connection:
        tag = connection.ask(Accept_Encoding="gzip")[1]["etag"]
        for headers in ({}, {"Accept_Encoding": "br"}, {"If_None_Match": tag}, {"A_IM": "feed"}):
            first, *others = [connection.ask(**headers) for _ in range(4)]
            for answer in (first, *others):
                answer[1].pop("date")
            assert others == [first] * 3


def test_slow_clients_keep_nobody_waiting(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service, ExitStack() as slow:
        for number in range(1000):
            one = slow.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Half a head, a body that does not come, an answer that is not read.
            one.sendall(
                (
                    b"GET /feeds/atom.xml HTTP/1.1\r\nHost: ",
                    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n",
                    b"GET /feeds/atom.xml HTTP/1.1\r\nHost: x\r\n\r\n",
                )[number % 3]
            )
        for _ in range(20):
            assert service.shows("Новость")


def poll(port: int, number: int, requests: int, written: Any) -> None:
    """Ask as 32 readers do, in turn; end with 1 at the first answer that is wrong."""
    connections = [Connection(port) for _ in range(32)]
    versions: dict[str, int] = {}
    tags = [""] * len(connections)
    newest = -1
    for count in range(requests):
        reader = count % len(connections)
        # What was closed a second before the request must be there.
        while 0 < written[newest + 1] < time.monotonic() - 1:
            newest += 1
        headers = {"Accept_Encoding": "gzip"}
        # Every tenth has nothing yet.
        if count % 10 and tags[reader]:
            headers["If_None_Match"] = tags[reader]
        status, found, body = connections[reader].ask(**headers)
        tag = tags[reader] = found["etag"]
        if status == 200:
            text = gzip.decompress(body)
            digest = urlsafe_b64encode(blake2b(text, digest_size=12).digest()).decode()
            assert tag[1:17] == digest, f"torn: {tag}"
            # A worker may not have noticed the very first yet.
            versions[tag] = int(text.partition(b"version ")[2].split(b"<")[0] or -1)
        else:
            assert status == 304, status
        assert versions[tag] >= newest, f"client {number}: {versions[tag]}, not {newest}"


# An application with two more addresses: one that waits for a file, and one that fails where
# Flask does not hear of it.
STRANGE = """
import pathlib, sys, time
from feedsvc.__main__ import main
from feedsvc.memo import ResponseCache
usual = ResponseCache.__call__
def call(memo, environ, start):
    if environ["PATH_INFO"] == "/failing":
        raise ZeroDivisionError
    while environ["PATH_INFO"] == "/waiting" and not pathlib.Path(environ["QUERY_STRING"]).exists():
        time.sleep(0.01)
    return usual(memo, environ, start)
ResponseCache.__call__ = call
sys.argv[0] = "feedsvc"
main()
"""
STRANGE_SERVE = [sys.executable, "-c", STRANGE, "serve", "--workers", "1", "--port", "{port}"]


def test_who_waits_for_a_page_keeps_nobody_waiting_and_gets_it(tmp_path: Path) -> None:
    there = tmp_path / "there"
    with running(STRANGE_SERVE, tmp_path) as service, ExitStack() as stack:
        waiting, asking = (stack.enter_context(closing(Connection(service.port))) for _ in range(2))
        waiting.send(f"/waiting?{there}")
        tag = asking.ask()[1]["etag"]
        assert [asking.ask(If_None_Match=tag)[0] for _ in range(3)] == [304] * 3
        assert asking.ask("/archive/")[0] == 200
        # Even if the service is to end meanwhile.
        service.process.send_signal(signal.SIGTERM)
        time.sleep(2 * HEAR)
        assert service.process.poll() is None
        there.touch()
        assert waiting.receive()[0] == 404


def test_a_failure_that_flask_does_not_hear_of_is_told(tmp_path: Path) -> None:
    with running(STRANGE_SERVE, tmp_path) as service, closing(Connection(service.port)) as asking:
        assert asking.ask("/failing")[0] == 500
        assert asking.ask()[0] == 200
    told = (tmp_path / "log").read_text()
    assert "/failing" in told
    assert "ZeroDivisionError" in told


@pytest.mark.parametrize("free", [0, 1])
def test_workers_share_out_the_cores_if_they_are_enough_and_the_writer_goes_anywhere(
    tmp_path: Path, free: int
) -> None:
    cores = os.sched_getaffinity(0)
    if len(cores) == free:
        pytest.skip("there is one core")
    command = [*SERVE, "--workers", str(len(cores) - free)]
    with running(command, tmp_path) as service:
        workers, (writer,) = service.workers(), service.writers()
        assert {os.sched_getscheduler(pid) for pid in workers} == {os.SCHED_BATCH}
        kept_to = [os.sched_getaffinity(pid) for pid in workers]
        if free:
            assert kept_to == [cores] * len(workers)
        else:
            assert sorted(map(list, kept_to)) == [[core] for core in sorted(cores)]
        assert os.sched_getscheduler(writer) == os.SCHED_OTHER
        assert os.sched_getaffinity(writer) == cores


@pytest.mark.parametrize("requests", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_no_answer_is_stale_or_torn_while_an_entry_changes_every_second(
    tmp_path: Path, requests: int
) -> None:
    context = multiprocessing.get_context("fork")
    written = context.Array("d", 3600, lock=False)
    with running(SERVE, tmp_path) as service:
        for number in range(30):
            day = f"2026-01-{number + 1:02}"
            (service.entries / f"{number}.md").write_bytes(item("Другая", day, "Слова. " * 300))
        clients = [
            context.Process(target=poll, args=(service.port, number, requests // 2, written))
            for number in range(2)
        ]
        for version in range(len(written) - 1):
            text = item(f"version {version}", "2026-02-01", "Слова. " * 300, id="changing")
            (service.entries / "changing.md").write_bytes(text)
            written[version] = time.monotonic()
            if version == 0:
                soon(lambda: "version 0" in service.get(ATOM)[1])
                for client in clients:
                    client.start()
            time.sleep(1)
            if not any(client.is_alive() for client in clients):
                break
        assert [client.exitcode for client in clients] == [0, 0]
