"""Companions of the writer: processes that the settings ask for, one of each.

A companion is a module with a function `run()`. The writer starts it, starts it again if it
ends, after growing pauses, and it ends with the writer. Modules are named, never imported: what
is not set up is not loaded.
"""

import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from contextlib import suppress

from feedsvc.i18n import N_, Message
from feedsvc.isolation import environment, python
from feedsvc.settings import Settings

# In seconds, before a companion that has ended is started again; doubled each time.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
# In seconds: one that has lived for so long is not one that ends again and again.
STABLE = 60.0
_log = logging.getLogger("feedsvc")


def wanted(settings: Settings) -> tuple[str, ...]:
    """Return the modules of the companions that the settings ask for."""
    return ("feedsvc.desk.process",) if settings.desk.port else ()


class Companion:
    """One companion, as the writer sees it."""

    def __init__(self, module: str, settings: Settings) -> None:
        self._module = module
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0
        self._pause = FIRST_PAUSE

    def ensure(self) -> None:
        """Start the companion unless it runs, or has ended a moment ago."""
        now = time.monotonic()
        if self._child is not None and self._child.poll() is not None:
            if now - self._started > STABLE:
                self._pause = FIRST_PAUSE
            self._log(status=self._child.returncode)
            self.close()
            self._due = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        if self._child is None and now >= self._due:
            self._started = now
            self._start()

    def close(self) -> None:
        """End the companion, if it runs."""
        if self._child is not None:
            self._child.kill()  # what companions keep survives that
            self._child.wait()
            assert self._child.stdin is not None
            with suppress(BrokenPipeError):
                self._child.stdin.close()
            self._child = None

    def _log(self, status: int) -> None:
        text = N_("the process {module} ended ({status}); it is started again")
        values = {"module": self._module, "status": status}
        _log.error("%s", Message(text, values).text(self._settings.language))

    def _start(self) -> None:
        self._child = subprocess.Popen(
            [python(), "-c", f"from {self._module} import run; run()"],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env=environment(),
        )
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):  # it has ended already, which is seen at the next call
            self._child.stdin.write(pickle.dumps(self._settings))
            self._child.stdin.flush()


def settings_from_parent() -> Settings:
    """Return the settings that the parent sends, and end this process when the parent ends.

    To be called once, at the start of a process whose standard input is a pipe from it.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        settings: Settings = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent wrote it
    except EOFError:
        sys.exit(0)  # the parent ended before it had written them
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return settings


def _end_with_parent() -> None:
    # Not through sys.stdin, whose lock must be free when the interpreter ends.
    while os.read(0, 1):
        pass
    # At any moment: what the processes keep survives kill -9, so it survives this.
    os._exit(0)
