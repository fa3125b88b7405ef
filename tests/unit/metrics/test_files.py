"""Files of counts: their sum never goes backwards, and none is left of a process that has ended."""

import fcntl
import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from feedsvc.metrics import files
from feedsvc.metrics.counts import Counts
from feedsvc.metrics.files import CountsFile, collect
from tests.support.metrics import counted
from tests.support.waiting import wait_for

HOME = ("requests", "home", "200", "miss")


class Counting:
    """A process that counts as many requests as it is told, and publishes them."""

    def __init__(self, instance: Path) -> None:
        context = multiprocessing.get_context("fork")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=self._work, args=(instance, theirs))
        self._process.start()
        theirs.close()

    def _work(self, instance: Path, connection: Connection) -> None:
        self._ours.close()
        counts = Counts()
        file = CountsFile(instance, counts, "en")
        with suppress(EOFError):
            while True:
                count(counts, connection.recv())
                file.publish()
                connection.send(None)

    def count(self, number: int) -> None:
        """Have it count requests, and wait until they are published."""
        self._ours.send(number)
        self._ours.recv()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


def count(counts: Counts, number: int) -> None:
    for _ in range(number):
        counts.count({"feedsvc.document": "home"}, 200, [], 0.01)


@contextmanager
def counting(instance: Path, number: int) -> Iterator[list[Counting]]:
    processes = [Counting(instance) for _ in range(number)]
    try:
        yield processes
    finally:
        for each in processes:
            each.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / files.FOLDER


def total(folder: Path) -> float:
    return collect(folder).get(HOME, 0)


def published(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.counts"))


def test_the_counts_of_all_processes_are_summed_up_also_after_they_are_killed(
    tmp_path: Path, folder: Path
) -> None:
    with counting(tmp_path, 3) as processes:
        for number, process in enumerate(processes, 1):
            process.count(number)
        assert total(folder) == 6
        processes[0].count(10)
        assert total(folder) == 16
        for process in processes:
            process.kill()
        assert total(folder) == 16
    assert published(folder) == []
    assert total(folder) == 16
    assert sorted(os.listdir(folder)) == ["lock", "total"]


def test_what_is_left_of_processes_is_tidied_up_by_the_next_one(
    tmp_path: Path, folder: Path
) -> None:
    for _ in range(3):
        with counting(tmp_path, 2) as processes:
            for process in processes:
                process.count(1)
            assert len(published(folder)) == 2
    assert total(folder) == 6


def test_nothing_is_written_while_nothing_is_counted(tmp_path: Path, folder: Path) -> None:
    counts = Counts()
    file = CountsFile(tmp_path, counts, "en")
    file.publish()
    assert not folder.exists()
    count(counts, 1)
    file.publish()
    (path,) = folder.glob("*.counts")
    before = path.stat()
    file.publish()
    assert os.path.samestat(path.stat(), before)


def test_a_folder_that_is_deleted_is_made_again(tmp_path: Path, folder: Path) -> None:
    file = CountsFile(tmp_path, counted(2), "en")
    file.publish()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    file.publish()
    assert total(folder) == 2


def test_a_fold_that_is_broken_off_counts_nothing_twice(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counting(tmp_path, 2) as processes:
        for process in processes:
            process.count(5)
    kept = {path.name: path.read_bytes() for path in folder.glob("*.counts")}
    replace = Path.replace

    def fail(_path: Path, _target: Path) -> Path:
        raise OSError

    # Before the total is in place ...
    monkeypatch.setattr(Path, "replace", fail)
    assert total(folder) == 10
    assert len(published(folder)) == 2
    monkeypatch.setattr(Path, "replace", replace)
    assert total(folder) == 10
    # ... and after it.
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    assert total(folder) == 10
    assert published(folder) == []


def test_what_cannot_be_written_is_told_once_and_counted_on(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.touch()
    counts = counted(1)
    file = CountsFile(tmp_path, counts, "en")
    file.publish()
    file.publish()
    assert len(caplog.messages) == 1
    assert str(folder) in caplog.messages[0]
    folder.unlink()
    file.publish()
    assert total(folder) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[[1,2]]", b"\xff", b'[[["requests"],-1]]'])
def test_a_damaged_file_counts_nothing(folder: Path, content: bytes) -> None:
    folder.mkdir()
    for name in ("total", "a.counts", "a.tmp"):
        (folder / name).write_bytes(content)
    assert collect(folder) == {}
    assert "a.tmp" not in os.listdir(folder)


def test_a_child_that_is_forked_counts_from_zero_in_a_file_of_its_own(
    tmp_path: Path, folder: Path
) -> None:
    counts = counted(3)
    file = CountsFile(tmp_path, counts, "en")
    file.publish()
    child = os.fork()
    if child == 0:
        count(counts, 1)
        file.publish()
        signal.pause()
        os._exit(0)
    try:
        wait_for(lambda: len(published(folder)) == 2)
        assert total(folder) == 4
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert total(folder) == 4
    assert len(published(folder)) == 1
    file.publish()
    assert total(folder) == 4


def test_however_processes_come_and_go_the_sum_is_exact(tmp_path: Path, folder: Path) -> None:
    chance = random.Random(7)
    expected = 0
    with counting(tmp_path, 3) as processes:
        for _ in range(40):
            process = chance.choice(processes)
            number = chance.randrange(1, 5)
            process.count(number)
            expected += number
            if chance.random() < 0.2:
                process.kill()
                processes.remove(process)
                processes.append(Counting(tmp_path))
            assert total(folder) == expected
            assert len(published(folder)) <= 3


def test_a_process_does_not_wait_for_one_that_sums_up(tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        CountsFile(tmp_path, counted(2), "en").publish()
    assert total(folder) == 2


def publish_often(instance: Path, number: int, is_summed_up: Event) -> None:
    counts = Counts()
    file = CountsFile(instance, counts, "en")
    for _ in range(number):
        count(counts, 1)
        file.publish()
    is_summed_up.wait(60)


def test_a_file_that_is_replaced_while_it_is_read_is_that_of_a_living_process(
    tmp_path: Path, folder: Path
) -> None:
    context = multiprocessing.get_context("fork")
    is_summed_up = context.Event()
    process = context.Process(target=publish_often, args=(tmp_path, 1500, is_summed_up))
    process.start()
    sums = [0.0]
    while sums[-1] < 1500 and process.is_alive():
        sums.append(total(folder))
    is_summed_up.set()
    process.join()
    assert sums == sorted(sums)
    assert sums[-1] == total(folder) == 1500
