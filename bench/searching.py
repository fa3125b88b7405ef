"""What searching costs: responses over HTTP, the index behind them, a poll beside searches.

    python -m bench.searching [--quick]

The corpus has natural words, from some in every text to some in a few. Each query is used
once, so nothing is answered from a cache. The peer is SQLite without a full-text index: a
scan with LIKE over the same texts, already in memory, without HTTP.
"""

import argparse
import itertools
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from bench import corpus
from bench.changes import LIVING, measure_changes
from bench.client import Client, one_each
from bench.common import Wrong, say, wait_until
from bench.processes import Peak, Server, family, pss, workplace
from bench.results import distribution, machine, megabytes, percentile, seconds, write_part
from bench.service import ATOM, Service, caught_up, members
from feedsvc.edition import Edition
from feedsvc.search.stemming import stem
from feedsvc.storage.catalogue import Catalogue
from feedsvc.text import plain

SIZES = (10, 1_000, 100_000)
ASKED = 200
SEARCHERS = 4
# Ranks of words in the corpus: in every text, in every third to 60th, in a few.
EVERYWHERE, COMMON, RARE = (0, 20), (100, 1500), (20_000, 60_000)
Fields = dict[str, str]


@dataclass
class Searching:
    """What was measured at one size: times in seconds, queries and polls in ms, sizes in bytes."""

    built: float = 0
    size: int = 0
    memory: int = 0
    most_memory: int = 0
    changes_meanwhile: list[float] = field(default_factory=list)
    changes_after: list[float] = field(default_factory=list)
    asked: dict[str, list[float]] = field(default_factory=dict)
    peer: dict[str, list[float]] = field(default_factory=dict)
    polls: list[float] = field(default_factory=list)
    searches: int = 0


def kinds() -> dict[str, Iterator[Fields]]:
    """Return the kinds of queries, each endless, without repetition."""
    words = corpus.vocabulary()[0]
    turn = itertools.count()

    def each(
        ranks: tuple[int, int], more: int = 1, fields: Fields | None = None
    ) -> Iterator[Fields]:
        first, last = ranks
        for number in itertools.count(1):
            # Increments that are prime to all of these lengths.
            chosen = [
                words[first + (number * 7919 + at * 6007) % (last - first)] for at in range(more)
            ]
            text = " ".join(chosen)
            # Another spelling is another query to a cache.
            spaces, stops = divmod(next(turn), 50)
            yield {"q": text + " " * (spaces % 60) + "." * stops, **(fields or {})}

    narrowed = {"category": "sport", "from": "2015-01-01", "to": "2018-12-31"}
    return {
        "a word in a few texts": each(RARE),
        "a word in some": each(COMMON),
        "a word in all": each(EVERYWHERE),
        "two words in some": each(COMMON, 2),
        "two words in all": each(EVERYWHERE, 2),
        "four words in some": each(COMMON, 4),
        "a phrase of words in all": (
            {**asked, "q": f"«{asked['q'].strip(' .')}»{' ' * (next(turn) % 190)}"}
            for asked in each(EVERYWHERE, 2)
        ),
        "a word in some, of a category and four years": each(COMMON, fields=narrowed),
    }


def path_of(fields: Fields) -> str:
    """Return the path of a search."""
    return f"/search?{urlencode(fields)}"


def ask(client: Client, fields: Fields) -> float:
    """Search once; return the milliseconds."""
    path = path_of(fields)
    start = time.perf_counter()
    body = client.get(path)
    took = 1000 * (time.perf_counter() - start)
    if b'<form class="search"' not in body:
        raise Wrong(f"{path}: no page of a search")
    return took


def measure_index(server: Server, service: Service, total: int, *, quick: bool) -> Searching:
    """Measure building the index, and changes meanwhile and after."""
    found = Searching()
    least = (20, 3.0) if quick else (100, 40.0)
    with Client(service.port) as client:
        wait_until(lambda: client.answers(ATOM) is not None, 600, 0.05)
    start = time.perf_counter()
    with Peak(server.pid) as peak:
        if total > max(SIZES[:-1]):
            changes = measure_changes(service.port, ATOM, service.entries, total, least)
            found.changes_meanwhile.extend(changes)
            if caught_up(service.instance):
                raise Wrong("the index was complete before the changes")
        say(f"{total:,} entries: the index")
        found.built = wait_until(lambda: caught_up(service.instance), 3600, 0.05) - start
    found.most_memory = peak.total
    if total > max(SIZES[:-1]):
        _clear(service)
        changes = measure_changes(service.port, ATOM, service.entries, total + 1, least)
        found.changes_after.extend(changes)
    # By then its last segments are merged.
    time.sleep(2)
    found.size = sum(
        path.stat().st_size for path in service.instance.glob("search.sqlite3*") if path.exists()
    )
    return found


def _clear(service: Service) -> None:
    """Remove the new entries, so that they can be added again."""
    shutil.rmtree(service.entries / LIVING)
    (service.entries / LIVING).mkdir()
    with Client(service.port) as client:
        wait_until(lambda: "Свежая новость" not in client.get(ATOM).decode(), 120, 0.05)


def measure_questions(service: Service, server: Server, found: Searching, asked: int) -> None:
    """Search with every kind of query, one after another, from each worker in turn."""
    _read_databases(service)
    workers = members(server, "worker")
    with one_each(service.port, workers) as clients:
        turns = itertools.cycle(clients.values())
        for name, questions in kinds().items():
            for client in clients.values():
                ask(client, next(questions))
            found.asked[name] = [
                ask(next(turns), fields) for fields in itertools.islice(questions, asked)
            ]
    found.memory = sum(pss(process.pid) for process in family(server.pid))


