"""What a living folder costs: news that comes in, starts, restarts, scans, growth.

    python -m bench.living [--sizes 1000,100000] [--quick] [--skip-hugo-large]

Real processes, real HTTP on loopback, every answer checked. Hugo does the same
with the same files. The table goes into docs/benchmarks.md.
"""

import argparse
import os
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from xml.etree import ElementTree as ET

from bench import corpus
from bench.common import (
    MEGABYTE,
    Client,
    Peak,
    Process,
    Server,
    Wrong,
    cpu,
    descriptors,
    family,
    free_port,
    machine,
    one_each,
    percentile,
    pss,
    rss,
    say,
    wait_until,
    workplace,
    write_part,
)
from bench.hugo import FEED, Build, Site, hugo_version

ATOM, RSS = "/feeds/atom.xml", "/feeds/rss.xml"
FEED_SIZE = 30
LIVING = "living"
# At least so many changes, and for so long: two of the rescans that come every minute.
CHANGES, CHANGING = 200, 125.0
QUICK_CHANGES, QUICK_CHANGING = 40, 8.0
PAGES = 1000
REWRITES, WARM_UP, RATE, TOGETHER = 10_000, 2_000, 200, 100
HUGO_CHANGES, HUGO_WATCHES, HUGO_LIMIT = 5, (1_000, 10_000), 200.0
# Newer than all of the corpus, older than now.
_NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
_ATOM_TITLE = "{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}title"


@dataclass
class Living:
    """What was measured of the service at one size."""

    first_index: float = 0
    first_cpu: float = 0
    first_memory: int = 0
    first_parts: str = ""
    restarts: list[float] = field(default_factory=list)
    workers: list[tuple[int, int]] = field(default_factory=list)
    pages: int = 0
    rescans: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)


@dataclass
class Growth:
    """What 10,000 changes left behind: memory and descriptors before and after, by process."""

    changes: int
    rate: float
    before: dict[int, tuple[str, int, int]]
    after: dict[int, tuple[str, int, int]]


# The service


class Service:
    """`feedsvc serve` over one corpus, as an operator starts it; all settings are the defaults."""

    def __init__(self, folder: Path, entries: Path) -> None:
        self.entries = entries
        self.instance = folder / "instance"
        self.port = free_port()
        self._log = folder / "feedsvc.log"

    def start(self) -> Server:
        """Start it."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("FEEDSVC_")
        }
        environment |= {
            "FEEDSVC_ENTRIES": str(self.entries),
            "FEEDSVC_INSTANCE": str(self.instance),
        }
        command = [sys.executable, "-m", "feedsvc", "serve", "--port", str(self.port)]
        return Server(command, self._log, environment)

    def first_answer(self, server: Server, expected: list[str]) -> float:
        """Give the seconds from the start to the first feed answered, and check that feed."""
        body: bytes | None = None

        def answered() -> bool:
            nonlocal body
            if server.process.poll() is not None:
                raise Wrong(f"feedsvc ended: {self._log.read_text()[-2000:]}")
            body = client.answers(ATOM)
            return body is not None

        with Client(self.port) as client:
            moment = wait_until(answered, 600, 0.05)
        check_feed(body or b"", expected)
        # All have to answer. Besides, a worker that is told to end before it listens to
        # signals never does (granian 2.8), and the server waits for it for ever.
        wait_until(lambda: len(members(server, "worker")) == os.cpu_count(), 20)
        with one_each(self.port, members(server, "worker")) as clients:
            for client in clients.values():
                check_feed(client.get(ATOM), expected)
        return moment - server.started


def role(server: Server, process: Process) -> str:
    """Say what a process of the service is for."""
    if process.pid == server.pid:
        return "master"
    if "keeper import" in process.command:
        return "writer"
    if "resource_tracker" in process.command:
        return "tracker"
    return "worker" if process.parent == server.pid else "pool"


def members(server: Server, name: str) -> list[int]:
    """Give the processes of one role."""
    return [process.pid for process in family(server.pid) if role(server, process) == name]


def titles(total: int) -> list[str]:
    """Give the titles that the feed of a corpus must show, newest first."""
    return [title(number, total) for number in range(total - 1, total - 1 - FEED_SIZE, -1)]


def title(number: int, total: int) -> str:
    """Give the title of an entry of a corpus."""
    return title_line(corpus.entry(number, total)[1]).removeprefix("title: ")


def title_line(text: str) -> str:
    """Give the line of an entry that holds its title."""
    return text.split("\n", 2)[1]


def check_feed(body: bytes, expected: Sequence[str]) -> None:
    """See that an Atom feed begins with these titles, and is full."""
    shown = [element.text for element in ET.fromstring(body).iterfind(_ATOM_TITLE)]
    if shown[: len(expected)] != list(expected) or len(shown) != FEED_SIZE:
        raise Wrong(f"the feed shows {shown[:3]} and not {list(expected)[:3]}")


def page(name: str) -> str:
    """Give the path of an entry's page."""
    return f"/presscenter/news/detail/{name}.html"


