"""Servers as processes, and what they cost: memory, processor time, descriptors."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self
from uuid import uuid4

from bench.common import HOST, ROOT, Wrong


@contextmanager
def workplace() -> Iterator[Path]:
    """Return a folder to work in; remove it and end all servers at the end.

    Ctrl-C and SIGTERM end the same way.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with TemporaryDirectory(prefix="feedsvc-bench-") as folder:
        try:
            yield Path(folder)
        finally:
            for server in [*_running]:
                server.end()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C and SIGTERM, so that no process starts without being recorded."""
    received: list[int] = []
    handlers: dict[int, Any] = {
        number: signal.signal(number, lambda number, _: received.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in received:
            signal.raise_signal(number)


class Process(NamedTuple):
    """A process: its number, that of its parent, its command line."""

    pid: int
    parent: int
    command: str


def family(pid: int) -> list[Process]:
    """Return a process and all its descendants."""
    processes = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_text()
            number = int(folder.name)
            processes[number] = Process(number, int(_stat(folder)[1]), command)
    found, grown = {pid}, True
    while grown:
        more = {one.pid for one in processes.values() if one.parent in found} - found
        found |= more
        grown = bool(more)
    return [processes[number] for number in sorted(found) if number in processes]


def _stat(folder: Path) -> list[str]:
    # The name, in parentheses, may contain anything; the first field after it is `state`.
    return (folder / "stat").read_text().rpartition(")")[2].split()


def pss(pid: int) -> int:
    """Return the PSS of a process in bytes: shared memory counts in part. 0 if it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def rss(pid: int) -> int:
    """Return the RSS of a process in bytes: shared memory counts in full."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def cpu(pid: int) -> float:
    """Return the processor time in seconds of a process and of its children, ended or not."""
    ticks = 0
    for member in family(pid):
        with suppress(OSError):
            fields = _stat(Path(f"/proc/{member.pid}"))
            # utime and stime; cutime and cstime are those of children that were waited for.
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def busy(pid: int) -> float:
    """Return the processor time in seconds of a process and its descendants, to the microsecond.

    Unlike `cpu`, it knows nothing of threads and processes that have ended.
    """
    total = 0
    for member in family(pid):
        for task in Path(f"/proc/{member.pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                total += int(task.read_text().split()[0])
    return total / 1e9


def descriptors(pid: int) -> int:
    """Return the number of open file descriptors of a process."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


class Peak:
    """The most memory (sum of PSS) of a process and its descendants, sampled five times a second.

    `total` is in bytes; `parts` is what each process had at that moment.
    """

    def __init__(self, pid: int) -> None:
        self.total = 0
        self.parts: list[tuple[Process, int]] = []
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            parts = [(process, pss(process.pid)) for process in family(self._pid)]
            total = sum(size for _, size in parts)
            if total > self.total:
                self.total, self.parts = total, parts
            self._over.wait(0.2)


class Server:
    """A running server; at the end of the context none of its processes is left.

    `started` is the moment of the start, by `time.perf_counter`.
    """

    def __init__(self, command: Sequence[str], log: Path, environment: dict[str, str]) -> None:
        self._log = log.open("ab")
        # A descendant keeps it even if its parents end.
        self._variable = f"BENCH_SERVER={uuid4()}"
        self.started = time.perf_counter()
        with _uninterrupted():
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment | dict([self._variable.split("=")]),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                # Ctrl-C ends the benchmark, which ends the server.
                start_new_session=True,
            )
            _running.append(self)

    @property
    def pid(self) -> int:
        """The number of the process that was started."""
        return self.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the server as an operator does, with all its processes. Can be repeated."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
        end = time.monotonic() + 10
        while left := self._left():
            if time.monotonic() > end:
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                _running.remove(self)
                raise Wrong(f"{len(left)} processes of {self.process.args!r} did not end")
            time.sleep(0.02)
        _running.remove(self)

    def _left(self) -> list[int]:
        left = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"{self._variable}\0".encode() in (folder / "environ").read_bytes():
                    left.append(int(folder.name))
        return left


_running: list[Server] = []


def nginx_folders(folder: Path) -> str:
    """Return the directives that keep nginx's temporary files in a folder."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def free_port() -> int:
    """Return a port that no process listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
