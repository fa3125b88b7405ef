"""When workers that end are replaced."""

import logging
import threading
import time
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from feedsvc.server import supervision
from feedsvc.server.supervision import LONGEST_PAUSE, STABLE, Failures, Flag, Respawns, Supervisor
from feedsvc.server.supervision import pause as pause_after


def test_the_pause_grows_to_a_bound() -> None:
    pauses = [pause_after(failures) for failures in range(1, 2_000)]
    assert pauses[:3] == [0, 0.1, 0.2]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_a_worker_that_was_stable_begins_anew() -> None:
    failures = Failures()
    assert [failures.add(0, lived) for lived in (1, 1, 1, STABLE, 1)] == [1, 2, 3, 1, 2]
    assert failures.add(1, 1) == 1


def test_the_loop_of_granian_knows_of_no_replacement_once_a_worker_has_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    has_served = Flag()
    respawns = Respawns(has_served)
    respawns[0] = 100.0
    assert (respawns.get(0, 0), respawns.get(1, 0)) == (100.0, 0)
    has_served.set()
    assert respawns.get(0, 0) == -inf
    respawns.clear()
    respawns[0] = 101.0
    respawns[0] = 102.0
    assert slept == [0, 0.1, 0.2]


class Server:
    """What a supervisor uses of granian's server; workers live until they are `ended`."""

    def __init__(self) -> None:
        self.workers = 2
        self.wrks = [self.worker(0), self.worker(1)]
        self.main_loop_interrupt = threading.Event()
        self.interrupt_signal = self.reload_signal = False
        self.interrupt_children: list[int] = []
        self.respawned: list[int] = []
        self.failures = 0

    def worker(self, number: int) -> SimpleNamespace:
        one = SimpleNamespace(number=number, birth=time.monotonic(), lives=True)
        one.is_alive = lambda: one.lives
        return one

    def end(self, number: int) -> None:
        self.wrks[number].lives = False
        self.interrupt_children.append(number)
        self.main_loop_interrupt.set()

    def respawn(self, numbers: list[int]) -> None:
        for number in numbers:
            self.wrks.pop(number)
            if self.failures:
                self.failures -= 1
                raise BlockingIOError(11, "no process")
            self.wrks.insert(number, self.worker(number))
            self.respawned.append(number)

    def reload(self) -> None:
        self.reload_signal = False
        self.wrks = [self.worker(0), self.worker(1)]
        self.respawned.append(-1)

    def stop(self) -> None:
        self.interrupt_signal = True
        self.main_loop_interrupt.set()


def run(server: Any, has_served: Flag) -> threading.Thread:
    supervisor = Supervisor(server, has_served, "en", respawn=server.respawn, reload=server.reload)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    return thread


def until(condition: Any) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_workers_that_end_are_replaced_even_if_none_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervision, "LOOK_EVERY", 0.05)
    server, has_served = Server(), Flag()
    has_served.set()
    thread = run(server, has_served)
    server.end(1)
    until(lambda: server.respawned == [1])
    server.wrks[0].lives = False
    until(lambda: server.respawned == [1, 0])
    server.reload_signal = True
    server.main_loop_interrupt.set()
    until(lambda: server.respawned == [1, 0, -1])
    server.stop()
    thread.join(10)
    server.end(0)  # while the service is being stopped
    assert server.interrupt_children == []


def test_a_worker_that_cannot_be_forked_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervision, "LONGEST_PAUSE", 0.05)
    server, has_served = Server(), Flag()
    has_served.set()
    server.failures = 2
    thread = run(server, has_served)
    server.end(0)
    until(lambda: server.respawned == [0])
    assert len(server.wrks) == 2
    server.stop()
    thread.join(10)
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 2


def test_a_service_none_of_whose_workers_has_served_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()
    thread = run(server, Flag())
    server.end(0)
    until(lambda: server.respawned == [0])
    server.end(0)
    thread.join(10)
    assert not thread.is_alive()
    assert server.interrupt_children == [0]
    assert "before they have served" in caplog.text