def check_page(client: Client, number: int, expected: str, coding: str = "identity") -> None:
    """See that the page of a corpus' entry shows this title."""
    if f">{expected}</h1>" not in client.get(page(f"{number:06d}"), coding).decode():
        raise Wrong(f"the page of {number} does not show {expected!r}")


# What is measured


def measure_starts(service: Service, total: int, restarts: int, living: Living) -> None:
    """Measure the first index with its memory, then restarts."""
    shutil.rmtree(service.instance, ignore_errors=True)
    expected = titles(total)
    with service.start() as server:
        with Peak(server.pid) as peak:
            living.first_index = service.first_answer(server, expected)
            living.first_cpu = cpu(server.pid)
        living.first_memory = peak.total
        parts: dict[str, list[int]] = {}
        for process, size in peak.parts:
            parts.setdefault(role(server, process), []).append(size)
        living.first_parts = ", ".join(
            f"{name} {' + '.join(f'{size / MEGABYTE:.0f}' for size in sorted(sizes))}"
            for name, sizes in sorted(parts.items())
        )
    for _ in range(restarts):
        with service.start() as server:
            living.restarts.append(service.first_answer(server, expected))


def measure_workers(server: Server, service: Service, total: int, living: Living) -> None:
    """Have every worker give both feeds and 1,000 pages, plain and compressed; weigh it."""
    living.pages = min(PAGES, total)
    numbers = random.Random(1).sample(range(total), living.pages)
    wanted = {number: title(number, total) for number in numbers}
    with one_each(service.port, members(server, "worker")) as clients:
        for client in clients.values():
            read_everything(client, wanted, titles(total)[:1])
        living.workers = [(rss(pid), pss(pid)) for pid in clients]


def read_everything(client: Client, wanted: dict[int, str], newest: Sequence[str]) -> None:
    """Ask for both feeds and these pages, plain and compressed."""
    for coding in ("identity", "gzip"):
        check_feed(client.get(ATOM, coding), newest)
        if client.get(RSS, coding).count(b"<item>") != FEED_SIZE:
            raise Wrong("the RSS feed is not full")
        for number, expected in wanted.items():
            check_page(client, number, expected, coding)


def measure_rescans(server: Server, service: Service, times: int, living: Living) -> None:
    """Measure the processor time of scans that find nothing new."""
    (writer,) = members(server, "writer")
    request = service.instance / "look-now"
    for _ in range(times):
        before = cpu(writer)
        request.touch()
        wait_until(lambda: not request.exists(), 60)
        living.rescans.append(cpu(writer) - before)


