"""What telling search engines costs the writer, and the process that does it.

    python -m bench.outbox [--entries 10000] [--changes 200] [--rounds 2]

Services without and with a search engine, in turn, over the same corpus; new files come one by one.
The search engine is a server on loopback, which takes everything. Only prints.
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import sys
import threading
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from bench import corpus
from bench.common import say, wait_until
from bench.processes import Server, family, free_port, pss, workplace
from bench.results import machine, megabytes
from bench.service import role
from feedsvc.outbox.state import FILE

# In seconds: between two changes, and for how long nothing happens.
PAUSE, IDLE = 0.1, 15.0
_MODULE = "feedsvc.outbox.process"


class Cost(NamedTuple):
    """Processor time of the writer and the outbox, at work and idle; memory; learning."""

    writer: float
    outbox: float
    idle: float
    memory: int
    learned: float


class _Engine(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def own_time(pid: int) -> float:
    """Return the processor time in seconds of a process, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, entries: Path, changes: int, endpoint: str) -> Cost:
    """Serve a copy of the entries, change them, and return what that cost."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(entries, folder / "entries")
    environment = {name: each for name, each in os.environ.items() if "FEEDSVC" not in name} | {
        "FEEDSVC_ENTRIES": str(folder / "entries"),
        "FEEDSVC_INSTANCE": str(folder / "instance"),
        "FEEDSVC_BASE_URL": "https://news.example",
        "FEEDSVC_OUTGOING__PRIVATE": "127.0.0.1",
        "FEEDSVC_RESCAN": "3600",
    }
    if endpoint:
        environment |= {"FEEDSVC_INDEXNOW__KEY": "0123456789"}
        environment |= {"FEEDSVC_INDEXNOW__ENDPOINTS": endpoint}
    command = [sys.executable, "-m", "feedsvc", "serve", "--port", str(free_port())]
    server = Server(command, folder / "log", environment)
    try:
        instance = folder / "instance"
        wait_until(lambda: _asked(instance / "search.sqlite3", "caught_up"), 600, 0.1)
        begun = time.monotonic()
        if endpoint:
            wait_until(lambda: _asked(instance / FILE, "NOT is_first"), 600, 0.05)
        learned = time.monotonic() - begun
        return _cost(server, folder, changes, learned)
    finally:
        server.end()


def _cost(server: Server, folder: Path, changes: int, learned: float) -> Cost:
    writer = next(each.pid for each in family(server.pid) if role(server, each) == "writer")
    outbox = [each.pid for each in family(server.pid) if _MODULE in each.command]
    time.sleep(3)
    before = own_time(writer), sum(map(own_time, outbox))
    for number in range(changes):
        name, text = corpus.entry(number, changes)
        (folder / "entries" / f"new-{Path(name).name}").write_text(text)
        time.sleep(PAUSE)
    time.sleep(8)
    after = own_time(writer), sum(map(own_time, outbox))
    time.sleep(IDLE)
    idle = (sum(map(own_time, outbox)) - after[1]) / IDLE
    memory = sum(map(pss, outbox))
    return Cost(after[0] - before[0], after[1] - before[1], idle, memory, learned)


def _asked(path: Path, column: str) -> bool:
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as one:
        return bool(one.execute(f"SELECT {column} FROM state").fetchone()[0])
    return False


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    engine = ThreadingHTTPServer(("127.0.0.1", 0), _Engine)
    threading.Thread(target=engine.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{engine.server_address[1]}/"
    costs: dict[str, list[Cost]] = {"": [], url: []}
    with workplace() as folder:
        corpus.write(options.entries, folder / "corpus")
        for _ in range(options.rounds):
            for endpoint, found in costs.items():
                found.append(measure(folder / "run", folder / "corpus", options.changes, endpoint))
    for endpoint, found in costs.items():
        writers = [1000 * each.writer / options.changes for each in found]
        median = statistics.median(writers)
        say(f"{'set' if endpoint else 'unset'}: writer {median:.2f} ms a change ({writers})")
    last = costs[url][-1]
    each_change = 1000 * last.outbox / options.changes
    say(
        f"outbox: {each_change:.2f} ms a change, {100 * last.idle:.2f}% idle,"
        f" {megabytes(last.memory)}, knows {options.entries} entries after {last.learned:.1f} s"
    )
    say(machine())


if __name__ == "__main__":
    main()
