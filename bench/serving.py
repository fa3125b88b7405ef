"""What serving costs, beside the peers: requests, processor time, latency, memory.

    python -m bench.serving [--quick]

Real servers on loopback, all of them started at once and loaded in turn, in
interleaved rounds, by wrk. The bytes and the status of every response are counted.
Figures go into docs/figures/serving.json and docs/benchmarks.md.
"""

import argparse
import gzip
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bench import corpus, wordpress
from bench.client import Client
from bench.common import HOST, ROOT, Wrong, say, wait_until
from bench.processes import cpu, workplace
from bench.results import percentile
from bench.servers import FEED, Bench, Peer

FIGURES = ROOT / "docs" / "figures" / "serving.json"
SCRIPT = ROOT / "bench" / "wrk.lua"
CONNECTIONS = 64
SIZES = (10, 1_000, 100_000)
READERS = 4
_MONTH = re.compile(r'href="/archive/(\d+/\d+)/"')


@dataclass(frozen=True)
class Load:
    """One kind of request: the headers beside `Accept-Encoding`, and the expected status."""

    name: str
    path: str
    headers: dict[str, str]
    status: int


@dataclass
class Run:
    """The result of one run of wrk: requests per second, seconds of CPU each, latencies in ms."""

    rate: float
    cpu: float
    p50: float
    p99: float
    counts: dict[str, int] = field(default_factory=dict)