def measure_changes(
    port: int, feed: str, entries: Path, total: int, least: tuple[int, float]
) -> Iterator[float]:
    """Put new entries into the folder one by one; give the seconds until the feed shows each.

    It goes on until there were at least so many, for at least so many seconds.
    """
    chance = random.Random(2)
    end = time.monotonic() + least[1]
    number = 0
    while number < least[0] or time.monotonic() < end:
        number += 1
        name = f"n{number:05d}"
        new = f"Свежая новость номер {number} из {total}"
        text = corpus.entry(total + number, total + number)[1]
        text = text.replace(title_line(text), f"title: {new}", 1)
        date = f"date: {(_NEWEST + timedelta(seconds=number)).isoformat()}"
        text = text.replace(text.split("\n", 3)[2], date, 1)
        # A connection for each change: so all workers are asked, now this one, now that.
        with Client(port) as client:
            shown = _poll(client, feed, new)
            # SearchForm all the while: a first question just before the change would set the
            # worker's clock, which looks for news only so often, by ours.
            pause = time.perf_counter() + chance.uniform(0.05, 0.3)
            while time.perf_counter() < pause:
                if shown():
                    raise Wrong(f"{new!r} is shown before it was written")
                time.sleep(0.002)
            file = (entries / LIVING / f"{name}.md").open("w", encoding="utf-8")
            file.write(text)
            start = time.perf_counter()
            file.close()
            yield wait_until(shown, 60) - start
            if feed == ATOM:
                check_feed(client.get(ATOM), [new])
            else:
                # Hugo writes one thing after the other.
                wait_until(partial(_is_there, client, page(name)), 60)
            if f">{new}</h1>" not in client.get(page(name)).decode():
                raise Wrong(f"the page of {name} does not show {new!r}")


def _is_there(client: Client, path: str) -> bool:
    return client.answers(path) is not None


def _poll(client: Client, feed: str, new: str) -> Callable[[], bool]:
    """Connect as a reader who has the feed; give what asks, as readers do, for a newer one."""
    tag = client.ask(feed)[2].get("etag", "")

    def shown() -> bool:
        nonlocal tag
        status, body, headers = client.ask(feed, **({"If_None_Match": tag} if tag else {}))
        if status not in (200, 304) or (status == 304 and headers.get("etag") != tag):
            raise Wrong(f"{feed}: {status} {headers}")
        tag = headers.get("etag", "")
        return f"<title>{new}</title>".encode() in body

    return shown


@contextmanager
def with_living(entries: Path) -> Iterator[None]:
    """Have a folder for new entries; take it, and all that came, away at the end."""
    (entries / LIVING).mkdir()
    try:
        yield
    finally:
        shutil.rmtree(entries / LIVING)


def measure_growth(folder: Path, total: int, rewrites: int, warm_up: int) -> Growth:
    """Rewrite entries while clients read; weigh all processes after a warm-up and at the end."""
    entries = folder / "growing"
    corpus.write(total, entries)
    service = Service(folder, entries)
    shutil.rmtree(service.instance, ignore_errors=True)
    now = {number: title(number, total) for number in range(total)}
    with service.start() as server:
        service.first_answer(server, titles(total))
        with Client(service.port) as client, _reading(service.port, total) as check:
            rewrite(client, entries, now, range(warm_up))
            before = _weigh(server, service.port, now)
            start = time.monotonic()
            rewrite(client, entries, now, range(warm_up, warm_up + rewrites))
            rate = rewrites / (time.monotonic() - start)
            check()
            after = _weigh(server, service.port, now)
    shutil.rmtree(entries)
    return Growth(rewrites, rate, before, after)


def rewrite(client: Client, entries: Path, now: dict[int, str], turns: range) -> None:
    """Rewrite one entry after the other, at most `RATE` a second, with another title each time."""
    total = len(now)
    start = time.monotonic()
    for count, turn in enumerate(turns, 1):
        number = turn % total
        path, text = corpus.entry(number, total)
        now[number] = f"Правка {turn:06d} новости {number}"
        text = text.replace(title_line(text), f"title: {now[number]}", 1)
        (entries / path).write_text(text, encoding="utf-8")
        if count % TOGETHER == 0:
            # Nobody is to be further ahead than the service can follow.
            expected = f">{now[number]}</h1>".encode()
            wait_until(lambda n=number, e=expected: e in client.get(page(f"{n:06d}")), 30)  # type: ignore[misc]
        time.sleep(max(0, start + count / RATE - time.monotonic()))


