"""What tests of the outbox share: settings with receivers, what these are told, and the queue."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

from feedsvc import clock
from feedsvc.outbox.collecting import Collector
from feedsvc.outbox.receivers import Receiver, receivers
from feedsvc.outbox.state import FILE
from feedsvc.outbox.store import Store
from feedsvc.setting_tables import Hub, IndexNow, Outgoing
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from tests.support.purged import Purged, Told, purged

KEY = "0123456789abcdef"
LOOPBACK = Outgoing(private=("127.0.0.0/8",))


def with_outbox(settings: Settings, *endpoints: str, hub: str = "") -> Settings:
    """Return settings that have search engines and a hub told, on this machine."""
    indexnow = IndexNow(key=KEY if endpoints else "", endpoints=endpoints)
    return replace(settings, indexnow=indexnow, hub=Hub(url=hub), outgoing=LOOPBACK)


def pages(told: Told) -> list[str]:
    """Return the addresses that a request to a search engine names."""
    found: list[str] = json.loads(told.body)["urlList"]
    return found


def topics(told: Told) -> list[str]:
    """Return the feeds that a request to a hub names."""
    return parse_qs(told.body.decode())["hub.url"]


def is_learned(instance: Path) -> bool:
    """Return whether the outbox knows what was public before it was set up."""
    try:
        with closing(sqlite3.connect(f"file:{instance / FILE}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("SELECT NOT is_first FROM state").fetchone()[0])
    except sqlite3.OperationalError:
        return False


class Queue:
    """The queue that a newsroom fills."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.receivers: list[Receiver] = receivers(settings)
        self.store = Store(settings.instance)
        self.store.begin({each.name: each.secret for each in self.receivers}, clock.now())
        self._catalogue = Catalogue(settings.instance)
        self._collector = Collector(self._catalogue, self.store, self.receivers)

    def collect(self) -> None:
        while self._collector.step():
            pass

    def restart(self) -> None:
        """Have another process go on, with another catalogue if there is one."""
        self.store.close()
        self.__init__(self.settings)  # type: ignore[misc]

    def items(self, index: int = 0) -> list[str]:
        """Return the paths that a receiver is still to be told of."""
        rows = self.store._connection.execute(  # noqa: SLF001 - to look, not to touch
            "SELECT address FROM item WHERE receiver = ? ORDER BY address",
            (self.receivers[index].name,),
        )
        return [address.removeprefix(self.settings.site) for (address,) in rows]

    def clear(self) -> None:
        self.store._connection.execute("DELETE FROM item")  # noqa: SLF001 - as if told


@contextmanager
def queue(settings: Settings) -> Iterator[Queue]:
    """Open the queue."""
    found = Queue(settings)
    try:
        yield found
    finally:
        found.store.close()


__all__ = ["KEY", "LOOPBACK", "Purged", "Queue", "is_learned", "pages", "purged", "queue", "topics"]
