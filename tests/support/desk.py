"""A service with a desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from feedsvc.desk.keys import Keys
from tests.support.ports import free_port
from tests.support.service import SERVE, Service

KEY = "k" * 24


class RunningDesk:
    """A service with a desk, and what its desk answers."""

    def __init__(self, folder: Path, port: int, command: list[str]) -> None:
        self.port = port
        settings = (f"FEEDSVC_DESK__PORT={port}", f"FEEDSVC_DESK__KEY={KEY}")
        self.service = Service(["env", *settings, *command], folder)

    def url(self, path: str = f"/desk/{KEY}/") -> str:
        """Return the URL of a path of the desk."""
        return f"http://127.0.0.1:{self.port}{path}"

    def preview(self, entry_id: str) -> str:
        """Return the URL of the preview of an entry."""
        return self.url(f"/review/{Keys(KEY).preview_token(entry_id)}/{entry_id}/")

    def get(self, address: str) -> tuple[int, str]:
        """Return status and text of a path or URL; the status is 0 without a whole answer."""
        try:
            with urlopen(self.url(address) if address[0] == "/" else address, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (OSError, HTTPException):
            return 0, ""

    def shows(self, text: str) -> bool:
        """Return whether the desk shows a text."""
        return text in self.get(f"/desk/{KEY}/")[1]

    def process(self) -> int:
        """Return the number of the process of the desk, or 0."""
        found = [
            pid
            for pid, command in self.service.processes().items()
            if "feedsvc.desk.process" in command
        ]
        assert len(found) <= 1
        return found[0] if found else 0


@contextmanager
def running_desk(folder: Path, command: list[str] = SERVE, port: int = 0) -> Iterator[RunningDesk]:
    """Run a service with a desk."""
    desk = RunningDesk(folder, port or free_port(), command)
    try:
        yield desk
    finally:
        desk.service.stop()
