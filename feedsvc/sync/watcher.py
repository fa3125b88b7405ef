"""Hints from the kernel: which files are complete now, and whether anything else changed.

They are only hints: they are lost on network mounts, when the kernel's queue overflows and
when its limits are reached. The scan is the authority.
"""

import ctypes
import os
import posixpath
import time
import warnings
from pathlib import Path
from queue import Empty, Queue

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

from feedsvc.media.types import belongs
from feedsvc.parsing import is_document_name, is_entry_name
from feedsvc.sync.scanner import entries_unavailable

_EVENTS = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
# In seconds: all events of one action of a tool on a file arrive within this time.
_TOGETHER = 0.001
# A kilobyte of warning, if folders are made or renamed faster than watchdog reads them.
warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning, "watchdog")
_libc = ctypes.CDLL(None, use_errno=True)
_IN_DELETE_SELF = 0x400


class Hints:
    """What was heard since the last time; all paths are relative and of entry files.

    `closed` were closed after writing, or moved into place; `written` are being written to;
    `unsure` just appeared; `moved` were moved to another path. `scan` is True if only a scan
    can find out what happened, `heard` if anything was heard at all.
    """

    def __init__(self) -> None:
        self.closed: set[str] = set()
        self.written: set[str] = set()
        self.unsure: set[str] = set()
        self.moved: set[str] = set()
        self.scan = False
        self.heard = False

    def add(self, event: FileSystemEvent, root: str) -> None:
        """Add an event; `root` is the folder that is watched."""
        self.heard = True
        source, target = _relative(event.src_path, root), _relative(event.dest_path, root)
        # A document may be an entry or belong to one; only a scan knows.
        self.scan = self.scan or is_document_name(source) or is_document_name(target)
        if event.is_directory or _is_attachment(target):
            self.scan = True
        elif isinstance(event, FileMovedEvent) and is_entry_name(target):
            self.closed.add(target)
            self.moved.add(source)
        elif _is_attachment(source):
            self.scan = True  # only a scan knows whose it is
        elif not is_entry_name(source):
            return
        elif isinstance(event, FileClosedEvent):
            self.closed.add(source)
            self.written.discard(source)
        elif isinstance(event, FileModifiedEvent):
            self.written.add(source)
        elif isinstance(event, FileCreatedEvent):
            self.unsure.add(source)
        else:
            self.scan = True


class Watcher(FileSystemEventHandler):
    """Watches one folder and everything below it, for as long as that works."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._queue: Queue[FileSystemEvent] = Queue()
        self._observer: BaseObserver | None = None
        self._watched: tuple[int, int] | None = None
        self._real = ""

    def dispatch(self, event: FileSystemEvent) -> None:
        """Keep an event until it is asked for. Called by watchdog, in its own thread."""
        self._queue.put(event)

    def watch_current(self) -> bool:
        """Watch the folder that is at the path now; return whether it was not watched before.

        Raises EntriesUnavailable if there is no folder, and OSError if the kernel refuses.
        """
        try:
            status = os.stat(self._root)
        except OSError as error:
            self.stop()
            raise entries_unavailable(self._root, error) from error
        if self._watched == (status.st_dev, status.st_ino):
            return False
        self.stop()
        self._real = os.path.realpath(self._root)
        observer = Observer()
        try:
            observer.schedule(self, self._real, recursive=True, event_filter=_EVENTS)
            observer.start()
        except OSError:
            # It has a thread and an instance of inotify from the start, of which there are few.
            observer.stop()
            raise
        self._observer = observer
        self._watched = (status.st_dev, status.st_ino)
        return True

    def require_free_watches(self) -> None:
        """Raise OSError if the kernel would watch no further folder.

        watchdog says nothing of folders below the first that it could not watch.
        """
        descriptor = _libc.inotify_init1(os.O_CLOEXEC)
        if descriptor < 0:
            return  # no further observer could be started, but this one works
        try:
            if _libc.inotify_add_watch(descriptor, os.fsencode(self._real), _IN_DELETE_SELF) < 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), self._real)
        finally:
            os.close(descriptor)

    def wait(self, seconds: float) -> Hints:
        """Wait for the next hint, at most so many seconds; return all there are then."""
        hints = Hints()
        try:
            hints.add(self._queue.get(timeout=max(seconds, 0)), self._real)
            time.sleep(_TOGETHER)
            while True:
                hints.add(self._queue.get_nowait(), self._real)
        except Empty:
            return hints

    def stop(self) -> None:
        """Stop watching."""
        self._watched = None
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None


def _relative(path: bytes | str, root: str) -> str:
    return os.fsdecode(path).removeprefix(root).lstrip("/")


def _is_attachment(path: str) -> bool:
    return belongs(posixpath.basename(path)) and not is_entry_name(path)