@contextmanager
def _reading(port: int, total: int) -> Iterator[Callable[[], None]]:
    """Have somebody read a feed and pages all the while; gives what says if that went wrong."""
    over = threading.Event()
    faults: list[BaseException] = []
    most = FEED_SIZE + 1  # and the feed's own

    def read() -> None:
        chance = random.Random(3)
        try:
            with Client(port) as client:
                while not over.wait(0.01):
                    if client.get(chance.choice((ATOM, RSS)), "gzip").count(b"</title>") != most:
                        raise Wrong("the feed is not full")  # noqa: TRY301
                    number = chance.randrange(total)
                    if f" {number}</h1>".encode() not in client.get(page(f"{number:06d}")):
                        raise Wrong(f"the page of {number} is another's")  # noqa: TRY301
        except BaseException as error:  # noqa: BLE001 - it is raised again, in `check`
            faults.append(error)

    def check() -> None:
        if faults:
            raise faults[0]

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield check
        check()
    finally:
        over.set()
        thread.join()


def _weigh(server: Server, port: int, now: dict[int, str]) -> dict[int, tuple[str, int, int]]:
    """Give role, memory and descriptors of all processes, when all read everything and it rests."""
    time.sleep(1)  # by then every worker has noticed the last change
    # Connections of its own: granian closes those that rest for half a minute.
    with one_each(port, members(server, "worker")) as clients:
        for client in clients.values():
            read_everything(client, now, [now[len(now) - 1]])
        time.sleep(2)
        return {
            process.pid: (role(server, process), pss(process.pid), descriptors(process.pid))
            for process in family(server.pid)
        }


def measure_hugo_watching(folder: Path, entries: Path, total: int) -> list[float]:
    """Measure Hugo's watching server as the service is measured."""
    with with_living(entries):
        site = Site(folder, entries)
        with site.serve() as server:
            _wait_for_hugo(site, server, titles(total)[0])
            found = measure_changes(site.port, FEED, entries, total, (HUGO_CHANGES, 0))
            return list(found)


def _wait_for_hugo(site: Site, server: Server, newest: str) -> None:
    def answered() -> bool:
        if server.process.poll() is not None:
            raise Wrong("Hugo's server ended")
        return f"<title>{newest}</title>".encode() in (client.answers(FEED) or b"")

    with Client(site.port) as client:
        wait_until(answered, 300, 0.05)


def measure_hugo_build(folder: Path, entries: Path, total: int) -> Build:
    """Measure Hugo building everything."""
    site = Site(folder, entries)
    build = site.build(HUGO_LIMIT)
    if build.seconds is not None:
        feed = (site.output / "index.xml").read_bytes()
        shown = [element.text for element in ET.fromstring(feed).iterfind("channel/item/title")]
        if shown != titles(total):
            raise Wrong(f"Hugo's feed shows {shown[:3]}")
        pages = sum(1 for _ in (site.output / page("x")[1:]).parent.iterdir())
        if pages != total:
            raise Wrong(f"Hugo made {pages} pages of {total}")
    return build


# The table


def seconds(value: float) -> str:
    """Write a time so that it can be read."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def megabytes(size: float) -> str:
    """Write a size so that it can be read."""
    return f"{size / MEGABYTE:.0f} MB"


def both(values: Sequence[float]) -> str:
    """Write the middle and the tail of many times."""
    return (
        f"median {seconds(median(values))}, 99th percentile {seconds(percentile(values, 0.99))},"
        f" worst {seconds(max(values))} ({len(values)} changes)"
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `reached` is None where nothing was to be reached."""

    what: str
    goal: str
    measured: str
    reached: bool | None
    hugo: str = "–"

    def line(self) -> str:
        """Give it as Markdown."""
        verdict = {True: "yes", False: "**no**", None: ""}[self.reached]
        return f"| {self.what} | {self.goal} | {self.measured} | {verdict} | {self.hugo} |"


