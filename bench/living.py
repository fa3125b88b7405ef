"""What a living folder costs: news that arrives, starts, restarts, scans, growth.

    python -m bench.living [--sizes 1000,100000] [--quick] [--skip-hugo-large]

Real processes, real HTTP on loopback, every response checked. Hugo does the same
with the same files. The table goes into docs/benchmarks.md.
"""

import argparse
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from bench import corpus
from bench.changes import measure_changes, with_living
from bench.client import Client, one_each
from bench.common import MEGABYTE, Wrong, say, wait_until
from bench.growth import measure_growth
from bench.hugo import FEED, Build, Site, hugo_version
from bench.living_table import Living, rows_of_size, table
from bench.processes import Peak, Server, busy, cpu, pss, rss, workplace
from bench.results import distribution, machine, write_part
from bench.service import (
    ATOM,
    Service,
    caught_up,
    members,
    page,
    read_everything,
    role,
    title,
    titles,
)
from feedsvc.sync.request import RESCAN

# The least number of changes, and the least seconds: two of the rescans, one a minute.
CHANGES, CHANGING = 200, 125.0
QUICK_CHANGES, QUICK_CHANGING = 40, 8.0
# In seconds: for how long idle processes are measured, and for how long nothing happened before:
# two scans.
IDLE, IDLE_AFTER = 75.0, 130.0
PAGES = 1000
REWRITES, WARM_UP = 10_000, 2_000
HUGO_CHANGES, HUGO_WATCHES, HUGO_LIMIT = 5, (1_000, 10_000), 200.0


def measure_starts(service: Service, total: int, restarts: int, living: Living) -> None:
    """Measure the first index with its memory, then restarts."""
    shutil.rmtree(service.instance, ignore_errors=True)
    expected = titles(total)
    with service.start() as server:
        with Peak(server.pid) as peak:
            living.first_index = service.first_answer(server, expected)
            living.first_cpu = cpu(server.pid)
        living.first_memory = peak.total
        living.first_parts = parts_text(server, peak)
    for _ in range(restarts):
        with service.start() as server:
            living.restarts.append(service.first_answer(server, expected))


def parts_text(server: Server, peak: Peak) -> str:
    """Return the memory of each process at the peak, by role, in megabytes."""
    parts: dict[str, list[int]] = {}
    for process, size in peak.parts:
        parts.setdefault(role(server, process), []).append(size)
    return ", ".join(
        f"{name} {' + '.join(f'{size / MEGABYTE:.0f}' for size in sorted(sizes))}"
        for name, sizes in sorted(parts.items())
    )


def measure_workers(server: Server, service: Service, total: int, living: Living) -> None:
    """Request both feeds and 1,000 pages of every worker; record the memory it has then."""
    living.pages = min(PAGES, total)
    numbers = random.Random(1).sample(range(total), living.pages)
    shown = {number: title(number, total) for number in numbers}
    with one_each(service.port, members(server, "worker")) as clients:
        for client in clients.values():
            read_everything(client, shown, titles(total)[:1])
        living.workers = [(rss(pid), pss(pid)) for pid in clients]


def measure_rescans(server: Server, service: Service, times: int, living: Living) -> None:
    """Measure the processor time of scans that find nothing new."""
    (writer,) = members(server, "writer")
    request = service.instance / RESCAN
    for _ in range(times):
        before = cpu(writer)
        request.touch()
        wait_until(lambda: not request.exists(), 60)
        living.rescans.append(cpu(writer) - before)


def measure_idle(server: Server, service: Service, living: Living) -> None:
    """Measure the processor time of all processes while nobody asks and nothing changes.

    Before that the words are indexed, and a scan finds nothing that the kernel did not report.
    """
    wait_until(lambda: caught_up(service.instance), 3600, 1)
    time.sleep(IDLE_AFTER)
    before, begun = busy(server.pid), time.perf_counter()
    time.sleep(IDLE)
    living.idle = (busy(server.pid) - before) / (time.perf_counter() - begun)


def measure_hugo_watching(folder: Path, entries: Path, total: int) -> list[float]:
    """Measure Hugo's watching server as the service is measured; return seconds."""
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
    """Measure a build of everything by Hugo."""
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


def run(sizes: Sequence[int], work: Path, *, quick: bool, skip_hugo_large: bool) -> str:
    """Measure everything; return the table."""
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
            if not quick:
                say(f"{total:,} entries: idle")
                measure_idle(server, service, living)
    for row in rows_of_size(total, living, None):
        say(f"{row.what}: {row.measured}")
    say(f"{total:,} entries: {distribution(living.changes)}")
    return living


def main() -> None:
    """Measure, print the table and write it into the document."""
    parser = argparse.ArgumentParser(description="Measure what a living folder costs.")
    parser.add_argument("--sizes", default="1000,100000", help="how many entries, with commas")
    parser.add_argument(
        "--quick", action="store_true", help="1000,5000, and less of all; only print"
    )
    parser.add_argument("--skip-hugo-large", action="store_true", help="no Hugo above 10,000")
    parser.add_argument("--note", default="", help="what else to state about the machine")
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
