"""The whole service as processes: how to start it, ask it, and find its processes."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.newsroom import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_for as soon

__all__ = ["FEEDS", "QUICK", "SERVE", "SERVERS", "Service", "page", "soon"]

BIN = Path(sys.executable).parent
FEEDS = ("/feeds/atom.xml", "/feeds/rss.xml")
# Set before a command, it makes the writer wait less for files to settle and after faults.
QUICK = ("env", f"PYTHONPATH={Path(__file__).parent / 'quick'}:{ROOT}")
SERVE = [sys.executable, "-m", "feedsvc", "serve", "--workers", "2", "--port", "{port}"]
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


def answer_to(request: str | urllib.request.Request) -> tuple[int, str]:
    """Return status and text of what is answered; the status is 0 if there is no answer."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


class Service:
    """A running service of the folders entries/ and instance/ in `folder`.

    In `command`, `{port}` stands for a port that is free; `more` goes to Popen.
    """

    def __init__(self, command: list[str], folder: Path, **more: Any) -> None:
        self.entries = folder / "entries"
        self.instance = folder / "instance"
        self.entries.mkdir(exist_ok=True)
        self.port = free_port()
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
        """Return status and text of a path; the status is 0 if there is no answer."""
        return answer_to(f"http://127.0.0.1:{self.port}{path}")

    def shows(self, title: str) -> bool:
        """Return whether both feeds contain a title."""
        return all(title in self.get(path)[1] for path in FEEDS)

    def processes(self) -> dict[int, str]:
        """Return the command line of every process of this service, by its number."""
        variable = f"FEEDSVC_INSTANCE={self.instance}\0".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if variable in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_text()
            except OSError:
                continue
        return found

    def writers(self) -> list[int]:
        """Return the process numbers of the writers."""
        started = "writer_process import"
        found = {pid for pid, command in self.processes().items() if started in command}
        # Its readers are copies of it.
        return [pid for pid in found if _parent(pid) not in {*found, None}]

    def workers(self) -> set[int]:
        """Return the process numbers of the workers of `feedsvc serve`."""
        found = {
            pid
            for pid, command in self.processes().items()
            if "serve" in command and pid != self.process.pid
        }
        # Between fork and exec, the writer has the command line of the worker that starts it.
        return {pid for pid in found if _parent(pid) not in {*found, None}}

    def kill(self) -> None:
        """Kill every process at once."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """End the service as an operator does, and check that no process is left."""
        self._log.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            for pid in self.processes() if self.process.poll() is None else ():
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
        soon(lambda: not self.processes(), 60)


def _parent(pid: int) -> int | None:
    """Return the number of the parent of a process; None if it has ended."""
    try:
        # The name, in parentheses, may contain anything; the state and the parent follow it.
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def page(entry_id: str) -> str:
    """Return the path of an entry's page."""
    return f"/presscenter/news/detail/{entry_id}.html"
