"""A filled service whose folders are harmed, and what its readers must see meanwhile."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from feedsvc.sync.request import RESCAN
from tests.support.faults import (
    PRESS,
    PRESS_TITLE,
    Reader,
    done,
    have_all_rendered,
    mountable,
    press_item,
    served,
)
from tests.support.newsroom import item
from tests.support.service import FEEDS, QUICK, Service, page
from tests.support.waiting import wait_for

# As root, but bound by the rights of files: wherever the interpreter lies, it can be run.
BOUND = (
    *QUICK,
    # The same bytes at whatever port the service got.
    "FEEDSVC_BASE_URL=https://news.example",
    *("setpriv", "--bounding-set", "-dac_override,-dac_read_search"),
)
COUNT = 25
# In seconds, longer than a file needs to settle in such a service, and than any of its pauses.
PAUSE = 0.9
# Harms a folder; yields while the harm lasts, and ends when all is well again.
Mishap = Callable[[Path], Iterator[None]]


def fill(entries: Path, count: int = COUNT) -> None:
    """Write entries as if they had been there for years."""
    for number in range(count):
        path = entries / ("deep" if number % 5 == 0 else ".") / f"n{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(item(f"Новость-{number}-", date=f"2026-01-{number % 27 + 1:02}"))
    (entries / "1204713.txt").write_bytes(press_item())
    (entries / "zz.md").write_bytes(item("Отозвано", date="2026-01-01", status="withdrawn"))
    for path in (entries, *entries.rglob("*")):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def expected(count: int = COUNT) -> dict[str, set[str]]:
    """Return which texts must be in the answer of each path."""
    titles = {f"Новость-{number}-" for number in range(count)} | {PRESS_TITLE}
    return {
        **dict.fromkeys(FEEDS, titles),
        "/": {"Новость-1-"},
        page("n1"): {"Новость-1-"},
        page("n0"): {"Новость-0-"},
        PRESS: {PRESS_TITLE},
        page("zz"): set(),
    }


def small_disk(folder: Path) -> None:
    """Mount a disk of 1 MiB as instance/."""
    done("mount", "-t", "tmpfs", "-o", "size=1m", "none", folder / "instance")


class House:
    """A service that many mishaps are tried on; one in which a test failed is not used again."""

    def __init__(self, count: int = COUNT, prepare: Callable[[Path], None] | None = None) -> None:
        self._count = count
        self._prepare = prepare
        self._open = ExitStack()
        self._service: Service | None = None

    def close(self) -> None:
        self._service = None
        self._open.close()

    @contextmanager
    def _in_order(self) -> Iterator[Service]:
        try:
            if self._service is None:
                folder = self._open.enter_context(mountable())
                fill(folder / "entries", self._count)
                if self._prepare is not None:
                    self._prepare(folder)
                self._service = self._open.enter_context(served(folder, *BOUND))
            yield self._service
        except BaseException:
            self.close()
            raise

    def harm(self, mishap: Mishap, pause: Callable[[Service], None], *statuses: int) -> None:
        """Let a mishap come and go while a reader reads; the news must go on afterwards.

        After each step `pause` waits until the service has had the time to react. A page
        that is withdrawn may also answer with one of `statuses`.
        """
        texts = expected(self._count)
        with self._in_order() as service:
            restore_news(service)
            wait_for(lambda: all(service.shows(title) for title in texts[FEEDS[0]]))
            have_all_rendered(service, texts)
            with Reader(service, texts) as reader:
                reader.right[page("zz")] = {410, *statuses}
                reader.read_on()
                for number, _ in enumerate(mishap(service.entries.parent)):
                    pause(service)
                    reader.read_on()
                    assert reader.faults == [], f"step {number}"
                publish_news(service)
            assert reader.faults == []
            assert "Traceback" not in (service.entries.parent / "log").read_text()


def publish_news(service: Service) -> None:
    """Publish a new entry and change an old one."""
    (service.entries / "fresh.md").write_bytes(item("Свежая новость", date="2026-02-01"))
    wait_for(lambda: service.shows("Свежая новость"))
    changed = item("Новость-1-исправлена", date="2026-01-02")
    (service.entries / "n1.md").write_bytes(changed)
    wait_for(lambda: service.shows("Новость-1-исправлена"))


def restore_news(service: Service) -> None:
    """Undo what `publish_news` did."""
    (service.entries / "fresh.md").unlink(missing_ok=True)
    (service.entries / "n1.md").write_bytes(item("Новость-1-", date="2026-01-02"))
    wait_for(lambda: not any(service.shows(title) for title in ("Свежая новость", "исправлена")))


def scan_twice(service: Service) -> None:
    """Wait until the writer has scanned the folder, files could settle, and it scanned again."""
    request = service.instance / RESCAN
    for _ in range(2):
        request.touch()
        wait_for(lambda: not request.exists())
        time.sleep(PAUSE / 2)


def wait_for_pauses(_: Service) -> None:
    """Wait for as long as the service may: what happened to instance/ may prevent any answer."""
    time.sleep(PAUSE)
