"""The whole service as processes."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.newsroom import ROOT

BIN = Path(sys.executable).parent


SERVERS = {
    "granian": [sys.executable, "-m", "feedsvc", "serve", "--workers", "4", "--port", "{port}"],
    "gunicorn": [f"{BIN}/gunicorn", "--workers", "4", "--bind", "127.0.0.1:{port}", "wsgi:app"],
    "gunicorn, preloaded": [
        *(f"{BIN}/gunicorn", "--preload", "--workers", "4"),
        *("--bind", "127.0.0.1:{port}", "wsgi:app"),
    ],
    "uwsgi": [
        *(f"{BIN}/uwsgi", "--http-socket", "127.0.0.1:{port}", "--master", "--processes", "4"),
        *("--module", "wsgi:app", "--venv", str(BIN.parent), "--die-on-term", "--need-app"),
    ],
}


class Service:
    """A running service, and what its processes are."""

    def __init__(self, command: list[str], folder: Path, **more: Any) -> None:
        self.entries = folder / "entries"
        self.instance = folder / "instance"
        self.entries.mkdir(exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._log = (folder / "log").open("ab")
        self.process = subprocess.Popen(
            [part.format(port=self.port) for part in command],
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            env={
                **os.environ,
                "FEEDSVC_ENTRIES": str(self.entries),
                "FEEDSVC_INSTANCE": str(self.instance),
                "FEEDSVC_RESCAN": "1",
            },
            **more,
        )

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a path; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=30
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def shows(self, title: str) -> bool:
        """Say whether both feeds hold an entry of this title."""
        return all(title in self.get(path)[1] for path in ("/feeds/atom.xml", "/feeds/rss.xml"))

    def processes(self) -> dict[int, str]:
        """Give the command line of every process of this service."""
        mark = f"FEEDSVC_INSTANCE={self.instance}\0".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_text()
            except OSError:
                continue
        return found

    def writers(self) -> list[int]:
        """Give the process numbers of the writers."""
        return [pid for pid, command in self.processes().items() if "keeper import" in command]

    def workers(self) -> set[int]:
        """Give the process numbers of the workers of `feedsvc serve`."""
        return {
            pid
            for pid, command in self.processes().items()
            if "serve" in command and pid != self.process.pid
        }

    def stop(self) -> None:
        """End it as an operator does, and see that nothing stays behind."""
        self._log.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            for pid in self.processes() if self.process.poll() is None else ():
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
        soon(lambda: not self.processes(), 60)


def soon(condition: Callable[[], bool], seconds: float = 60) -> float:
    """Wait until something holds; give how long that took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it did not come about in time"
        time.sleep(0.02)
    return time.monotonic() - start


SERVE = [sys.executable, "-m", "feedsvc", "serve", "--workers", "2", "--port", "{port}"]


FEEDS = ("/feeds/atom.xml", "/feeds/rss.xml")


def page(entry_id: str) -> str:
    return f"/presscenter/news/detail/{entry_id}.html"
