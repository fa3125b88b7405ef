"""Replicas of one site, each with its own copy of the files, and HAProxy in front of them."""

import http.client
import os
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tests.support.newsroom import ROOT
from tests.support.ports import free_port
from tests.support.service import SERVE, Service
from tests.support.waiting import wait_for

SITE = "https://news.example"


class Answer(NamedTuple):
    """A response; `headers` by their names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def tag(self) -> str | None:
        return self.headers.get("etag")

    @property
    def date(self) -> str | None:
        return self.headers.get("last-modified")


def ask(port: int, path: str, headers: Mapping[str, str | None] | None = None) -> Answer:
    """Request a path on a connection of its own; headers that are None are left out."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        connection.request("GET", quote(path), headers=sent)
        response = connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, response.read())
    finally:
        connection.close()


class Replica:
    """A service in a time zone of its own, with files copied at a time of its own."""

    def __init__(self, folder: Path, zone: str, files: Mapping[str, bytes]) -> None:
        self._folder, self._zone = folder, zone
        folder.mkdir()
        (folder / "entries").mkdir()
        self.copy(files)
        self.start()

    def start(self) -> None:
        settings = (f"TZ={self._zone}", f"FEEDSVC_BASE_URL={SITE}")
        self.service = Service(["env", *settings, *SERVE], self._folder)
        self.port = self.service.port
        wait_for(lambda: _is_open(self.port))

    def copy(self, files: Mapping[str, bytes]) -> None:
        """Write files as copies arrive: under another name first, at their own times."""
        for number, (name, data) in enumerate(files.items()):
            path = self._folder / "entries" / name
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_name(f".{path.name}")
            temporary.write_bytes(data)
            # The modification time says when the file was copied, and by whom.
            os.utime(temporary, (number, hash((self._zone, number)) % 10**9))
            temporary.replace(path)

    def wait(self, path: str, text: str) -> None:
        """Wait until every worker shows a text: each new connection may get another one."""
        for _ in range(20):
            wait_for(lambda: text in ask(self.port, path).body.decode())

    def stop(self) -> None:
        if self.service.process.poll() is None:
            self.service.stop()


def _configuration(port: int, replicas: Mapping[str, int]) -> str:
    """Return the configuration in deploy/ with addresses of this machine, asking all in turn."""
    text = (ROOT / "deploy" / "haproxy" / "haproxy.cfg").read_text()
    text = text.replace("bind :80", f"bind 127.0.0.1:{port}").replace(" backup", "")
    text = re.sub(r"^ +stick.*\n", "", text, flags=re.MULTILINE)
    for name, replica in replicas.items():
        text, count = re.subn(rf"server {name} \S+", f"server {name} 127.0.0.1:{replica}", text)
        assert count == 2
    return text


@contextmanager
def haproxy(folder: Path, replicas: Mapping[str, int]) -> Iterator[int]:
    """Run HAProxy in front of replicas, given by name and port; yield its port."""
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(_configuration(port, replicas))
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(["haproxy", "-db", "-f", file], stdout=log, stderr=log)
        try:
            wait_for(lambda: _is_open(port))
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
