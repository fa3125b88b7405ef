"""`feedsvc serve` over a corpus, and checks of what it publishes."""

import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

from bench import corpus
from bench.client import Client, one_each
from bench.common import Wrong, wait_until
from bench.processes import Process, Server, family, free_port

ATOM, RSS = "/feeds/atom.xml", "/feeds/rss.xml"
FEED_SIZE = 30
_ATOM_TITLE = "{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}title"


class Service:
    """`feedsvc serve` over one corpus, as an operator starts it, with the default settings."""

    def __init__(self, folder: Path, entries: Path) -> None:
        self.entries = entries
        self.instance = folder / "instance"
        self.port = free_port()
        self._log = folder / "feedsvc.log"

    def start(self) -> Server:
        """Start the service."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("FEEDSVC_")
        }
        environment |= {
            "FEEDSVC_ENTRIES": str(self.entries),
            "FEEDSVC_INSTANCE": str(self.instance),
        }
        command = [sys.executable, "-m", "feedsvc", "serve", "--port", str(self.port)]
        return Server(command, self._log, environment)

    def first_answer(self, server: Server, expected: list[str]) -> float:
        """Return the seconds from the start to the first feed answered, and check that feed."""
        body: bytes | None = None

        def answered() -> bool:
            nonlocal body
            if server.process.poll() is not None:
                raise Wrong(f"feedsvc ended: {self._log.read_text()[-2000:]}")
            body = client.answers(ATOM)
            return body is not None

        with Client(self.port) as client:
            moment = wait_until(answered, 600, 0.05)
        check_feed(body or b"", expected)
        # All workers must answer. Besides, a worker that gets its SIGTERM before it handles
        # signals never ends (granian 2.8), and the server waits for it without limit.
        wait_until(lambda: len(members(server, "worker")) == os.cpu_count(), 20)
        with one_each(self.port, members(server, "worker")) as clients:
            for client in clients.values():
                check_feed(client.get(ATOM), expected)
        return moment - server.started


def role(server: Server, process: Process) -> str:
    """Return the role of a process of the service."""
    if process.pid == server.pid:
        return "master"
    if "writer_process import" in process.command:
        # Readers are copies of the writer, which alone has another parent.
        parent = Path(f"/proc/{process.parent}/cmdline")
        is_copy = parent.exists() and "writer_process import" in parent.read_text()
        return "reader" if is_copy else "writer"
    return "worker" if process.parent == server.pid else "other"


def members(server: Server, name: str) -> list[int]:
    """Return the process numbers of one role."""
    return [process.pid for process in family(server.pid) if role(server, process) == name]


def caught_up(instance: Path) -> bool:
    """Return whether the search index has reached the end of the catalogue once."""
    try:
        with closing(sqlite3.connect(instance / "search.sqlite3")) as index:
            return bool(index.execute("SELECT caught_up FROM state").fetchone()[0])
    except sqlite3.Error:
        return False


def titles(total: int) -> list[str]:
    """Return the titles that the feed of a corpus must show, newest first."""
    return [title(number, total) for number in range(total - 1, total - 1 - FEED_SIZE, -1)]


def title(number: int, total: int) -> str:
    """Return the title of an entry of a corpus."""
    return title_line(corpus.entry(number, total)[1]).removeprefix("title: ")


def title_line(text: str) -> str:
    """Return the line of an entry file that contains its title."""
    return text.split("\n", 2)[1]


def check_feed(body: bytes, expected: Sequence[str]) -> None:
    """Check that an Atom feed begins with these titles and is full; raise Wrong if not."""
    shown = [element.text for element in ET.fromstring(body).iterfind(_ATOM_TITLE)]
    if shown[: len(expected)] != list(expected) or len(shown) != FEED_SIZE:
        raise Wrong(f"the feed shows {shown[:3]} and not {list(expected)[:3]}")


def page(name: str) -> str:
    """Return the path of an entry's page."""
    return f"/presscenter/news/detail/{name}.html"


def check_page(client: Client, number: int, expected: str, coding: str = "identity") -> None:
    """Check that the page of an entry of a corpus shows this title; raise Wrong if not."""
    if f">{expected}</h1>" not in client.get(page(f"{number:06d}"), coding).decode():
        raise Wrong(f"the page of {number} does not show {expected!r}")


def read_everything(client: Client, shown: dict[int, str], newest: Sequence[str]) -> None:
    """Request both feeds and pages, plain and compressed.

    `shown` are the titles of the pages by number, `newest` those that begin the feed.
    """
    for coding in ("identity", "gzip"):
        check_feed(client.get(ATOM, coding), newest)
        if client.get(RSS, coding).count(b"<item>") != FEED_SIZE:
            raise Wrong("the RSS feed is not full")
        for number, expected in shown.items():
            check_page(client, number, expected, coding)
