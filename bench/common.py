"""What every bench needs: servers as processes, what they cost, and where results are written."""

import gzip
import os
import platform
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
HOST = "127.0.0.1"
LIBRARIES = "flask granian lxml feedgen nh3 comrak pyyaml msgspec watchdog".split()
MEGABYTE = 1_000_000


class Wrong(Exception):
    """A server did not answer what it has to: its figures mean nothing."""


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a folder to work in. However this ends, by Ctrl-C and SIGTERM too, nothing is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with TemporaryDirectory(prefix="feedsvc-bench-") as folder:
        try:
            yield Path(folder)
        finally:
            for server in [*_running]:
                server.end()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C and SIGTERM: a process must not start without our knowing of it."""
    heard: list[int] = []
    usual: dict[int, Any] = {
        number: signal.signal(number, lambda number, _: heard.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
        for number in heard:
            signal.raise_signal(number)


# Processes


class Process(NamedTuple):
    """A process as it was found: its number, who started it, its command line."""

    pid: int
    parent: int
    command: str


def family(pid: int) -> list[Process]:
    """Give a process and all its descendants."""
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
    # The name, in brackets, may hold anything; after it, `state` is the first field.
    return (folder / "stat").read_text().rpartition(")")[2].split()


def pss(pid: int) -> int:
    """Give the bytes of memory of a process, with its share of what it shares; 0 if it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def rss(pid: int) -> int:
    """Give the bytes of memory of a process, shared ones in full."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def cpu(pid: int) -> float:
    """Give the seconds of processor time of a process, its ended children, and its living ones."""
    ticks = 0
    for member in family(pid):
        with suppress(OSError):
            fields = _stat(Path(f"/proc/{member.pid}"))
            # utime and stime; cutime and cstime hold those of children that were waited for.
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def descriptors(pid: int) -> int:
    """Count the open file descriptors of a process."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


class Peak:
    """The most memory (sum of PSS) a process and its descendants had, sampled five times a second.

    `parts` says how it was spread then.
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
    """A server that was started here; at the end of the context nothing of it is left."""

    def __init__(self, command: Sequence[str], log: Path, environment: dict[str, str]) -> None:
        self._log = log.open("ab")
        # Whatever becomes of a process' parents, this stays with it.
        self._mark = f"BENCH_SERVER={uuid4()}"
        self.started = time.perf_counter()
        with _uninterrupted():
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment | dict([self._mark.split("=")]),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                # Ctrl-C is for us; we end it.
                start_new_session=True,
            )
            _running.append(self)

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End it as an operator does, and see that all its processes go. Can be repeated."""
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
                if f"{self._mark}\0".encode() in (folder / "environ").read_bytes():
                    left.append(int(folder.name))
        return left


_running: list[Server] = []


def nginx_folders(folder: Path) -> str:
    """Give the settings that keep nginx's temporary files in a folder."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


# Asking


class Client:
    """One connection that is kept, as a reader's or a proxy's."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=30)
        self.port = port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Ask for a path; give the status, the body, and the headers by lower-case name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._connection.request("GET", path, headers=named)
            answer = self._connection.getresponse()
            body = answer.read()
        except BaseException:
            # What is half read cannot be used again.
            self._connection.close()
            raise
        return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}

    def get(self, path: str, coding: str = "identity") -> bytes:
        """Ask for what must be there, in a coding that it must have; give it decoded."""
        status, body, headers = self.ask(path, Accept_Encoding=coding)
        if status != 200 or headers.get("content-encoding", "identity") != coding:
            raise Wrong(f"{path}: {status} {headers}")
        return gzip.decompress(body) if coding == "gzip" else body

    def answers(self, path: str) -> bytes | None:
        """Give what stands at a path; None for as long as there is no answer, or 404 or 503."""
        try:
            status, body, _ = self.ask(path)
        except OSError:
            return None
        if status in (404, 503):
            return None
        if status != 200:
            raise Wrong(f"{path}: {status}")
        return body

    def local_port(self) -> int:
        """Give this end of the connection."""
        return int(self._connection.sock.getsockname()[1])


def serving(client: Client, processes: Sequence[int]) -> int | None:
    """Say which of the processes holds the other end of a connection."""
    mine, theirs = f":{client.local_port():04X}", f":{client.port:04X}"
    inodes = {
        f"socket:[{fields[9]}]"
        for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines())
        if fields[1].endswith(theirs) and fields[2].endswith(mine)
    }
    for pid in processes:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if str(link.readlink()) in inodes:
                    return pid
    return None


@contextmanager
def one_each(port: int, workers: Sequence[int]) -> Iterator[dict[int, Client]]:
    """Give a connection to each of the workers that share a port."""
    clients: dict[int, Client] = {}
    others = []
    try:
        end = time.monotonic() + 20
        while len(clients) < len(workers):
            if time.monotonic() > end:
                raise Wrong("not every worker takes connections")
            time.sleep(0.005)
            client = Client(port)
            client.get("/healthz")
            pid = serving(client, workers)
            if pid is None or pid in clients:
                # CachedDocument open for now: a worker that has connections gets fewer new ones.
                others.append(client)
            else:
                clients[pid] = client
        for client in others:
            client.__exit__()
        yield clients
    finally:
        for client in (*clients.values(), *others):
            client.__exit__()


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.002) -> float:
    """Wait until something holds; give the moment. Raises Wrong if it takes too long."""
    end = time.perf_counter() + seconds
    while not condition():
        if time.perf_counter() > end:
            raise Wrong(f"it did not come about within {seconds:g} seconds")
        time.sleep(pause)
    return time.perf_counter()


def caught_up(instance: Path) -> bool:
    """Say whether the index has come to the end of the catalogue once."""
    try:
        with closing(sqlite3.connect(instance / "search.sqlite3")) as index:
            return bool(index.execute("SELECT caught_up FROM state").fetchone()[0])
    except sqlite3.Error:
        return False


# Writing down


def percentile(values: Sequence[float], part: float) -> float:
    """Give the smallest of the values that so large a part of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(part * 1000) // 1000) - 1)]


def machine(*notes: str) -> str:
    """Describe, as lines of Markdown, what it was measured on and with."""
    processor = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    rows = [
        f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}",
        f"feedsvc at {_revision()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]
    return "\n".join(f"- {row}" for row in (*rows, *notes) if row)


def _revision() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    commit = git("rev-parse", "--short", "HEAD") or "an unknown revision"
    changed = git("status", "--porcelain", "--", "feedsvc")
    return f"{commit} with changes that are not committed" if changed else commit


def write_part(name: str, text: str) -> None:
    """Put text between the marks of one bench in docs/benchmarks.md; all else there stays."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    whole = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else f"{begin}\n{end}\n"
    before, found, rest = whole.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise SystemExit(f"{DOCUMENT}: there are no marks {begin} and {end} to write between")
    DOCUMENT.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
