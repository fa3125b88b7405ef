"""The watch over the entries folder: that it goes on, and what is told if it cannot."""

import errno
import logging
import time
from collections.abc import Callable

from feedsvc.errors import EntriesUnavailable
from feedsvc.storage.status import watch_fault
from feedsvc.sync.watcher import Watcher

# In seconds, between two tries whether the kernel would watch another folder, if none has come:
# giving that up again takes the kernel some milliseconds.
FREE_WATCHES_EVERY = 30.0
_log = logging.getLogger("feedsvc")


class Watch:
    """What looks after the watcher of a folder; `fault` is the name of an error, or ''.

    It is None if it is not recorded yet.
    """

    def __init__(self, watcher: Watcher, language: str) -> None:
        self._watcher = watcher
        self._language = language
        self._is_folder_there = True
        self._try_at = 0.0
        self.fault: str | None = None

    def tend(self, record: Callable[[str], None]) -> bool:
        """Watch the folder that is there now; return whether to scan it at once.

        That is so if it has come or gone. `record` stores a new fault, or that there is none.
        """
        try:
            is_new = self._watcher.watch_current()
            fault = self._refusal()
        except EntriesUnavailable:
            was_there, self._is_folder_there = self._is_folder_there, False
            return was_there
        except OSError as error:
            is_new, fault = False, errno.errorcode.get(error.errno or 0, "?")
        self._is_folder_there = True
        if fault != self.fault:
            record(fault)
            if fault:
                _log.error("%s", watch_fault(fault).text(self._language))
            elif self.fault:
                self._watcher.stop()  # now it may be able to watch every folder
            self.fault = fault
        return is_new

    def expect_folders(self) -> None:
        """Have the next `tend` try whether the kernel would watch another folder."""
        self._try_at = 0.0

    def _refusal(self) -> str:
        """Return for what error the kernel watches no further folder, asked now and then."""
        now = time.monotonic()
        if now < self._try_at:
            return self.fault or ""
        try:
            self._watcher.require_free_watches()
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, "?")
        self._try_at = now + FREE_WATCHES_EVERY
        return ""
