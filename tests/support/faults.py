"""What the fault tests share: tools, mounts, a service to harm, a reader who misses nothing."""

import http.client
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from lxml import etree

from bench.client import Client, one_each
from tests.support.background import Background
from tests.support.newsroom import ROOT
from tests.support.service import FEEDS, SERVE, Service
from tests.support.waiting import wait_for

PRESS = "/presscenter/news/detail/1204713.html"
PRESS_TITLE = "Штаб по развитию отечественных производств"
# How to get a tool that is not in a Debian package of its own name.
_SOURCES = {
    "dd": "coreutils",
    "ip": "iproute2",
    "java": "default-jre-headless",
    "mariadb-install-db": "mariadb-server",
    "mariadbd": "mariadb-server",
    "nginx": "nginx-light",
    "node": "nodejs",
    "pdftotext": "poppler-utils",
    "php": "wordpress php-cli php-mysql php-gd",
    "r2e": "rss2email",
    "setpriv": "util-linux",
    "sfeed_update": "sfeed",
    "unshare": "util-linux",
    "varnishd": "varnish varnish-modules",
}


def needs(*tools: str, root: bool = True) -> None:
    """Fail if a tool is missing, or the user is not root, and say how to get what is missing.

    A tool with a slash in it is a path in this project, which `make clients` makes.
    """
    remedies = []
    for tool in tools:
        if "/" in tool:
            if not (ROOT / tool).exists():
                remedies.append(f"{tool}: make clients")
        elif not shutil.which(tool):
            remedies.append(f"{tool}: apt-get install {_SOURCES.get(tool, tool)}")
    if root and os.geteuid() != 0:
        remedies.append("rights: run as root")
    if remedies:
        pytest.fail(f"missing {'; '.join(remedies)}", pytrace=False)


def done(*command: str | Path) -> None:
    """Run a tool that must not fail."""
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@contextmanager
def mountable() -> Iterator[Path]:
    """Return a folder with entries/ and instance/; at the end unmount what is mounted in it."""
    with tempfile.TemporaryDirectory(prefix="feedsvc-faults-") as name:
        folder = Path(name)
        for part in ("entries", "instance"):
            (folder / part).mkdir()
        try:
            yield folder
        finally:
            mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
            for mount in reversed(mounts):
                if mount.startswith(f"{name}/"):
                    done("umount", "-l", mount)


@contextmanager
def served(folder: Path, *prefix: str) -> Iterator[Service]:
    """Serve a folder; `prefix` are commands that run the service, as `env` or `setpriv`."""
    service = Service([*prefix, *SERVE], folder)
    try:
        wait_for(lambda: service.get("/healthz")[0] == 200)
        yield service
    finally:
        service.stop()


def have_all_rendered(service: Service, texts: dict[str, set[str]]) -> None:
    """Ask each worker for all the paths, until every text is in its answers.

    Without a catalogue a worker can answer only with what it has answered before, and it is
    chance which of them gets a new connection.
    """
    with one_each(service.port, sorted(service.workers())) as clients:
        for client in clients.values():
            for path, expected in texts.items():
                wait_for(partial(_contains, client, path, expected))


def _contains(client: Client, path: str, expected: set[str]) -> bool:
    text = client.ask(path)[1].decode()
    return all(one in text for one in expected)


class Reader(Background):
    """Asks for feeds and pages all the time, and notes each answer that is wrong.

    `texts` holds what every answer of a path must contain, `right` which statuses it may
    have. A status of 0 means that nobody answered, which is never right.
    """

    def __init__(self, service: Service, texts: dict[str, set[str]]) -> None:
        super().__init__(self._run)
        self.texts = texts
        self.right = {path: {200, 304} for path in texts}
        self.faults: list[str] = []
        self.seen: Counter[tuple[str, int]] = Counter()
        self._port = service.port
        self._tags: dict[str, str] = {}

    def rounds(self) -> int:
        """Return how often every path has been asked for at least."""
        asked: Counter[str] = Counter()
        for (path, _), count in list(self.seen.items()):
            asked[path] += count
        return min((asked[path] for path in self.texts), default=0)

    def read_on(self, rounds: int = 5) -> None:
        """Wait until every path has been asked for some times more."""
        target = self.rounds() + rounds
        wait_for(lambda: self.rounds() >= target)

    def _run(self) -> None:
        number = 0
        while not self._over.wait(0.01):
            number += 1
            for path in list(self.texts):
                # Every other time as a feed reader does, with the entity tag it got.
                tag = self._tags.get(path) if number % 2 else None
                status, body = self._ask(path, tag)
                self.seen[path, status] += 1
                if status not in self.right[path]:
                    self.faults.append(f"{time.monotonic():.1f} {path}: {status}")
                elif status == 200:
                    self._check(path, body)

    def _ask(self, path: str, tag: str | None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
            answer = connection.getresponse()
            self._tags[path] = answer.headers.get("ETag", "")
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def _check(self, path: str, body: bytes) -> None:
        text = body.decode()
        lost = sorted(expected for expected in self.texts[path] if expected not in text)
        if lost:
            self.faults.append(f"{time.monotonic():.1f} {path} lacks {lost}")
        if path in FEEDS:
            try:
                etree.fromstring(body)
            except etree.XMLSyntaxError as error:
                self.faults.append(f"{path}: {error}")


def press_item() -> bytes:
    """Return the press centre's own file that came with the project."""
    return (ROOT / "entries" / "1204713.txt").read_bytes()
