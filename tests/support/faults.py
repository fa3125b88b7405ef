"""What the fault tests share: tools, a service to ill-treat, a reader who misses nothing."""

import http.client
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self

import pytest
from lxml import etree

from bench.common import Client, one_each
from tests.support.newsroom import ROOT
from tests.support.service import FEEDS, SERVE, Service, soon

PRESS = "/presscenter/news/detail/1204713.html"
PRESS_TITLE = "Штаб по развитию отечественных производств"


def needs(*tools: str, root: bool = True) -> None:
    """Skip where a tool is missing; in CI that is a failure, so that nothing goes untested.

    A tool with a slash in it is a path in this project.
    """
    missing = [
        tool
        for tool in tools
        if not ((ROOT / tool).exists() if "/" in tool else shutil.which(tool))
    ]
    if root and os.geteuid() != 0:
        missing.append("root")
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"CI must have: {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def done(*command: str | Path) -> None:
    """Run a tool that must not fail."""
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@contextmanager
def mountable() -> Iterator[Path]:
    """Give a folder with entries/ and instance/; take it away with all that is mounted in it."""
    with tempfile.TemporaryDirectory(prefix="feedsvc-faults-") as name:
        folder = Path(name)
        for part in ("entries", "instance"):
            (folder / part).mkdir()
        try:
            yield folder
        finally:
            mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
            for mount in reversed(mounts):
                if mount.startswith(name):
                    done("umount", "-l", mount)


@contextmanager
def served(folder: Path, *prefix: str) -> Iterator[Service]:
    """Serve a folder; the command may stand behind another, as `env` or `setpriv`."""
    service = Service([*prefix, *SERVE], folder)
    try:
        soon(lambda: service.get("/healthz")[0] == 200, 60)
        yield service
    finally:
        service.stop()


def have_all_rendered(service: Service, texts: dict[str, set[str]]) -> None:
    """Have each worker give all the paths, until every text stands in them.

    What a worker has never given it cannot give once the catalogue is gone, and who of
    them takes a new connection is chance.
    """
    with one_each(service.port, sorted(service.workers())) as clients:
        for client in clients.values():
            for path, wanted in texts.items():
                soon(partial(_shows, client, path, wanted))


def _shows(client: Client, path: str, wanted: set[str]) -> bool:
    text = client.ask(path)[1].decode()
    return all(one in text for one in wanted)


class Reader:
    """Asks for feeds and pages all the time, and notes each answer that is not right.

    `texts` says what must stand in every answer of a path, `right` which statuses
    it may have. A status of 0 means that nobody answered, which is never right.
    """

    def __init__(self, service: Service, texts: dict[str, set[str]]) -> None:
        self.texts = texts
        self.right = {path: {200, 304} for path in texts}
        self.faults: list[str] = []
        self.seen: Counter[tuple[str, int]] = Counter()
        self._port = service.port
        self._tags: dict[str, str] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def rounds(self) -> int:
        """Give how often every path has been asked for at least."""
        asked: Counter[str] = Counter()
        for (path, _), count in list(self.seen.items()):
            asked[path] += count
        return min((asked[path] for path in self.texts), default=0)

    def _run(self) -> None:
        number = 0
        while not self._end.wait(0.01):
            number += 1
            for path in list(self.texts):
                # Every other time as a feed reader does, with the tag it got.
                tag = self._tags.get(path) if number % 2 else None
                status, body = self._ask(path, tag)
                self.seen[path, status] += 1
                if status not in self.right[path]:
                    self.faults.append(f"{time.monotonic():.1f} {path}: {status}")
                elif status == 200:
                    self._look(path, body)

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

    def _look(self, path: str, body: bytes) -> None:
        text = body.decode()
        lost = sorted(wanted for wanted in self.texts[path] if wanted not in text)
        if lost:
            self.faults.append(f"{time.monotonic():.1f} {path} lacks {lost}")
        if path in FEEDS:
            try:
                etree.fromstring(body)
            except etree.XMLSyntaxError as error:
                self.faults.append(f"{path}: {error}")


def press_item() -> bytes:
    """Give the press centre's own file."""
    return (ROOT / "entries" / "1204713.txt").read_bytes()
