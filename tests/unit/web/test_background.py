"""Background tasks: each runs again and again, once per process, forked ones included."""

import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from feedsvc.web import background
from feedsvc.web.background import BackgroundTasks, MemoryRelease
from tests.support.newsroom import ROOT

# Forks again and again while a task is almost always being done. A child fails if it was
# forked in the middle of one, or if its own task does not start.
FORKING = """
import os, threading, time
from feedsvc.web.background import BackgroundTasks

parent, busy_in, is_done = os.getpid(), 0, threading.Event()
inherited = {}

def task():
    global busy_in
    inherited.setdefault(os.getpid(), busy_in)
    busy_in = os.getpid()
    time.sleep(0.002)
    busy_in = 0
    if os.getpid() != parent:
        is_done.set()

BackgroundTasks((task, 0)).start()
for _ in range(10):
    time.sleep(0.003)
    child = os.fork()
    if child == 0:
        is_started = is_done.wait(10)
        os._exit(3 if not is_started else 2 if inherited[os.getpid()] == parent else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_each_task_is_called_again_and_again_but_started_once_per_process() -> None:
    threads: dict[str, set[int]] = {"one": set(), "other": set()}
    calls = dict.fromkeys(threads, 0)
    enough = threading.Event()

    def task(name: str) -> None:
        threads[name].add(threading.get_ident())
        calls[name] += 1
        if min(calls.values()) >= 3:
            enough.set()
            threading.Event().wait()  # for ever, as nothing ends the thread

    tasks = BackgroundTasks((lambda: task("one"), 0.001), (lambda: task("other"), 0.001))
    before = threading.active_count()
    for _ in range(2):
        tasks.start_in_process()
    assert threading.active_count() == before + 2
    assert enough.wait(30)
    assert {name: len(each) for name, each in threads.items()} == {"one": 1, "other": 1}


def test_a_forked_process_has_tasks_of_its_own_and_inherits_none_half_done() -> None:
    subprocess.run([sys.executable, "-c", FORKING], cwd=ROOT, check=True, timeout=60)


def test_the_master_of_uwsgi_starts_nothing_and_its_workers_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called = threading.Event()
    monkeypatch.setattr(os, "register_at_fork", lambda **_: None)
    for worker, is_started in ((0, False), (1, True)):
        uwsgi = SimpleNamespace(worker_id=lambda worker=worker: worker)
        monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
        before = threading.active_count()
        BackgroundTasks((called.set, 3600)).start()
        assert threading.active_count() - before == is_started, worker
    assert called.wait(30)


def test_free_memory_can_be_released_at_any_time() -> None:
    release = MemoryRelease()
    for _ in range(2):
        release.release()


def test_a_process_that_has_hardly_worked_releases_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released: list[float] = []
    spent = iter((0.5, 0.51, 0.53))
    monkeypatch.setattr(background, "_trim", released.append)
    monkeypatch.setattr(background, "time", SimpleNamespace(process_time=spent.__next__))
    release = MemoryRelease()
    for count in (1, 1, 2):
        release.release()
        assert len(released) == count


def test_a_task_may_wait_for_something_else_than_time() -> None:
    calls: list[str] = []
    enough = threading.Event()

    def wait() -> None:
        calls.append("wait")
        if calls.count("wait") == 3:
            enough.set()
            threading.Event().wait()  # for ever, as nothing ends the thread

    BackgroundTasks((lambda: calls.append("task"), wait)).start_in_process()
    assert enough.wait(30)
    assert calls == ["task", "wait"] * 3