def table(
    found: dict[int, Living],
    growth: Growth,
    builds: dict[int, Build],
    watching: dict[int, list[float]],
) -> str:
    """Set the results beside what was to be reached and beside Hugo."""
    rows = [
        *_rows_of_changes(found, watching),
        *_rows_of_largest(max(found), found[max(found)], builds.get(max(found))),
        *_rows_of_growth(growth),
    ]
    lines = [
        "| what | to reach | measured | reached | Hugo in the same run |",
        "|---|---|---|---|---|",
        *(row.line() for row in rows),
    ]
    largest = found[max(found)]
    notes = [
        f"Memory at the peak of the first index, in MB: {largest.first_parts}.",
        "Memory after growth, in MB: "
        + ", ".join(
            f"{name} {growth.before[pid][1] / MEGABYTE:.1f} to {size / MEGABYTE:.1f}"
            for pid, (name, size, _) in sorted(growth.after.items())
            if pid in growth.before
        )
        + f"; at {growth.rate:.0f} changes a second.",
    ]
    for total, build in sorted(builds.items()):
        notes.append(f"Hugo's build of {total:,}: {_build(build)}.")
    return "\n".join(lines) + "\n\n" + "\n".join(f"- {note}" for note in notes)


def _rows_of_changes(found: dict[int, Living], watching: dict[int, list[float]]) -> Iterator[Row]:
    hugo = "; ".join(
        f"median {seconds(median(times))} at {total:,}" for total, times in sorted(watching.items())
    )
    small, large = min(found), max(found)
    for total, living in sorted(found.items()):
        middle, tail = median(living.changes), percentile(living.changes, 0.99)
        judged = total == large
        yield Row(
            f"file closed, to the feed showing it, at {total:,} entries",
            "median 60 ms, 99th percentile 250 ms" if judged else "–",
            both(living.changes),
            (middle <= 0.06 and tail <= 0.25) if judged else None,
            hugo if judged else "–",
        )
    if small != large:
        ratios = [
            measure(found[large].changes) / measure(found[small].changes)
            for measure in (median, lambda values: percentile(values, 0.99))
        ]
        yield Row(
            f"the same, {large:,} against {small:,}",
            "1.5 times",
            f"median {ratios[0]:.2f}, 99th percentile {ratios[1]:.2f} times",
            max(ratios) <= 1.5,
        )


def _build(build: Build | None) -> str:
    if build is None:
        return "–"
    took = f"stopped after {HUGO_LIMIT:.0f} s" if build.seconds is None else seconds(build.seconds)
    return f"{took}, {megabytes(build.memory)}"


def _rows_of_largest(total: int, living: Living, build: Build | None) -> Iterator[Row]:
    yield Row(
        f"first index of {total:,}",
        "30 s",
        f"{seconds(living.first_index)}, with {seconds(living.first_cpu)} of processor time",
        living.first_index <= 30,
        _build(build),
    )
    yield Row(
        "the most memory of all processes in it (sum of PSS)",
        "300 MB",
        megabytes(living.first_memory),
        living.first_memory <= 300 * MEGABYTE,
        megabytes(build.memory) if build else "–",
    )
    yield Row(
        f"restart at {total:,}, to the first feed answered",
        "1.5 s",
        f"median {seconds(median(living.restarts))}, worst {seconds(max(living.restarts))}"
        f" ({len(living.restarts)} restarts)",
        max(living.restarts) <= 1.5,
        "builds everything again",
    )
    yield Row(
        f"memory of a worker at {total:,}, both feeds and {living.pages:,} pages served",
        "120 MB",
        ", ".join(f"RSS {megabytes(r)} (PSS {megabytes(p)})" for r, p in living.workers),
        max(r for r, _ in living.workers) <= 120 * MEGABYTE,
    )
    yield Row(
        f"processor time of a rescan of {total:,} unchanged files",
        "1 s",
        f"median {seconds(median(living.rescans))} ({len(living.rescans)} scans)",
        median(living.rescans) <= 1,
    )


