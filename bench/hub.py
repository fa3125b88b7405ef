"""How long until all subscribers of a feed have a new text, from the moment its file is closed.

    python -m bench.hub [--quick]

Subscribers are in a process of their own, each at a host of its own. Beside it: the same number
told by flask-websub, a hub in Python, with its own functions in 50 threads; and what readers have
that nobody tells, a poll within the time the feed asks for.
"""

import argparse
import base64
import os
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from bench import corpus
from bench.client import Client
from bench.common import HOST, say, wait_until
from bench.processes import Server, cpu, free_port, workplace
from bench.results import machine, percentile, seconds, write_part
from bench.service import ATOM
from feedsvc.feeds.feedgen_fixes import TTL
from feedsvc.hub.protocol import callback_host
from feedsvc.hub.store import Store

SUBSCRIBERS = 10_000
SIZE = 1000
ROUNDS = 3


class Told(NamedTuple):
    """How long it took until so many part of the subscribers were told, and what it cost."""

    first: float
    half: float
    almost: float
    all: float
    processor: float
    again: int


class Site:
    """The service, its hub, and the subscribers."""

    def __init__(self, folder: Path) -> None:
        self.entries, self.store = folder / "entries", folder / "instance" / "hub.sqlite3"
        self.folder = folder
        self.serving, self.hub_port, self.subscribers = free_port(), free_port(), free_port()
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("FEEDSVC_")
        } | {
            "FEEDSVC_ENTRIES": str(self.entries),
            "FEEDSVC_INSTANCE": str(folder / "instance"),
            "FEEDSVC_SERVE__PORT": str(self.serving),
            "FEEDSVC_HUB__URL": f"http://{HOST}:{self.hub_port}/",
            "FEEDSVC_HUB__PORT": str(self.hub_port),
            "FEEDSVC_HUB__RATE": "100000",
            "FEEDSVC_HUB__PER_HOST": "100000",
            "FEEDSVC_OUTGOING__PRIVATE": "127.0.0.0/8",
        }

    @property
    def topic(self) -> str:
        """Return the address of the feed."""
        return f"http://{HOST}:{self.serving}{ATOM}"

    def start(self) -> None:
        """Start the subscribers and the service."""
        self._run("bench.subscribers", str(self.subscribers))
        self._run("feedsvc", "serve", "--port", str(self.serving))
        with Client(self.serving) as client:
            wait_until(lambda: client.answers(ATOM) is not None, 600, 0.05)

    def start_hub(self, content: str) -> None:
        """Start the hub, which delivers the whole feed or what is new."""
        self._environment["FEEDSVC_HUB__CONTENT"] = content
        self.hub = self._run("feedsvc", "hub")
        with Client(self.hub_port) as client:
            wait_until(lambda: client.answers("/") is not None, 60, 0.05)

    def _run(self, module: str, *words: str) -> Server:
        log = self.folder / f"{module}-{'-'.join(words)}.log"
        return Server([sys.executable, "-m", module, *words], log, self._environment)

    def subscribe(self, count: int) -> None:
        """Have so many subscriptions in the store of the hub, as if each had been verified."""
        Store(self.folder / "instance").close()
        expires, rows = time.time() + 864_000, []
        for number in range(count):
            callback, secret = self.callback(number), f"secret-{number}".encode()
            rows.append((self.topic, callback, callback_host(callback), secret, expires))
        with closing(sqlite3.connect(self.store)) as connection, connection:
            connection.executemany(
                "INSERT INTO subscription (topic, callback, host, secret, expires, told,"
                " has_content, failures, due) VALUES (?, ?, ?, ?, ?, '', 0, 0, 0)",
                rows,
            )

    def callback(self, number: int) -> str:
        """Return the callback of a subscriber."""
        return f"http://127.1.{number // 250}.{number % 250 + 1}:{self.subscribers}/{number}"

    def told(self, word: str) -> tuple[int, int, list[float]]:
        """Return how many were told of a text, how many twice, and when."""
        with Client(self.subscribers) as client:
            count, again, *moments = client.get(f"/told?word={word}").split()
        return int(count), int(again), [float(each) for each in moments]

    def publish(self, word: str, count: int) -> Told:
        """Publish a text; wait until all have been told."""
        path = self.entries / f"{word}.md"
        before = cpu(self.hub.pid)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        path.write_text(f"---\ntitle: Title of {word}\ndate: {now}\n---\n\nText.\n")
        closed = time.monotonic()
        wait_until(lambda: self.told(word)[0] >= count, 120, 0.25)
        processor = cpu(self.hub.pid) - before
        time.sleep(2)
        _, again, moments = self.told(word)
        waited = [each - closed for each in moments]
        return Told(
            waited[0],
            percentile(waited, 0.5),
            percentile(waited, 0.99),
            waited[-1],
            processor,
            again,
        )


