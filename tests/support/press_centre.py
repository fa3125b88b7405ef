"""A realistic press centre that is served, and asked without a browser."""

import fcntl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.message import Message
from pathlib import Path
from typing import NamedTuple

from feedsvc.sync.coordination import LOCK
from tests.support.press_entries import fill
from tests.support.service import Service, page
from tests.support.states import Site, State
from tests.support.waiting import wait_for

# With all that the foot of a page can hold.
SETTINGS = (
    "FEEDSVC_CONTACT=press@news.example",
    "FEEDSVC_TELEPHONE=+7 495 123-45-67",
    "FEEDSVC_ADDRESS=117519, Москва, Кировоградская ул., д. 8, корп. 3, подъезд 1",
    "FEEDSVC_NETWORKS__TELEGRAM=https://t.me/press",
    "FEEDSVC_NETWORKS__VK=https://vk.com/press",
)
SERVE = [
    *("env", *SETTINGS),
    *(sys.executable, "-m", "feedsvc", "serve", "--workers", "1", "--port", "{port}"),
]


class Answer(NamedTuple):
    """A response as it came, not decompressed."""

    status: int
    headers: Message
    body: bytes


class PressCentre:
    """The running services, by site."""

    def __init__(self, services: dict[Site, Service]) -> None:
        self._services = services

    def port(self, site: Site) -> int:
        """Return the port of a service."""
        return int(self._services[site].port)

    def url(self, state: State) -> str:
        """Return the address of a state."""
        return f"http://127.0.0.1:{self.port(state.site)}{state.path}"

    def ask(self, state: State, **headers: str) -> Answer:
        """Request a state as a program does."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"" if state.method == "POST" else None
        request = urllib.request.Request(self.url(state), data, headers, method=state.method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


@contextmanager
def running_press_centre(folder: Path) -> Iterator[PressCentre]:
    """Serve all three sites, each from a folder of its own below `folder`."""
    with ExitStack() as stack:
        services = {}
        for site in Site:
            place = folder / site.value
            (place / "entries").mkdir(parents=True)
            if site is Site.FULL:
                fill(place / "entries")
            if site is Site.UNREADY:
                # Only the process that holds this lock writes; so no catalogue is made.
                (place / "instance").mkdir()
                lock = stack.enter_context((place / "instance" / LOCK).open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            services[site] = Service(SERVE, place)
            stack.callback(services[site].stop)
        for site, service in services.items():
            _wait_for_status(service, "/", 503 if site is Site.UNREADY else 200)
        full = services[Site.FULL]
        _wait_for_status(full, page("removed"), 200)
        (full.entries / "removed.md").unlink()
        _wait_for_status(full, page("removed"), 410)
        yield PressCentre(services)


def _wait_for_status(service: Service, path: str, status: int) -> None:
    wait_for(lambda: service.get(path)[0] == status)