def _read_databases(service: Service) -> None:
    """Have both databases in the page cache, as on a machine that has been serving for a while."""
    for path in service.instance.glob("*.sqlite3"):
        with path.open("rb") as file:
            while file.read(1 << 20):
                pass


def measure_polls(service: Service, found: Searching, length: float) -> None:
    """Poll, on a new connection each time, while four clients search continuously."""
    over = time.perf_counter() + length
    with Client(service.port) as client:
        known = client.ask(ATOM)[2]["etag"]
    made: list[float] = []

    def search(number: int) -> None:
        questions = itertools.islice(
            itertools.chain.from_iterable(zip(*kinds().values(), strict=True)), number, None, 4
        )
        with Client(service.port) as client:
            while time.perf_counter() < over:
                made.append(ask(client, next(questions)))

    searchers = [threading.Thread(target=search, args=(number,)) for number in range(SEARCHERS)]
    for searcher in searchers:
        searcher.start()
    while time.perf_counter() < over:
        start = time.perf_counter()
        with Client(service.port) as client:
            if client.ask(ATOM, If_None_Match=known)[0] != 304:
                raise Wrong("another feed")
        found.polls.append(1000 * (time.perf_counter() - start))
        time.sleep(0.002)
    for searcher in searchers:
        searcher.join()
    found.searches = len(made)


def measure_peer(service: Service, found: Searching, asked: int) -> None:
    """Find the newest ten with LIKE, as without an index; the words are stems."""
    with closing(sqlite3.connect(":memory:")) as peer:
        peer.execute("CREATE TABLE entry (published INTEGER, title TEXT, text TEXT)")
        with Catalogue(service.instance).snapshot() as snapshot:
            edition = Edition(snapshot, time.time_ns() // 1000)
            for month, _ in edition.months():
                rows = (
                    (entry.published.timestamp(), entry.title, plain(entry.html).lower())
                    for entry in edition.for_month(month)
                )
                peer.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
        peer.execute("CREATE INDEX newest ON entry (published)")
        for name, questions in kinds().items():
            if "phrase" in name or "category" in name:
                continue
            found.peer[name] = []
            for fields in itertools.islice(questions, asked):
                patterns = [f"%{stem(word)}%" for word in fields["q"].strip(" .").split()]
                start = time.perf_counter()
                peer.execute(
                    f"SELECT title FROM entry WHERE {' AND '.join(['text LIKE ?'] * len(patterns))}"
                    " ORDER BY published DESC LIMIT 10",
                    patterns,
                ).fetchall()
                found.peer[name].append(1000 * (time.perf_counter() - start))


# The table


def times(values: Sequence[float]) -> str:
    """Format the median and the tail of milliseconds."""
    return f"{median(values):.1f} / {percentile(values, 0.99):.1f}" if values else "–"


def table(found: dict[int, Searching]) -> str:
    """Return the results in Markdown, side by side."""
    largest = found[max(found)]
    sizes = " | ".join(f"{total:,}" for total in found)
    lines = [
        f"| median / 99th percentile, ms | {sizes} | LIKE at {max(found):,} |",
        f"|---|{'---|' * (len(found) + 1)}",
    ]
    for name in largest.asked:
        cells = [times(each.asked[name]) for each in found.values()]
        lines.append(f"| {name} | {' | '.join(cells)} | {times(largest.peer.get(name, []))} |")
    for name, texts in {
        "a poll beside four who search": [times(each.polls) for each in found.values()],
        "index made in": [seconds(each.built) for each in found.values()],
        "index on disk": [megabytes(each.size) for each in found.values()],
        "memory of all processes, after all this": [
            megabytes(each.memory) for each in found.values()
        ],
        "the most while the index was made": [
            megabytes(each.most_memory) for each in found.values()
        ],
    }.items():
        lines.append(f"| {name} | {' | '.join(texts)} | – |")
    notes = []
    if largest.changes_meanwhile:
        what = "File closed, to the feed showing it"
        meanwhile, after = (
            distribution(largest.changes_meanwhile),
            distribution(largest.changes_after),
        )
        notes = [
            f"- {what}, with the index of {max(found):,} in the making: {meanwhile}.",
            f"- The same once it is made: {after}.",
        ]
    return "\n".join((*lines, "", *notes))


def measure(folder: Path, total: int, *, quick: bool) -> Searching:
    """Measure everything at one size."""
    entries = folder / "entries"
    say(f"{total:,} entries: writing them")
    corpus.write(total, entries, natural=True)
    (entries / LIVING).mkdir()
    service = Service(folder, entries)
    asked = 20 if quick else ASKED
    with service.start() as server:
        found = measure_index(server, service, total, quick=quick)
        wait_until(lambda: len(members(server, "worker")) > 0, 20)
        say(f"{total:,} entries: questions")
        measure_questions(service, server, found, asked)
        measure_polls(service, found, 2.0 if quick else 8.0)
    if total == max(SIZES):
        say(f"{total:,} entries: LIKE")
        measure_peer(service, found, 3 if quick else 20)
    return found


def main() -> None:
    """Measure, print the table and write it into the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of all; only prints")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="with commas")
    options = parser.parse_args()
    found: dict[int, Searching] = {}
    with workplace() as folder:
        for total in map(int, options.sizes.split(",")):
            place = folder / str(total)
            place.mkdir()
            found[total] = measure(place, total, quick=options.quick)
    text = f"{table(found)}\n{machine()}"
    print(text)
    if not options.quick:
        write_part("searching", text)


if __name__ == "__main__":
    main()
