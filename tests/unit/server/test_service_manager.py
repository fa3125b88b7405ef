"""What the service manager is told, with the manager's end of the socket played here."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedsvc.server import service_manager as module
from feedsvc.server.service_manager import ServiceManager, service_manager
from tests.support.manager import Told
from tests.support.waiting import wait_for

WATCHDOG = 0.4


class Worker:
    """Answers requests on a socket while it is well."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.status = "200 OK"
        self.asked = 0
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                self.asked += 1
                assert connection.recv(4096).startswith(b"GET /healthz HTTP/1.1\r\n")
                if self.status:
                    connection.sendall(f"HTTP/1.1 {self.status}\r\n\r\n".encode())


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.listening.shutdown(socket.SHUT_RDWR)
    one.listening.close()


@pytest.fixture(params=["path", "abstract"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Told]:
    name = f"@feedsvc-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
    manager = Told(name)
    yield manager
    manager.close()


def test_it_is_ready_once_a_worker_answers_with_200(told: Told, worker: Worker) -> None:
    worker.status = "503 Not Yet"
    manager = ServiceManager(told.address, worker.listening, None)
    manager.start()
    wait_for(lambda: worker.asked > 3)
    assert told.lines() == []
    worker.status = ""
    before = worker.asked
    wait_for(lambda: worker.asked > before + 2)
    assert told.lines() == []
    worker.status = "200 OK"
    wait_for(lambda: told.lines() == ["READY=1", "STATUS="])
    asked = worker.asked
    manager.stopping()
    wait_for(lambda: told.lines()[2:] == ["STOPPING=1"])
    # Without a watchdog nobody is asked again.
    assert worker.asked == asked


def test_the_watchdog_is_fed_while_a_worker_answers(told: Told, worker: Worker) -> None:
    manager = ServiceManager(told.address, worker.listening, WATCHDOG)
    manager.start()
    wait_for(lambda: told.count("WATCHDOG=1") > 2)
    worker.status = "500 Internal Server Error"
    asked = worker.asked
    wait_for(lambda: worker.asked > asked + 1)
    fed, asked = told.count("WATCHDOG=1"), worker.asked
    wait_for(lambda: worker.asked > asked + 5)
    assert told.count("WATCHDOG=1") == fed
    assert told.count("READY=1") == 1
    manager.stopping()


def test_the_watchdog_is_not_fed_if_the_loop_of_the_master_stands(
    told: Told, worker: Worker
) -> None:
    manager = ServiceManager(told.address, worker.listening, WATCHDOG)
    manager.turn()
    time.sleep(1.5 * WATCHDOG)
    manager.start()
    time.sleep(WATCHDOG)
    assert told.lines() == []
    manager.turn()
    wait_for(lambda: told.count("WATCHDOG=1") > 0)
    manager.stopping()


def test_a_reload_is_over_once_a_worker_answers(told: Told, worker: Worker) -> None:
    manager = ServiceManager(told.address, worker.listening, None)
    manager.start()
    wait_for(lambda: told.count("READY=1") == 1)
    before = time.monotonic_ns() // 1000
    manager.reloading()
    wait_for(lambda: told.count("RELOADING=1") == 1)
    moment = told.lines()[-1]
    assert moment.startswith("MONOTONIC_USEC=")
    assert before <= int(moment.partition("=")[2]) <= time.monotonic_ns() // 1000
    manager.reloaded()
    wait_for(lambda: told.count("READY=1") == 2)
    manager.reloading()
    manager.refused("title: must not be empty\nfeed_size: no number")
    wait_for(lambda: told.lines()[-2:] == ["READY=1", "STATUS=title: must not be empty"])
    manager.stopping()


def test_a_copy_of_the_master_tells_nothing(told: Told, worker: Worker) -> None:
    manager = ServiceManager(told.address, worker.listening, None)
    child = os.fork()
    if not child:
        manager.stopping()
        os._exit(0)
    os.waitpid(child, 0)
    manager.stopping()
    wait_for(lambda: bool(told.lines()))
    assert told.senders() == {os.getpid()}


def test_a_manager_that_is_gone_changes_nothing(tmp_path: Path, worker: Worker) -> None:
    manager = ServiceManager(str(tmp_path / "nobody"), worker.listening, WATCHDOG)
    manager.reloading()
    manager.stopping()


def variables(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_the_environment_says_who_is_to_be_told_and_is_not_passed_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, worker: Worker
) -> None:
    variables(monkeypatch)
    assert service_manager(worker.listening) is None
    for address in ("", "vsock:2:1234", "notify"):
        variables(monkeypatch, NOTIFY_SOCKET=address)
        assert service_manager(worker.listening) is None
    told = Told(str(tmp_path / "notify"))
    own = str(os.getpid())
    for interval, process, is_fed in (
        ("400000", own, True),
        ("400000", "", True),
        ("400000", "1", False),
        ("0", own, False),
        ("soon", own, False),
    ):
        variables(
            monkeypatch,
            NOTIFY_SOCKET=told.address,
            WATCHDOG_USEC=interval,
            WATCHDOG_PID=process,
        )
        manager = service_manager(worker.listening)
        assert manager is not None
        assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & set(os.environ)
        ready, fed = told.count("READY=1"), told.count("WATCHDOG=1")
        manager.start()
        wait_for(lambda: told.count("READY=1") > ready)  # noqa: B023 - called at once
        manager.stopping()
        assert (told.count("WATCHDOG=1") > fed) == is_fed, (interval, process)
    told.close()


def test_the_module_is_loaded_for_a_service_manager_only() -> None:
    package = Path(module.__file__).with_name("__init__.py").read_text("utf-8")
    (line,) = (each for each in package.splitlines() if " import service_manager" in each)
    assert line.startswith("    ")
