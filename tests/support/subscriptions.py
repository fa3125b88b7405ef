"""The history of a site, as clients that are subscribed to it see it.

The clients subscribe, poll again while nothing has changed, and poll after an entry was
added, corrected and withdrawn, and after the site has moved.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bench.client import Client as Connection
from bench.client import one_each
from tests.support.faults import needs, press_item, served
from tests.support.feed_clients import ATOM, CLIENTS, JSON, RSS, YANDEX, Client, Item
from tests.support.newsroom import item
from tests.support.relay import Relay
from tests.support.service import Service
from tests.support.waiting import wait_for

OLD, NEW = "http://old.example", "https://new.example"
PRESS_ID, AGAIN_ID, ADDED_ID = "1204713", "1204714", "added"
PICTURES = {PRESS_ID: "1204713.jpg", AGAIN_ID: "fresh.jpg"}
FIRST_TEXT, SECOND_TEXT = "Проход закрыт до вторника.", "Проход закрыт до среды."
# The portals read the last in their own way.
FEEDS = (ATOM, RSS, JSON, YANDEX)
PAIRS = [(kind, feed) for kind in CLIENTS for feed in kind.feeds]
Pair = tuple[type[Client], str]


@dataclass
class Subscription:
    """A client, and what it had stored and what statuses it got at each stage."""

    client: Client
    relay: Relay
    stored: dict[str, dict[str, Item]] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    fault: BaseException | None = None

    def poll(self, stage: str) -> None:
        """Have the client poll, unless it has failed before, and record the result."""
        if self.fault is not None:
            return
        self.relay.answers.clear()
        try:
            needs(*self.client.tools, root=False)
            self.client.poll()
            self.stored[stage] = self.client.items()
        except (Exception, pytest.fail.Exception) as fault:  # noqa: BLE001 - `at` raises it
            self.fault = fault
        self.statuses[stage] = list(self.relay.answers)

    def at(self, stage: str) -> dict[str, Item]:
        """Return what the client had stored at a stage; raise what made it fail before."""
        if stage not in self.stored:
            assert self.fault is not None
            raise self.fault
        return self.stored[stage]

    def entries(self, stage: str) -> dict[str, Item]:
        """Return the same by the entries' own ids, which end their links."""
        stored = self.at(stage).values()
        return {entry.link.rpartition("/")[2].removesuffix(".html"): entry for entry in stored}


History = dict[Pair, Subscription]


def ago(**duration: float) -> str:
    """Return a moment in the past as entries state it; takes the arguments of `timedelta`."""
    return (datetime.now(ZoneInfo("Europe/Moscow")) - timedelta(**duration)).isoformat()


def fill(entries: Path) -> None:
    """Write the press release, and again with yesterday's date for the portals, with pictures."""
    (entries / "1204713.txt").write_bytes(press_item())
    yesterday = datetime.now(ZoneInfo("Europe/Moscow")) - timedelta(days=1)
    fresh = press_item().decode().replace("13.08.2014", f"{yesterday:%d.%m.%Y}")
    (entries / "fresh.txt").write_text(fresh.replace("1204713.html", "1204714.html"))
    for name in PICTURES.values():
        Image.new("RGB", (640, 480), "green").save(entries / name)


def wait_for_all_workers(service: Service, condition: Callable[[str], bool]) -> None:
    """Wait until every worker answers with feeds that meet a condition."""
    with one_each(service.port, sorted(service.workers())) as connections:
        for connection in connections.values():
            for feed in FEEDS:
                wait_for(partial(_meets, connection, feed, condition))


def _meets(connection: Connection, feed: str, condition: Callable[[str], bool]) -> bool:
    return condition(connection.ask(feed)[1].decode())


@contextmanager
def subscribed(folder: Path) -> Iterator[History]:
    """Subscribe every client to all its feeds, each through a relay."""
    history: History = {}
    try:
        for kind, feed in PAIRS:
            home = folder / kind.name / Path(feed).name
            home.mkdir(parents=True)
            relay = Relay()
            history[kind, feed] = Subscription(kind(home, relay.url + feed), relay)
        yield history
    finally:
        for subscription in history.values():
            subscription.relay.close()


def play(site: Path, history: History) -> None:
    """Serve a site, change its entries, move it; have all clients poll at every stage."""
    (site / "entries").mkdir()
    fill(site / "entries")
    with ThreadPoolExecutor(4) as pool:

        def poll(stage: str) -> None:
            list(pool.map(lambda subscription: subscription.poll(stage), history.values()))

        with served(site, "env", f"FEEDSVC_BASE_URL={OLD}") as service:
            _connect(history, service)
            wait_for_all_workers(service, lambda text: "fresh.jpg" in text)
            poll("subscribed")
            # Twice: newsboat stores a validator only from its second poll on.
            poll("unchanged")
            poll("unchanged")
            for stage in _change(site / "entries" / f"{ADDED_ID}.md", service):
                poll(stage)
        with served(site, "env", f"FEEDSVC_BASE_URL={NEW}") as service:
            _connect(history, service)
            wait_for_all_workers(service, lambda text: NEW in text and OLD not in text)
            poll("moved")


def _connect(history: History, service: Service) -> None:
    for subscription in history.values():
        subscription.relay.port = service.port


def _change(file: Path, service: Service) -> Iterator[str]:
    """Add an entry, correct it, withdraw it; yield each stage when it is published."""
    added = partial(item, "Ремонт подземного перехода", ago(hours=5))
    file.write_bytes(added(FIRST_TEXT))
    wait_for_all_workers(service, lambda text: FIRST_TEXT in text)
    yield "added"
    file.write_bytes(added(SECOND_TEXT, updated=ago(hours=3), correction="день"))
    wait_for_all_workers(service, lambda text: SECOND_TEXT in text)
    yield "corrected"
    keys = {"updated": ago(hours=2), "status": "withdrawn", "reason": "перенесено"}
    file.write_bytes(added(SECOND_TEXT, **keys))
    wait_for_all_workers(service, lambda text: SECOND_TEXT not in text)
    yield "withdrawn"
