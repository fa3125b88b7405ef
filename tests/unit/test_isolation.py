"""Isolation: a child answers, dies of what exceeds its limits, and never outlives its parent."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from feedsvc import isolation
from feedsvc.isolation import Child, ChildDied, Limits, execute, fork
from tests.support.misbehaving import answer
from tests.support.newsroom import ROOT
from tests.support.waiting import wait_for

LIMITS = Limits(processor=0.3, memory=64 * 1024 * 1024)
TIMEOUT = 60.0


@pytest.fixture(params=["fork", "execute"])
def start(request: pytest.FixtureRequest) -> Iterator[Callable[[], Child]]:
    """Return what starts a child, in either way; end those that are left."""
    children = []

    def start() -> Child:
        child = (
            fork(answer, LIMITS)
            if request.param == "fork"
            else execute("tests.support.misbehaving:answer", LIMITS)
        )
        children.append(child)
        return child

    yield start
    for child in children:
        if not child.connection.closed:
            child.end()


def test_each_request_has_its_reply_in_order(start: Callable[[], Child]) -> None:
    child = start()
    for number in range(10):
        child.send(b"%d" % number)
    assert [child.receive(TIMEOUT) for _ in range(10)] == [b"re: %d" % n for n in range(10)]
    assert child.end() == 0


@pytest.mark.parametrize(
    ("request_", "cause"),
    [
        (b"loop", "time"),
        (b"memory", "memory"),
        (b"abort", "memory"),
        (b"crash", "crash"),
        (b"raise", "crash"),
        (b"exit", "killed"),
        (b"kill", "killed"),
    ],
)
def test_a_child_that_dies_says_why(
    start: Callable[[], Child], request_: bytes, cause: str
) -> None:
    with pytest.raises(ChildDied) as died:
        start().call(request_, TIMEOUT)
    assert died.value.cause == cause


def test_processor_time_is_counted_for_each_request_anew(start: Callable[[], Child]) -> None:
    child = start()
    assert [child.call(b"work", TIMEOUT) for _ in range(4)] == [b"re: work"] * 4


def test_a_child_that_does_not_reply_is_killed(start: Callable[[], Child]) -> None:
    child = start()
    child.call(b"x", TIMEOUT)
    with pytest.raises(TimeoutError):
        child.call(b"sleep", 0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_child_that_stops_within_a_reply_is_killed(
    start: Callable[[], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "STALLED", 1)
    child = start()
    with pytest.raises(TimeoutError):
        child.call(b"stall", TIMEOUT)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_death_between_two_requests_is_noticed_at_the_second(start: Callable[[], Child]) -> None:
    child = start()
    child.call(b"x", TIMEOUT)
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(ChildDied) as died:
        child.call(b"x" * 1_000_000, TIMEOUT)
    assert died.value.cause == "killed"


def test_a_child_can_write_no_file_and_open_few(start: Callable[[], Child], tmp_path: Path) -> None:
    child = start()
    assert child.call(b"write " + os.fsencode(tmp_path / "x"), TIMEOUT) == b"EFBIG"
    assert int(child.call(b"open", TIMEOUT)) < 64


def test_a_child_has_none_of_its_parents_files(start: Callable[[], Child], tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as file:
        fcntl.fcntl(file, fcntl.F_SETFD, 0)
        assert b"secret" not in start().call(b"files", TIMEOUT)


def test_each_request_may_come_with_a_file(tmp_path: Path) -> None:
    child = execute("tests.support.misbehaving:read", LIMITS, files=True)
    # More files than a child may have open.
    for number in range(100):
        (tmp_path / "file").write_bytes(b"%d" % number)
        with (tmp_path / "file").open("rb") as file:
            assert child.call(b"re:", TIMEOUT, file.fileno()) == b"re: %d" % number
    assert child.end() == 0


def test_a_file_for_a_dead_child_is_noticed_like_any_request(tmp_path: Path) -> None:
    child = execute("tests.support.misbehaving:read", LIMITS, files=True)
    os.kill(child.pid, signal.SIGKILL)
    child.connection.poll(TIMEOUT)
    with (tmp_path / "file").open("wb") as file, pytest.raises(ChildDied) as died:
        child.call(b"re:", TIMEOUT, file.fileno())
    assert died.value.cause == "killed"


def test_a_child_may_give_way_to_others(start: Callable[[], Child]) -> None:
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    for child, more in (
        (start(), 0),
        (fork(answer, Limits(processor=1, memory=2**26, nice=5)), 5),
    ):
        child.call(b"x", TIMEOUT)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(nice + more, 19)
        child.end()


def test_a_child_ends_with_its_parent() -> None:
    code = (
        "import os, signal, sys\n"
        "from feedsvc.isolation import *\n"
        "from tests.support.misbehaving import answer\n"
        "child = (fork(answer, Limits(9, 2**28)) if sys.argv[1] == 'fork'\n"
        "    else execute('tests.support.misbehaving:answer', Limits(9, 2**28)))\n"
        "child.call(b'x', 60)\n"
        "child.send(b'sleep')\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    for way in ("fork", "execute"):
        done = subprocess.run(
            [sys.executable, "-c", code, way], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        wait_for(partial(_is_dead, int(done.stdout)))


def _is_dead(pid: int) -> bool:
    # It may wait for ever to be reaped.
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return True


def test_a_function_that_is_not_there_is_a_crash() -> None:
    with pytest.raises(ChildDied) as died:
        execute("tests.support.misbehaving:nothing", LIMITS).call(b"x", TIMEOUT)
    assert died.value.cause == "crash"


def test_a_child_of_one_with_many_files_opens_few_as_well(start: Callable[[], Child]) -> None:
    many = [os.open("/dev/null", os.O_RDONLY) for _ in range(300)]
    try:
        child = start()
    finally:
        for descriptor in many:
            os.close(descriptor)
    assert int(child.call(b"open", TIMEOUT)) < 64
