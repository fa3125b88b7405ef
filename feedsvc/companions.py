"""Companions of the writer: processes that the settings ask for, one of each.

A companion is a module with a function `run()`. The writer starts it, starts it again if it
ends, after growing pauses, and it ends with the writer. Modules are named, never imported: what
is not set up is not loaded.
"""

import fcntl
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from feedsvc import logs
from feedsvc.i18n import N_, Message, reason
from feedsvc.isolation import start
from feedsvc.settings import Settings

# In seconds, before a companion that has ended is started again; doubled each time.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
# In seconds: one that has lived for so long is not one that ends again and again.
STABLE = 60.0
_UNBROKEN = {"feedsvc.outbox.process": "outbox.sqlite3"}
_log = logging.getLogger("feedsvc")


def wanted(settings: Settings) -> tuple[str, ...]:
    """Return the modules of the companions that the settings ask for."""
    is_told = settings.mail.host or settings.problems_folder or settings.desk.port
    return (
        *(("feedsvc.outbox.process",) if settings.has_outbox else ()),
        *(("feedsvc.purging.process",) if settings.has_purging else ()),
        *(("feedsvc.desk.process",) if settings.desk.port else ()),
        *(("feedsvc.telling.process",) if is_told else ()),
    )


def forget(settings: Settings) -> None:
    """Remove what only a companion that is wanted without a break may keep.

    One that is set up again would otherwise take up where it left off, however long ago.
    """
    for module, name in _UNBROKEN.items():
        if module not in wanted(settings):
            for suffix in ("", "-wal", "-shm"):
                with suppress(OSError):
                    (settings.instance / f"{name}{suffix}").unlink()


class Companion:
    """One companion, as the writer sees it."""

    def __init__(self, module: str, settings: Settings) -> None:
        self._module = module
        # Old addresses may be many; a pipe holds 64 KB, and the writer must not wait for it.
        self._settings = replace(settings, redirects=(), old_permalinks=())
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0
        self._pause = FIRST_PAUSE
        self._is_logged = False

    def ensure(self) -> None:
        """Start the companion unless it runs, or has ended a moment ago; log a failure once."""
        now = time.monotonic()
        if self._child is not None and self._child.poll() is not None:
            self._note_end(self._child.returncode, now)
        if self._child is None and now >= self._due:
            try:
                self._child = _start(self._module, self._settings)
                self._started = now
            except OSError as error:
                self._due = now + LONGEST_PAUSE
                text = N_("the process {module} cannot be started: {reason}")
                self._log_once(text, reason=reason(error))

    def ask_to_end(self) -> None:
        """Ask the companion to end (SIGTERM), if it runs."""
        if self._child is not None:
            self._child.terminate()

    def close(self, patience: float = 0.0) -> None:
        """End the companion, if it runs and does not end by itself within so many seconds."""
        if self._child is not None:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(patience)
            self._child.kill()  # what companions keep survives that
            self._child.wait()
            assert self._child.stdin is not None
            with suppress(BrokenPipeError):
                self._child.stdin.close()
            self._child = None

    def _note_end(self, status: int, now: float) -> None:
        if now - self._started > STABLE:
            self._pause = FIRST_PAUSE
            self._is_logged = False
        self._log_once(
            N_("the process {module} ended ({status}); it is started again"), status=status
        )
        self.close()
        self._due = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _log_once(self, text: str, **values: object) -> None:
        if not self._is_logged:
            message = Message(text, {"module": self._module, **values})
            _log.error("%s", message.text(self._settings.language))
        self._is_logged = True


def _start(module: str, settings: Settings) -> subprocess.Popen[bytes]:
    child = start(f"from {module} import run; run()", stdin=subprocess.PIPE)
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # it has ended already, which is seen at the next call
        child.stdin.write(pickle.dumps(settings))
        child.stdin.flush()
    return child


@contextmanager
def alone(settings: Settings, lock: str) -> Iterator[None]:
    """Wait until no other process has this lock in the instance folder; hold it in the context.

    A companion that is about to end may still have it. Raises OSError.
    """
    with (settings.instance / lock).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def settings_from_parent() -> Settings:
    """Return the settings that the parent sends; end this process when the parent ends.

    It also ends if one of its threads dies: the next one starts them all. To be called once, at
    the start of a process whose standard input is a pipe from the parent.
    """
    try:
        settings: Settings = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent wrote it
    except EOFError:
        sys.exit(0)  # the parent ended before it had written them
    logs.set_up(settings.log.format)
    threading.excepthook = _end_with_thread
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return settings


def _end_with_parent() -> None:
    # Not through sys.stdin, whose lock must be free when the interpreter ends.
    while os.read(0, 1):
        pass
    # At any moment: what the processes keep survives kill -9, so it survives this.
    os._exit(0)


def _end_with_thread(died: threading.ExceptHookArgs) -> None:
    logs.log_uncaught(died.exc_type, died.exc_value, died.exc_traceback)
    os._exit(1)