def peer(site: Site, count: int) -> float:
    """Have the subscribers told by flask-websub; return how many seconds that took."""
    from flask_websub.hub import tasks  # noqa: PLC0415 - only whoever measures has it

    with Client(site.serving) as client:
        body = client.get(ATOM)
    hub = SimpleNamespace(config={"REQUEST_TIMEOUT": 10, "SIGNATURE_ALGORITHM": "sha256"})
    with ThreadPoolExecutor(50) as pool:

        def delay(*words: Any) -> None:  # noqa: ANN401 - as celery takes them
            pool.submit(tasks.make_request_retrying, hub, None, *words)

        hub.make_request_retrying = SimpleNamespace(delay=delay)
        callbacks = [(site.callback(each), f"secret-{each}") for each in range(count)]
        hub.storage = SimpleNamespace(get_callbacks=lambda _: callbacks)
        links = f'<{site.topic}>; rel="self", <http://{HOST}/>; rel="hub"'
        start = time.perf_counter()
        content = {
            "content": base64.b64encode(body).decode(),
            "headers": {"Content-Type": "application/xml", "Link": links},
        }
        tasks.send_change_notification(hub, site.topic, content)
    return time.perf_counter() - start


def measure(site: Site, content: str, count: int) -> list[Told]:
    """Return what each round took."""
    rounds = []
    for number in range(ROUNDS):
        rounds.append(site.publish(f"{content}{number}", count))
        say(f"{content}: {rounds[-1]}")
    return rounds


def _row(name: str, rounds: list[Told]) -> str:
    told = sorted(rounds, key=lambda each: each.all)[len(rounds) // 2]
    times = (seconds(each) for each in told[:4])
    worst = seconds(max(each.all for each in rounds))
    again = sum(each.again for each in rounds)
    return f"| {name} | {' | '.join(times)} | {worst} | {seconds(told.processor)} | {again} |"


def main() -> None:
    """Measure, and write the figures into the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth; only print")
    count = SUBSCRIBERS // 10 if (quick := parser.parse_args().quick) else SUBSCRIBERS
    rows = []
    with workplace() as folder:
        corpus.write(SIZE, folder / "entries")
        site = Site(folder)
        site.start()
        site.subscribe(count)
        site.start_hub("full")
        # They are told once what is there.
        site.publish("before", count)
        rows.append(_row("`feedsvc hub`, the whole feed", measure(site, "full", count)))
        site.hub.end()
        site.start_hub("new")
        rows.append(_row("`feedsvc hub`, what is new", measure(site, "new", count)))
        with Client(site.serving) as client:
            size = len(client.get(ATOM))
        say("the peer")
        other = peer(site, count)
    rows.append(f"| flask-websub, 50 threads, the whole feed | | | | {seconds(other)} | | | |")
    rows.append(f"| nobody tells: a poll every {TTL} min | | {TTL / 2:g} min | | {TTL} min | | | |")
    table = (
        "| how | the first | half | 99 in 100 | all | all, the worst time | processor | twice |"
        "\n|---|---|---|---|---|---|---|---|\n" + "\n".join(rows)
    )
    rounds_of = f"{count} subscribers, each at a host of its own and with a secret; the median of"
    notes = (f"{rounds_of} {ROUNDS} rounds; {SIZE} entries, a feed of {size / 1000:.0f} kB",)
    text = f"{table}\n\n{machine(*notes)}"
    if quick:
        print(text)
    else:
        write_part("hub", text)


if __name__ == "__main__":
    main()
