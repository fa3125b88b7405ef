"""Workers that are killed, again and again, and a service that loses its master."""

import ctypes
import os
import random
import signal
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from feedsvc.server import FINISH
from tests.support.changed_granian import Change
from tests.support.connections import TITLE, Connection, log, reload, running
from tests.support.newsroom import item
from tests.support.service import SERVE, Service, soon
from tests.support.waiting import wait_for


def kill_worker(service: Service, number: signal.Signals) -> None:
    """End some worker, one that has just been started as likely as another."""
    workers = sorted(service.workers())
    if workers:
        os.kill(random.choice(workers), number)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_workers_that_are_killed_again_and_again_are_replaced(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(SERVE, tmp_path) as service:
        for _ in range(20):
            kill_worker(service, number)
            # The others answer, and if there is none, requests wait.
            assert service.get("/healthz")[0] in (0, 200)
            time.sleep(random.uniform(0, 0.3))
        soon(lambda: len(service.workers()) == 2, 30)
        assert service.process.poll() is None
        reload(service)
        assert service.shows(TITLE)
        kill_worker(service, number)
        kill_worker(service, number)
        # Even while workers wait to be replaced.
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(15) == 0


def test_a_worker_ends_by_a_signal_that_its_main_thread_does_not_notice(tmp_path: Path) -> None:
    tgkill = ctypes.CDLL(None, use_errno=True).tgkill
    with running(SERVE, tmp_path) as service:
        pid = min(service.workers())
        other = max(int(each.name) for each in Path(f"/proc/{pid}/task").iterdir())
        assert other != pid
        # As if it had come just before the main thread began to wait: Python runs the
        # handlers of signals there, but nothing wakes it.
        assert tgkill(pid, other, signal.SIGTERM) == 0
        soon(lambda: pid not in service.workers(), FINISH / 2)
        soon(lambda: len(service.workers()) == 2, 30)
    assert "Killing" not in log(tmp_path)


def test_a_newborn_worker_that_is_killed_each_time_costs_no_busy_loop(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service:
        survivor = min(service.workers())
        killed = set()
        end = time.monotonic() + 6
        while time.monotonic() < end:
            for pid in service.workers() - {survivor}:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            assert service.get("/healthz")[0] in (0, 200)
            time.sleep(0.02)
        assert 3 < len(killed) < 15
        soon(lambda: len(service.workers()) == 2, 30)
        assert survivor in service.workers()
        assert log(tmp_path).count("\n") < 60


def test_both_workers_killed_at_once_are_both_replaced(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service:
        for _ in range(5):
            before = service.workers()
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            soon(lambda: len(service.workers() - before) == 2, 30)  # noqa: B023 - called at once
        assert service.shows(TITLE)


# A service whose workers cannot load the application.
BROKEN = """
import sys
import feedsvc.app
from feedsvc.__main__ import main
def create_app():
    raise ZeroDivisionError("of this test")
feedsvc.app.create_app = create_app
sys.argv[0] = "feedsvc"
main()
"""


def test_a_service_whose_workers_cannot_start_ends_and_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BROKEN, "serve", "--workers", "2", "--port", "{port}"]
    service = Service(command, tmp_path)
    assert service.process.wait(30) == 1
    service.stop()
    assert "of this test" in log(tmp_path)


def test_a_service_that_is_killed_can_be_started_again_at_once(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service, closing(Connection(service.port)) as connection:
        assert connection.ask()[0] == 200
        service.process.kill()
        service.process.wait()
        start = time.monotonic()
        again = Service([*SERVE[:-1], str(service.port)], tmp_path)
        try:
            again.port = service.port
            (again.entries / "b.md").write_bytes(item("После сбоя"))
            soon(lambda: again.shows("После сбоя"), 30)
            assert time.monotonic() - start < 15
            wait_for(lambda: len(again.writers()) == 1)
        finally:
            again.stop()
    assert "Traceback" not in log(tmp_path)


def test_workers_that_are_killed_are_replaced_on_the_public_interface_too(
    tmp_path: Path, change_granian: Change
) -> None:
    change_granian("_wsgi_call_wrap")
    with running(SERVE, tmp_path) as service:
        for _ in range(8):
            kill_worker(service, signal.SIGKILL)
            time.sleep(0.4)
        soon(lambda: len(service.workers()) == 2, 30)
        soon(lambda: service.shows(TITLE), 30)


def test_workers_end_with_the_master_on_the_public_interface_too(
    tmp_path: Path, change_granian: Change
) -> None:
    change_granian("_wsgi_call_wrap")
    with running(SERVE, tmp_path) as service:
        service.process.kill()
        service.process.wait()
        soon(lambda: not service.processes(), 15)
