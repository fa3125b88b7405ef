"""Settling: hold back files that may still be written to, until they are complete.

A file is complete when the kernel reports it closed after writing. One of which the kernel
said nothing is complete once its size and times have stood still for `SETTLE` seconds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from feedsvc import clock
from feedsvc.storage.waiting import MAX_WAITING, NONE, Waiting, WaitingFile
from feedsvc.sync.scanner import FoundFile

# In seconds, how long the size and times of a file must stand still.
SETTLE = 2.0
# The same for a file that was written to and not closed: it is still open, or the kernel lost
# the event.
SETTLE_WRITTEN = 60.0
# In seconds, between two lists of the waiting files that are recorded.
RECORD_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file as it was found, and since when (monotonic); `written` if it is being written to.

    `arrived` is the moment when it was first seen unfinished, in microseconds since the epoch.
    """

    file: FoundFile
    since: float
    arrived: int
    written: bool = False

    def due(self) -> float:
        return self.since + (SETTLE_WRITTEN if self.written else SETTLE)


class Settling:
    """The files that are not known to be complete yet."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._recorded: Waiting | None = None
        self._record_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def wait(self, file: FoundFile, *, written: bool = False) -> None:
        """Let a file wait from now on; `written` if it is being written to."""
        before = self._waiting.get(file.path)
        arrived = before.arrived if before else clock.now()
        self._waiting[file.path] = _Waiting(file, time.monotonic(), arrived, written)

    def discard(self, path: str) -> None:
        """Forget a file that was read, or is unchanged."""
        self._waiting.pop(path, None)

    def is_complete(self, file: FoundFile, *, first_scan: bool) -> bool:
        """Return whether a file found by a scan can be read at once; if not, let it wait.

        Only the first scan trusts a file's time: later, a file that was not reported closed
        may still be written to.
        """
        if file.problem:
            return True
        waiting = self._waiting.get(file.path)
        is_old = 0 <= file.modified <= time.time() - SETTLE
        if is_old and waiting is None and first_scan:
            return True
        if waiting is None or waiting.file.fingerprint != file.fingerprint:
            self.wait(file, written=waiting is not None and waiting.written)
        return False

    def take_settled(self, examine: Callable[[str], FoundFile | None]) -> list[FoundFile]:
        """Return the files that have stood still for long enough.

        `examine` returns a file as it is now, or None if it is gone.
        """
        now = time.monotonic()
        settled = []
        for path, waiting in [item for item in self._waiting.items() if item[1].due() <= now]:
            file = examine(path)
            if file is None:
                del self._waiting[path]
            elif file.fingerprint == waiting.file.fingerprint:
                settled.append(file)
            else:
                self.wait(file, written=waiting.written)
        return settled

    def record(self, store: Callable[[Waiting], None]) -> None:
        """Store which files are waiting, if that is new, and at most about once a second.

        A file that is complete at once is in no list: then nothing is stored.
        """
        now = time.monotonic()
        if (not self._waiting and self._recorded == NONE) or now < self._record_at:
            return
        waiting = self._listed()
        if waiting != self._recorded:
            store(waiting)
            self._recorded, self._record_at = waiting, now + RECORD_EVERY

    def _listed(self) -> Waiting:
        files = sorted((each.arrived, path) for path, each in self._waiting.items())
        listed = tuple(WaitingFile(path, since) for since, path in files[:MAX_WAITING])
        return Waiting(len(files), listed)
