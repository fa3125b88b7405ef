"""How long it takes from a file that is closed to the feed that shows it."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bench import corpus
from bench.client import Client
from bench.common import Wrong, wait_until
from bench.service import ATOM, check_feed, page, title_line

LIVING = "living"
# Newer than all of the corpus, older than now.
_NEWEST = datetime(2026, 1, 1, tzinfo=UTC)


def measure_changes(
    port: int, feed: str, entries: Path, total: int, least: tuple[int, float]
) -> Iterator[float]:
    """Add new entries one by one; yield the seconds until the feed shows each.

    `least` is the number of entries and the seconds that it goes on for at least.
    """
    chance = random.Random(2)
    end = time.monotonic() + least[1]
    number = 0
    while number < least[0] or time.monotonic() < end:
        number += 1
        name = f"n{number:05d}"
        new, text = _new_entry(number, total)
        # A connection for each change, so that all workers are asked in turn.
        with Client(port) as client:
            shown = _poll(client, feed, new)
            _poll_for_a_while(shown, new, chance)
            file = (entries / LIVING / f"{name}.md").open("w", encoding="utf-8")
            file.write(text)
            start = time.perf_counter()
            file.close()
            yield wait_until(shown, 60) - start
            if feed == ATOM:
                check_feed(client.get(ATOM), [new])
            else:
                # Hugo writes one file after another.
                wait_until(partial(_is_there, client, page(name)), 60)
            if f">{new}</h1>" not in client.get(page(name)).decode():
                raise Wrong(f"the page of {name} does not show {new!r}")


def _new_entry(number: int, total: int) -> tuple[str, str]:
    """Return the title and the text of an entry that is newer than all before."""
    title = f"Свежая новость номер {number} из {total}"
    text = corpus.entry(total + number, total + number)[1]
    text = text.replace(title_line(text), f"title: {title}", 1)
    date = f"date: {(_NEWEST + timedelta(seconds=number)).isoformat()}"
    return title, text.replace(text.split("\n", 3)[2], date, 1)


def _poll_for_a_while(shown: Callable[[], bool], new: str, chance: random.Random) -> None:
    """Poll all the while before a change.

    A worker checks for news only so often; a first poll just before the change would
    synchronize its checks with this measurement.
    """
    end = time.perf_counter() + chance.uniform(0.05, 0.3)
    while time.perf_counter() < end:
        if shown():
            raise Wrong(f"{new!r} is shown before it was written")
        time.sleep(0.002)


def _is_there(client: Client, path: str) -> bool:
    return client.answers(path) is not None


def _poll(client: Client, feed: str, new: str) -> Callable[[], bool]:
    """Return a function that polls as a reader that has the feed, and whether it shows `new`."""
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
    """Make a folder for new entries; remove it with all of them at the end."""
    (entries / LIVING).mkdir()
    try:
        yield
    finally:
        shutil.rmtree(entries / LIVING)