def wrk(peer: Peer, seconds: float, headers: dict[str, str], path: str, *words: str) -> Run:
    """Load a server, and check the status of every response."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "10s"]
    command += ["-s", str(SCRIPT)]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    command += [f"http://{HOST}:{peer.port}{path}", "--", *words]
    before = cpu(peer.server.pid)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    spent = cpu(peer.server.pid) - before
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if found["failed"]:
        raise Wrong(f"{peer.name} {path}: {found['failed']} requests failed")
    counts: dict[str, int] = defaultdict(int)
    for status, count in found["counts"]:
        counts[status] += count
    if not set(counts) <= {"200", "226", "304"}:
        raise Wrong(f"{peer.name} {path}: {counts}")
    run = Run(
        found["requests"] / found["seconds"],
        spent / found["requests"],
        found["p50"],
        found["p99"],
        dict(counts),
    )
    if words[0] == "same":
        _require_complete(peer, found, headers, path)
    return run


def _require_complete(
    peer: Peer, found: dict[str, Any], headers: dict[str, str], path: str
) -> None:
    """Check that the bytes are those of as many complete responses, less those under way."""
    connection = HTTPConnection(HOST, peer.port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
    one = len(f"HTTP/1.1 {answer.status} {answer.reason}\r\n\r\n") + head + len(answer.read())
    connection.close()
    if abs(found["bytes"] - found["requests"] * one) > (CONNECTIONS + 1) * one:
        raise Wrong(f"{peer.name} {path}: {found['bytes']} bytes, not {found['requests']} of {one}")


def loads_of(peer: Peer, page: str | None) -> list[Load]:
    """Return the loads of a server: the feed, in full and conditionally, and a page."""
    with Client(peer.port) as client:
        status, body, found = client.ask(FEED, Accept_Encoding="gzip")
        if status != 200 or found.get("content-encoding") != "gzip":
            raise Wrong(f"{peer.name}: {status} {found}")
        if b"<entry" not in gzip.decompress(body):
            raise Wrong(f"{peer.name}: no feed")
    loads = [Load("gzip 200", FEED, {}, 200)]
    if "etag" in found:
        loads.append(Load("304 by tag", FEED, {"If-None-Match": found["etag"]}, 304))
    if "last-modified" in found:
        date = {"If-Modified-Since": found["last-modified"]}
        loads.append(Load("304 by date", FEED, date, 304))
    if page:
        loads.append(Load("page, gzip 200", page, {}, 200))
    return loads


def measure(peer: Peer, load: Load, seconds: float) -> Run:
    """Run one kind of request against a server, after checking one response."""
    headers = {"Accept-Encoding": "gzip", **load.headers}
    with Client(peer.port) as client:
        status, _, _ = client.ask(load.path, **headers)
    if status != load.status:
        raise Wrong(f"{peer.name}: {load.name}: {status}")
    return wrk(peer, seconds, headers, load.path, "same", "0", str(CONNECTIONS))


Figures = dict[str, Any]


def in_rounds(
    peers: Sequence[tuple[Peer, str | None]], rounds: int, seconds: float
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Load each server in turn, with its page if it has one; return the runs by name and load."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for number in range(rounds):
        for peer, page in peers:
            for load in loads_of(peer, page):
                say(f"round {number + 1} of {rounds}: {peer.name}, {load.name}")
                found[peer.name][load.name].append(vars(measure(peer, load, seconds)))
    return found


@contextmanager
def changing(entries: Path) -> Iterator[None]:
    """Write a new version of the newest entry twice a second."""
    over = threading.Event()

    def change() -> None:
        number = 0
        while not over.wait(0.5):
            number += 1
            write_newest(entries, number)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def write_newest(entries: Path, number: int) -> None:
    """Write a version of the newest entry."""
    body = "Слова о жизни района. " * 120
    text = f"---\ntitle: Новость, версия {number}\ndate: 2026-01-02\n---\n\n{body}\n"
    (entries / "newest.md").write_text(text, encoding="utf-8")


def tags(peer: Peer, entries: Path) -> tuple[str, str]:
    """Return the entity tag of the feed, and that of the feed before its last change."""

    def tag() -> str:
        with Client(peer.port) as client:
            return client.ask(FEED, Accept_Encoding="gzip")[2]["etag"]

    before = tag()
    write_newest(entries, time.time_ns())
    wait_until(lambda: tag() != before, 20, 0.05)
    # By then every worker has noticed.
    time.sleep(0.5)
    return tag(), before


def mix(peer: Peer, entries: Path, pages: list[str], seconds: float, rate: float = 0) -> Run:
    """Load with the mix of requests of readers; `rate` is per second, 0 is unlimited."""
    words = ("mix", f"{rate:.0f}", str(CONNECTIONS), *tags(peer, entries), *pages)
    return wrk(peer, seconds, {}, FEED, *words)


def after_changes(peer: Peer, entries: Path, seconds: float) -> list[float]:
    """Poll continuously; return the latencies in ms within 100 ms after a change appeared."""
    found, tag, seen = [], "", 0.0
    end = time.perf_counter() + seconds
    with changing(entries), Client(peer.port) as client:
        while time.perf_counter() < end:
            start = time.perf_counter()
            new = client.ask(FEED, Accept_Encoding="gzip")[2]["etag"]
            took = time.perf_counter() - start
            if new != tag:
                # The first response that shows it is the one that may have waited for it.
                tag, seen = new, start
            if start - seen < 0.1:
                found.append(1000 * took)
            time.sleep(0.0005)
    return found


def mixes(peer: Peer, entries: Path, pages: list[str], rounds: int, seconds: float) -> Figures:
    """Measure the mix at rest and while entries change, and the latency at half the rate."""
    rest, change = [], []
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}: the mix")
        rest.append(mix(peer, entries, pages, seconds))
        with changing(entries):
            change.append(mix(peer, entries, pages, seconds))
    top = median(run.rate for run in rest)
    say("the mix at half the rate")
    half = mix(peer, entries, pages, seconds, top / 2)
    late: list[float] = []
    probe = threading.Thread(target=lambda: late.extend(after_changes(peer, entries, seconds)))
    probe.start()
    half_changing = mix(peer, entries, pages, seconds, top / 2)
    probe.join()
    return {
        "rest": [vars(run) for run in rest],
        "changing": [vars(run) for run in change],
        "half": vars(half),
        "half changing": vars(half_changing),
        "after changes": {"p99": percentile(late, 0.99), "worst": max(late), "answers": len(late)},
    }


def polls_during_archives(peer: Peer, seconds: float) -> dict[str, Any]:
    """Poll, on a new connection each time, while four readers read all archives."""
    with Client(peer.port) as client:
        known = client.ask(FEED)[2]["etag"]
        archives = _archives(client)
    say(f"{peer.name}: a poll beside {len(archives)} archives")
    end = time.perf_counter() + seconds
    made: list[float] = []

    def walk(number: int) -> None:
        with Client(peer.port) as client:
            for path in itertools.cycle(archives[number::READERS] or archives):
                if time.perf_counter() > end:
                    return
                start = time.perf_counter()
                client.get(path, "gzip")
                made.append(1000 * (time.perf_counter() - start))

    readers = [threading.Thread(target=walk, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    polls = []
    while time.perf_counter() < end:
        start = time.perf_counter()
        with Client(peer.port) as client:
            if client.ask(FEED, If_None_Match=known)[0] != 304:
                raise Wrong(f"{peer.name}: another feed")
        polls.append(1000 * (time.perf_counter() - start))
        time.sleep(0.002)
    for reader in readers:
        reader.join()
    return {
        "polls": len(polls),
        "p50": median(polls),
        "p99": percentile(polls, 0.99),
        "archives": len(made),
        "archive": median(made),
    }


def _archives(client: Client) -> list[str]:
    """Return the paths of all archive documents: far more than a worker caches."""
    months = _MONTH.findall(client.get("/archive/").decode())
    return [f"/feeds/archive/{month}/atom.xml" for month in months]


def pages_of(peer: Peer) -> list[str]:
    """Return the pages of the entries in the feed."""
    with Client(peer.port) as client:
        feed = json.loads(client.get("/feeds/feed.json"))
    return [item["url"].removeprefix("https://news.example") for item in feed["items"]]


def growth(bench: Bench, sizes: Sequence[int], rounds: int, seconds: float) -> Figures:
    """Measure feedsvc with more and more entries."""
    peers = {}
    for size in sizes:
        entries = bench.folder / f"entries {size}"
        entries.mkdir()
        say(f"{size} entries")
        corpus.write(size, entries)
        peers[size] = bench.feedsvc(f"feedsvc {size}", entries)
    found = in_rounds([(peer, pages_of(peer)[0]) for peer in peers.values()], rounds, seconds)
    figures: Figures = {
        str(size): {"memory": peer.memory(), "loads": found[peer.name]}
        for size, peer in peers.items()
    }
    figures[str(size)]["beside"] = polls_during_archives(peers[size], 2 * seconds)
    return figures


def run(options: argparse.Namespace, folder: Path, stack: ExitStack) -> Figures:
    """Measure everything."""
    rounds, seconds = (1, 1.0) if options.quick else (options.rounds, options.seconds)
    bench = Bench(folder, stack)
    entries = folder / "entries"
    entries.mkdir()
    corpus.write(1_000, entries)
    ours = bench.feedsvc("feedsvc", entries)
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", str(os.cpu_count())]
    gunicorn += ["--threads", "4", "--bind", f"{HOST}:{{port}}", "wsgi:app"]
    pages = pages_of(ours)
    nginx, bare, files, *renderers = bench.peers(ours, pages[0])
    with_page = [nginx, ours, bench.feedsvc("feedsvc on gunicorn", entries, gunicorn), files]
    peers = [(peer, pages[0]) for peer in with_page] + [(peer, None) for peer in (bare, *renderers)]
    return {
        "peers": in_rounds(peers, rounds, seconds),
        "memory": {peer.name: peer.memory() for peer, _ in peers},
        "mix": mixes(ours, entries, pages, rounds, seconds),
        "growth": growth(bench, (10, 1_000) if options.quick else SIZES, rounds, seconds),
        "with": versions(),
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def versions() -> str:
    """Return the versions of the servers and of wrk."""
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    python = ", ".join(f"{name} {version(name)}" for name in ("gunicorn", "whitenoise", "django"))
    others = f"{python}, WordPress {wordpress.version()}, {' '.join(wrk.split()[:2])}"
    return f"nginx {nginx.partition('/')[2].strip()}, {others}"


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round; only prints")
    parser.add_argument("--only-growth", action="store_true", help="leave the rest as it is")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    with workplace() as folder, ExitStack() as stack:
        if options.only_growth:
            figures: Figures = json.loads(FIGURES.read_text(encoding="utf-8"))
            bench = Bench(folder, stack)
            figures["growth"] = growth(bench, SIZES, options.rounds, options.seconds)
        else:
            figures = run(options, folder, stack)
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    if options.quick:
        print(text)
    else:
        FIGURES.parent.mkdir(exist_ok=True)
        FIGURES.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