def _rows_of_growth(growth: Growth) -> Iterator[Row]:
    before, after = (
        (sum(memory for _, memory, _ in weights), sum(count for _, _, count in weights))
        for weights in (growth.before.values(), growth.after.values())
    )
    percent = (after[0] / before[0] - 1) * 100
    yield Row(
        f"growth of memory over {growth.changes:,} changes while serving",
        "under 2%",
        f"{percent:+.1f}% ({before[0] / MEGABYTE:.1f} MB to {after[0] / MEGABYTE:.1f} MB)",
        percent < 2,
    )
    yield Row(
        "growth of open file descriptors in it",
        "0",
        f"{after[1] - before[1]:+d} ({before[1]} to {after[1]})",
        after[1] <= before[1] and growth.before.keys() == growth.after.keys(),
    )


# The run


def run(sizes: Sequence[int], work: Path, *, quick: bool, skip_hugo_large: bool) -> str:
    """Measure everything; give the table."""
    found: dict[int, Living] = {}
    builds: dict[int, Build] = {}
    watching: dict[int, list[float]] = {}
    watched = [total for total in HUGO_WATCHES if total in sizes or not quick]
    for total in sorted({*sizes, *watched}):
        folder = work / str(total)
        entries = folder / "entries"
        say(f"{total:,} entries: writing them")
        corpus.write(total, entries)
        if total in sizes:
            found[total] = measure_service(folder, entries, total, quick=quick)
        if not (skip_hugo_large and total > max(HUGO_WATCHES)):
            say(f"{total:,} entries: Hugo builds")
            builds[total] = measure_hugo_build(folder / "build", entries, total)
            shutil.rmtree(folder / "build")
        if total in watched:
            say(f"{total:,} entries: Hugo watches")
            watching[total] = measure_hugo_watching(folder / "watch", entries, total)
        shutil.rmtree(folder)
    say(f"growth over {REWRITES // (10 if quick else 1):,} changes")
    scale = 10 if quick else 1
    growth = measure_growth(work, min(sizes), REWRITES // scale, WARM_UP // scale)
    return table(found, growth, builds, watching)


def measure_service(folder: Path, entries: Path, total: int, *, quick: bool) -> Living:
    """Measure the service at one size."""
    service = Service(folder, entries)
    living = Living()
    with with_living(entries):
        say(f"{total:,} entries: first index, restarts")
        measure_starts(service, total, 5, living)
        with service.start() as server:
            service.first_answer(server, titles(total))
            say(f"{total:,} entries: pages, rescans")
            measure_workers(server, service, total, living)
            measure_rescans(server, service, 5, living)
            say(f"{total:,} entries: changes")
            changes = (QUICK_CHANGES, QUICK_CHANGING) if quick else (CHANGES, CHANGING)
            living.changes.extend(measure_changes(service.port, ATOM, entries, total, changes))
    for row in _rows_of_largest(total, living, None):
        say(f"{row.what}: {row.measured}")
    say(f"{total:,} entries: {both(living.changes)}")
    return living


def main() -> None:
    """Read the command line, measure, print the table and write it down."""
    parser = argparse.ArgumentParser(description="Measure what a living folder costs.")
    parser.add_argument("--sizes", default="1000,100000", help="how many entries, with commas")
    parser.add_argument(
        "--quick", action="store_true", help="1000,5000, and less of all; only print"
    )
    parser.add_argument("--skip-hugo-large", action="store_true", help="no Hugo above 10,000")
    parser.add_argument("--note", default="", help="what else is to be known of the machine")
    options = parser.parse_args()
    sizes = [1000, 5000] if options.quick else [int(size) for size in options.sizes.split(",")]
    hugo = hugo_version()
    start = time.monotonic()
    with workplace() as folder:
        result = run(sizes, folder, quick=options.quick, skip_hugo_large=options.skip_hugo_large)
    text = f"{result}\n\n{machine(f'Hugo {hugo}', options.note)}"
    print(text)
    if not options.quick:
        write_part("living", text)
    say(f"done in {(time.monotonic() - start) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
