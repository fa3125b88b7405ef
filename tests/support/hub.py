"""A site with its hub as processes, and subscribers that answer as a test says."""

import http.server
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.background import serving
from tests.support.newsroom import ROOT, item
from tests.support.ports import free_port
from tests.support.service import QUICK, SERVE, Service, answer_to
from tests.support.waiting import wait_for

ATOM = "/feeds/atom.xml"


class Got(NamedTuple):
    """A request that a subscriber got; `headers` by their names in small letters."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return {name: each[0] for name, each in parse_qs(urlsplit(self.target).query).items()}


class Answer(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def echo(got: Got) -> Answer:
    """Confirm what the hub asks."""
    return Answer(200, got.query.get("hub.challenge", "").encode())


class Subscriber:
    """A server; `confirm` answers the hub's questions, `take` its deliveries."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.confirm: Callable[[Got], Answer] = echo
        self.take: Callable[[Got], Answer] = lambda _: Answer(204)
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(owner.confirm)

            def do_POST(self) -> None:
                self._answer(owner.take)

            def _answer(self, decide: Callable[[Got], Answer]) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Got(self.command, self.path, headers, self.rfile.read(length))
                answer = decide(got)
                owner.got.append(got)
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def told(self, path: str) -> list[Got]:
        """Return the deliveries to a path, with whatever query."""
        return [
            got for got in self.got if got.method == "POST" and urlsplit(got.target).path == path
        ]

    def asked(self, path: str) -> list[Got]:
        """Return the questions at a path."""
        return [
            got for got in self.got if got.method == "GET" and urlsplit(got.target).path == path
        ]


@contextmanager
def subscriber() -> Iterator[Subscriber]:
    """Run a subscriber."""
    running = Subscriber()
    with serving(running.server):
        yield running


class Site:
    """The service and its hub."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.port = free_port()
        settings = {
            "HUB__URL": f"http://127.0.0.1:{self.port}/hub",
            "HUB__PORT": str(self.port),
            "HUB__LEASE_LEAST": "1",
            "HUB__RATE": "1000",
            "OUTGOING__PRIVATE": "127.0.0.1",
        } | more
        self._settings = [f"FEEDSVC_{name}={value}" for name, value in settings.items()]
        self.service = Service(["env", *self._settings, *QUICK, *SERVE], folder)
        self.url = settings["HUB__URL"]
        self.start()

    def start(self) -> None:
        """Start the hub, and wait until it answers."""
        environment = {
            **os.environ,
            "FEEDSVC_ENTRIES": str(self.service.entries),
            "FEEDSVC_INSTANCE": str(self.service.instance),
            "FEEDSVC_SERVE__PORT": str(self.service.port),
        }
        with (self.folder / "hub.log").open("ab") as log:
            self.hub = subprocess.Popen(
                ["env", *self._settings, *QUICK, sys.executable, "-m", "feedsvc", "hub"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        wait_for(lambda: self.get()[0] == 200)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the hub; return the status it ends with."""
        self.hub.send_signal(number)
        return self.hub.wait(30)

    def stop(self) -> None:
        """End both."""
        if self.hub.poll() is None:
            self.end()
        self.service.stop()

    @property
    def log(self) -> str:
        return (self.folder / "hub.log").read_text()

    def topic(self, path: str = ATOM) -> str:
        return f"http://127.0.0.1:{self.service.port}{path}"

    def get(self) -> tuple[int, str]:
        return answer_to(urllib.request.Request(self.url))

    def post(self, callback: str, *, mode: str = "subscribe", **more: str) -> tuple[int, str]:
        """Ask the hub; `more` are fields without `hub.`. Return status and text."""
        fields = {"mode": mode, "topic": self.topic(), "callback": callback} | more
        body = urlencode({f"hub.{name}": value for name, value in fields.items()}).encode()
        return answer_to(urllib.request.Request(self.url, body))

    def subscribe(self, callback: str, **more: str) -> None:
        """Subscribe, and wait until that was verified."""
        assert self.post(callback, **more)[0] == 202
        wait_for(lambda: self.is_subscribed(callback) and not self._waits(callback))

    def is_subscribed(self, callback: str) -> bool:
        return bool(self._rows("SELECT 1 FROM subscription WHERE callback = ?", callback))

    def is_settled(self, callback: str) -> bool:
        """Return whether no request of a callback waits."""
        return not self._waits(callback)

    def _waits(self, callback: str) -> bool:
        return bool(self._rows("SELECT 1 FROM request WHERE callback = ?", callback))

    def _rows(self, query: str, *values: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.service.instance / "hub.sqlite3")) as connection:
            return connection.execute(query, values).fetchall()

    def publish(self, name: str) -> None:
        """Publish a text, and wait until the service shows it."""
        path = self.service.entries / f"{name}.md"
        path.write_bytes(item(f"Title-{name}.", "2026-01-02", categories="Sport"))
        wait_for(lambda: f"Title-{name}." in self.service.get(ATOM)[1])
