"""Hints from the kernel: which files are whole now, and that something else changed.

Only hints: they are lost on network mounts, when the kernel's queue overflows
and when its limits are reached. The scan is the authority.
"""

import os
import posixpath
import time
import warnings
from pathlib import Path
from queue import Empty, SimpleQueue

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from feedsvc.media.types import is_publishable
from feedsvc.parsing import is_entry_name

_WANTED = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
# What one tool does to a file in one go comes in one batch.
_TOGETHER = 0.005
# Said, in a kilobyte, of folders that are made or renamed faster than it can look; it goes on.
warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning, "watchdog")


class Hints:
    """What was heard since the last time.

    Paths are relative to the directory, and those of entry files. `whole` were
    closed after writing or moved into place; `written` are being written;
    `unsure` just appeared; `moved` have left for another place. `look` says that
    only a scan can tell what happened.
    """

    def __init__(self) -> None:
        self.whole: set[str] = set()
        self.written: set[str] = set()
        self.unsure: set[str] = set()
        self.moved: set[str] = set()
        self.look = False

    def add(self, event: FileSystemEvent, root: str) -> None:
        """Take in what the kernel said."""
        source, target = _relative(event.src_path, root), _relative(event.dest_path, root)
        if event.is_directory or is_publishable(posixpath.basename(target)):
            self.look = True
        elif isinstance(event, FileMovedEvent) and is_entry_name(target):
            self.whole.add(target)
            self.moved.add(source)
        elif is_publishable(posixpath.basename(source)):
            self.look = True  # a picture: a scan knows whose
        elif not is_entry_name(source):
            return
        elif isinstance(event, FileClosedEvent):
            self.whole.add(source)
            self.written.discard(source)
        elif isinstance(event, FileModifiedEvent):
            self.written.add(source)
        elif isinstance(event, FileCreatedEvent):
            self.unsure.add(source)
        else:
            self.look = True


class Watch(FileSystemEventHandler):
    """Listens to one directory and all below it, for as long as that works."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._queue: SimpleQueue[FileSystemEvent] = SimpleQueue()
        self._observer: BaseObserver | None = None
        self._watched: tuple[int, int] | None = None
        self._real = ""

    def dispatch(self, event: FileSystemEvent) -> None:
        """Keep an event until it is asked for. Called by watchdog, in its own thread."""
        self._queue.put(event)

    def keep_up(self) -> bool:
        """Listen to the directory that stands there now; say whether that is another one.

        Raises OSError where the kernel will not tell, once for each directory.
        """
        try:
            status = os.stat(self._root)
        except OSError:
            return False
        if self._watched == (status.st_dev, status.st_ino):
            return False
        self.stop()
        self._watched = (status.st_dev, status.st_ino)
        self._real = os.path.realpath(self._root)
        observer = Observer()
        observer.schedule(self, self._real, recursive=True, event_filter=_WANTED)
        observer.start()
        self._observer = observer
        return True

    def wait(self, seconds: float) -> Hints:
        """Wait for the next hint, at most so many seconds; give all there are then."""
        hints = Hints()
        try:
            hints.add(self._queue.get(timeout=max(seconds, 0)), self._real)
            time.sleep(_TOGETHER)
            while True:
                hints.add(self._queue.get_nowait(), self._real)
        except Empty:
            return hints

    def stop(self) -> None:
        """Stop listening."""
        self._watched = None
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None


def _relative(path: bytes | str, root: str) -> str:
    return os.fsdecode(path).removeprefix(root).lstrip("/")
