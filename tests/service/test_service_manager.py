"""What the whole service tells the service manager, and when it ceases to."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.support.changed_granian import Change
from tests.support.connections import ATOM, Connection, log, reload, running
from tests.support.manager import Told
from tests.support.newsroom import item
from tests.support.service import SERVE, Service, soon

# In seconds. As with systemd, but shorter.
WATCHDOG = 2
KILLING = "refused to gracefully stop"


@contextmanager
def told(folder: Path, monkeypatch: pytest.MonkeyPatch, watchdog: int = WATCHDOG) -> Iterator[Told]:
    """Listen as the service manager of the services that are started."""
    manager = Told(str(folder / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
    if watchdog:
        monkeypatch.setenv("WATCHDOG_USEC", str(watchdog * 1_000_000))
    try:
        yield manager
    finally:
        manager.close()


def fed_while_halted(manager: Told, service: Service, processes: set[int]) -> int:
    """Halt processes for longer than the watchdog waits; return how often it had been fed.

    Fail if it is fed meanwhile. With systemd, the service would get SIGABRT.
    """
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):  # an answer may be on its way
        service.process.wait(WATCHDOG / 2)
    fed = manager.count("WATCHDOG=1")
    with pytest.raises(subprocess.TimeoutExpired):
        service.process.wait(1.5 * WATCHDOG)
    assert manager.count("WATCHDOG=1") == fed
    for pid in processes:
        os.kill(pid, signal.SIGCONT)
    return fed


def test_the_manager_is_told_of_the_start_of_reloads_and_of_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "feedsvc.toml"
    settings.write_text("")
    monkeypatch.setenv("FEEDSVC_CONFIG", str(settings))
    with told(tmp_path, monkeypatch) as manager, running(SERVE, tmp_path) as service:
        soon(lambda: manager.count("READY=1") == 1)
        soon(lambda: manager.count("WATCHDOG=1") > 2)
        before = time.monotonic_ns() // 1000
        reload(service)
        soon(lambda: manager.count("READY=1") == 2)
        lines = manager.lines()
        at = lines.index("RELOADING=1")
        assert before <= int(lines[at + 1].removeprefix("MONOTONIC_USEC=")) < time.monotonic_ns()
        assert "READY=1" in lines[at:]
        settings.write_text('feed_size = "many"\n')
        service.process.send_signal(signal.SIGHUP)
        soon(lambda: any("feed_size" in line for line in manager.lines()))
        assert manager.count("RELOADING=1") == 2
        assert manager.count("READY=1") == 3
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        assert manager.lines()[-1] == "STOPPING=1"
        # Neither workers nor the writer speak for the service.
        assert manager.senders() == {service.process.pid}


def test_nothing_is_told_before_a_worker_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told(tmp_path, monkeypatch) as manager:
        # Both workers are halted before they have loaded the application.
        service = Service(SERVE, tmp_path)
        try:
            halted = set[int]()
            while len(halted) < 2:
                for pid in service.workers() - halted:
                    os.kill(pid, signal.SIGSTOP)
                    halted.add(pid)
            with pytest.raises(subprocess.TimeoutExpired):
                service.process.wait(2)
            assert manager.lines() == []
            for pid in halted:
                os.kill(pid, signal.SIGCONT)
            soon(lambda: manager.count("READY=1") == 1)
        finally:
            service.stop()


def test_a_service_whose_workers_or_master_hang_is_not_fed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told(tmp_path, monkeypatch) as manager, running(SERVE, tmp_path) as service:
        soon(lambda: manager.count("WATCHDOG=1") > 1)
        for hung in (service.workers(), {service.process.pid}):
            fed = fed_while_halted(manager, service, hung)
            soon(lambda: manager.count("WATCHDOG=1") > fed)  # noqa: B023 - called at once


def test_the_manager_is_told_on_the_public_interface_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change_granian: Change
) -> None:
    change_granian("_wsgi_call_wrap")
    with told(tmp_path, monkeypatch) as manager, running(SERVE, tmp_path) as service:
        soon(lambda: manager.count("WATCHDOG=1") > 1)
        reload(service)
        soon(lambda: manager.count("READY=1") == 2)
        fed_while_halted(manager, service, service.workers())
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        assert manager.lines()[-1] == "STOPPING=1"


def test_an_ordinary_stop_kills_no_worker_whoever_reads_slowly(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service, ExitStack() as stack:
        folder = service.entries / "news"
        folder.mkdir()
        (folder / "large.mp3").write_bytes(b"ID3\x03" + bytes(12_000_000))
        (service.entries / "news.md").write_bytes(item("С приложением"))
        soon(lambda: service.get("/media/news/large.mp3")[0] == 200)
        kept = [stack.enter_context(closing(Connection(service.port))) for _ in range(20)]
        assert {connection.ask()[0] for connection in kept} == {200}
        for sent in (
            # Never read; a feed on a small buffer; half a request.
            b"GET /media/news/large.mp3 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /feeds/atom.xml HTTP/1.1\r\nHost: x\r\n\r\n" * 50,
            b"GET /feeds/atom.xml HTTP/1.1\r\nHo",
        ):
            for _ in range(4):
                slow = stack.enter_context(socket.socket())
                slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                slow.connect(("127.0.0.1", service.port))
                slow.sendall(sent)
        assert kept[0].ask(ATOM)[0] == 200
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
    assert KILLING not in log(tmp_path)
    assert "Traceback" not in log(tmp_path)
