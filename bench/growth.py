"""What many changes leave behind in the memory and descriptors of a service."""

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import corpus
from bench.client import Client, one_each
from bench.common import Wrong, wait_until
from bench.processes import Server, descriptors, family, pss
from bench.service import (
    ATOM,
    FEED_SIZE,
    RSS,
    Service,
    members,
    page,
    read_everything,
    role,
    title,
    title_line,
    titles,
)

RATE, TOGETHER = 200, 100


@dataclass
class Growth:
    """Role, memory in bytes and descriptors of each process before and after many changes.

    `rate` is the number of changes per second.
    """

    changes: int
    rate: float
    before: dict[int, tuple[str, int, int]]
    after: dict[int, tuple[str, int, int]]


def measure_growth(folder: Path, total: int, rewrites: int, warm_up: int) -> Growth:
    """Rewrite entries while clients read; weigh all processes after a warm-up and at the end."""
    entries = folder / "growing"
    corpus.write(total, entries)
    service = Service(folder, entries)
    shutil.rmtree(service.instance, ignore_errors=True)
    now = {number: title(number, total) for number in range(total)}
    with service.start() as server:
        service.first_answer(server, titles(total))
        with _reading(service.port, total) as check:
            rewrite(service.port, entries, now, range(warm_up))
            before = _weigh(server, service.port, now)
            start = time.monotonic()
            rewrite(service.port, entries, now, range(warm_up, warm_up + rewrites))
            rate = rewrites / (time.monotonic() - start)
            check()
            after = _weigh(server, service.port, now)
    shutil.rmtree(entries)
    return Growth(rewrites, rate, before, after)


def rewrite(port: int, entries: Path, now: dict[int, str], turns: range) -> None:
    """Rewrite one entry after another, at most `RATE` a second, with a new title each time."""
    total = len(now)
    start = time.monotonic()
    # A connection of its own: granian closes those that are idle for half a minute.
    with Client(port) as client:
        for count, turn in enumerate(turns, 1):
            number = turn % total
            path, text = corpus.entry(number, total)
            now[number] = f"Правка {turn:06d} новости {number}"
            text = text.replace(title_line(text), f"title: {now[number]}", 1)
            (entries / path).write_text(text, encoding="utf-8")
            if count % TOGETHER == 0:
                # The service must be able to keep up.
                wait_until(partial(_shows, client, number, now[number]), 30)
            time.sleep(max(0, start + count / RATE - time.monotonic()))


def _shows(client: Client, number: int, expected: str) -> bool:
    return f">{expected}</h1>".encode() in client.get(page(f"{number:06d}"))


@contextmanager
def _reading(port: int, total: int) -> Iterator[Callable[[], None]]:
    """Read feeds and pages all the while; return a function that raises what went wrong."""
    over = threading.Event()
    faults: list[BaseException] = []
    most = FEED_SIZE + 1  # with that of the feed

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
    """Return role, memory and descriptors of all processes, with everything served and at rest."""
    time.sleep(1)  # by then every worker has noticed the last change
    # New connections, as in `rewrite`.
    with one_each(port, members(server, "worker")) as clients:
        for client in clients.values():
            read_everything(client, now, [now[len(now) - 1]])
        time.sleep(2)
        return {
            process.pid: (role(server, process), pss(process.pid), descriptors(process.pid))
            for process in family(server.pid)
        }
