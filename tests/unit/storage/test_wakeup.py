"""Waking: whoever waits for a change sleeps until there is one, and misses none."""

import errno
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Queue

import pytest

from feedsvc.storage import wakeup
from feedsvc.storage.wakeup import FILE, POLLS, Sleeper, Waker
from tests.support.newsroom import ROOT
from tests.support.waiting import wait_for

# In seconds: so long that a test that waits for it has failed.
FOREVER = 60.0
# Says that it sleeps, and when it has been woken.
SLEEPING = """
import sys
from pathlib import Path
from feedsvc.storage.wakeup import Sleeper
sleeper = Sleeper(Path(sys.argv[1]))
while True:
    assert sleeper.prepare()
    print("sleeps", flush=True)
    sleeper.sleep(60)
"""


def sleeping(instance: Path) -> "subprocess.Popen[str]":
    """Start a process that sleeps until it is woken, again and again."""
    command = [sys.executable, "-c", SLEEPING, str(instance)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def said(process: "subprocess.Popen[str]") -> str:
    """Return the next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_change_between_the_look_and_the_sleep_is_not_missed(tmp_path: Path) -> None:
    sleeper, waker = Sleeper(tmp_path), Waker(tmp_path)
    assert sleeper.prepare()
    waker.wake()
    sleeper.sleep(FOREVER)


def test_who_cannot_sleep_is_rung_for_after_changes_and_now_and_then(tmp_path: Path) -> None:
    rung: Queue[None] = Queue()
    closed = threading.Event()

    def ring() -> None:
        if closed.is_set():
            raise RuntimeError
        rung.put(None)

    waker = Waker(tmp_path)
    wakeup.listen(tmp_path, FOREVER, ring)
    rung.get(timeout=FOREVER)
    for _ in range(3):
        waker.wake()
        rung.get(timeout=FOREVER)
    # Many changes are told together.
    for _ in range(1000):
        waker.wake()
    rung.get(timeout=FOREVER)
    time.sleep(3 / POLLS)
    assert rung.qsize() < 10
    closed.set()
    waker.wake()
    wait_for(lambda: "feedsvc-changes" not in {each.name for each in threading.enumerate()})
    wakeup.listen(tmp_path, 0.01, lambda: rung.put(None) if rung.qsize() < 20 else _end())
    wait_for(lambda: rung.qsize() == 20)


def _end() -> None:
    raise RuntimeError


def test_a_sleep_ends_by_itself(tmp_path: Path) -> None:
    sleeper = Sleeper(tmp_path)
    assert sleeper.prepare()
    begun = time.monotonic()
    sleeper.sleep(0.05)
    assert time.monotonic() - begun >= 0.05


def test_all_processes_that_sleep_are_woken_also_those_that_were_stopped(tmp_path: Path) -> None:
    waker = Waker(tmp_path)
    processes = [sleeping(tmp_path) for _ in range(8)]
    try:
        assert {said(each) for each in processes} == {"sleeps\n"}
        processes[0].send_signal(signal.SIGSTOP)
        waker.wake()
        assert {said(each) for each in processes[1:]} == {"sleeps\n"}
        processes[1].kill()
        processes[0].send_signal(signal.SIGCONT)
        assert said(processes[0]) == "sleeps\n"
        waker.wake()
        assert {said(each) for each in (processes[0], *processes[2:])} == {"sleeps\n"}
    finally:
        for each in processes:
            each.kill()
            each.communicate()


def test_a_writer_that_is_killed_again_and_again_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from feedsvc.storage.wakeup import Waker\n"
        "waker = Waker(Path(sys.argv[1])); waker.wake(); print('woke', flush=True)\n"
        "while True: waker.wake()"
    )
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert said(writer) == "woke\n"
        writer.kill()
        writer.communicate()
        sleeper = Sleeper(tmp_path)
        assert sleeper.prepare()
        threading.Timer(0.02, Waker(tmp_path).wake).start()
        sleeper.sleep(FOREVER)


def test_a_file_that_was_replaced_or_cut_is_opened_anew(tmp_path: Path) -> None:
    sleeper, waker = Sleeper(tmp_path), Waker(tmp_path)
    assert sleeper.prepare()
    (tmp_path / "other").touch()
    for spoil in (
        Path.unlink,
        (tmp_path / "other").rename,
        lambda path: os.truncate(path, 0),
    ):
        spoil(tmp_path / FILE)
        sleeper.prepare()
        waker.wake()
        assert sleeper.prepare()
        waker.wake()
        sleeper.sleep(FOREVER)


def test_a_file_that_is_cut_during_the_sleep_ends_nobody(tmp_path: Path) -> None:
    sleeper = Sleeper(tmp_path)
    assert sleeper.prepare()
    os.truncate(tmp_path / FILE, 0)
    sleeper.sleep(FOREVER)
    assert sleeper.prepare()
    Waker(tmp_path).wake()
    sleeper.sleep(FOREVER)


@pytest.mark.parametrize("fault", ["a folder", "no folder", "a machine", "the kernel"])
def test_where_nobody_can_be_woken_all_look_often(
    tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = tmp_path / "instance"
    if fault != "no folder":
        instance.mkdir()
    if fault == "a folder":
        (instance / FILE).mkdir()
    elif fault == "a machine":
        monkeypatch.setattr(wakeup, "_number", None)
    elif fault == "the kernel":
        monkeypatch.setattr(wakeup, "_number", 100_000)  # there is no such call
    Waker(instance).wake()
    sleeper, pauses = Sleeper(instance), list[float]()
    monkeypatch.setattr(time, "sleep", pauses.append)
    for _ in range(2):
        assert sleeper.prepare() == (fault == "the kernel")
        sleeper.sleep(FOREVER)
    assert pauses == [1 / POLLS] * 2


def test_a_file_system_that_maps_nothing_is_one_where_nobody_can_be_woken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENODEV, "no mapping")

    monkeypatch.setattr(mmap, "mmap", refuse)
    before = len(os.listdir("/proc/self/fd"))
    sleeper = Sleeper(tmp_path)
    assert not sleeper.prepare()
    del sleeper
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_counter_begins_anew_after_its_highest_value(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff" * 4)
    sleeper = Sleeper(tmp_path)
    assert sleeper.prepare()
    Waker(tmp_path).wake()
    assert (tmp_path / FILE).read_bytes() == bytes(4)
    sleeper.sleep(FOREVER)
