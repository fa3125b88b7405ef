"""Progress: up to where in the log of changes each receiver has been told, in a file.

It is replaced as a whole, after a receiver has confirmed: who is killed in between tells the same
again, which does no harm. Without the file, everything is told anew, once.
"""

import os
import threading
from pathlib import Path

import msgspec

from feedsvc.storage.changes import Position

FILE = "purging.json"


class Told(msgspec.Struct, frozen=True):
    """What a receiver knows: of which catalogue, rendered how, up to where."""

    catalogue: str
    rendering: str
    position: Position


class Progress:
    """The file, for all threads of the one process that writes it."""

    def __init__(self, instance: Path, names: frozenset[str]) -> None:
        """Read what is known of receivers with these names."""
        self._path = instance / FILE
        self._lock = threading.Lock()
        try:
            known = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Told])
        except (OSError, msgspec.MsgspecError):
            known = {}
        self._told = {name: told for name, told in known.items() if name in names}

    def get(self, name: str) -> Told | None:
        """Return what a receiver knows; None if it was never told anything."""
        return self._told.get(name)

    def store(self, name: str, told: Told) -> None:
        """Record what a receiver knows. Raises OSError."""
        with self._lock:
            self._told[name] = told
            temporary = self._path.with_suffix(".new")
            with temporary.open("wb") as file:
                file.write(msgspec.json.encode(self._told))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
