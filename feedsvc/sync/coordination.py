"""One writer among any number of serving processes.

The writer is a process of its own, so that indexing never makes a request wait. The process
that holds a lock on `instance/writer.lock` is the writer. Every serving process tries that
lock every two seconds; the one that gets it starts the writer, which inherits the lock and keeps
it until it ends, however it ends. The writer ends when the pipe from its parent closes, so it
never outlives the service.
"""

import fcntl
import logging
import os
import pickle
import subprocess
from pathlib import Path

from feedsvc.i18n import reason
from feedsvc.isolation import start
from feedsvc.settings import Settings

LOCK = "writer.lock"
# In seconds: how often a serving process sees whether there is a writer.
ENSURE_EVERY = 2.0
_log = logging.getLogger("feedsvc")


def take_lock(instance: Path) -> int | None:
    """Take the writer's lock; return its descriptor, or None if another process has it.

    Raises OSError if the instance folder cannot be written.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        lock = os.open(instance / LOCK, flags, 0o644)
    except (FileNotFoundError, NotADirectoryError):
        instance.mkdir(parents=True, exist_ok=True)
        lock = os.open(instance / LOCK, flags, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def holds_lock(lock: int, instance: Path) -> bool:
    """Return whether the lock's file is still the one in the instance folder."""
    try:
        return os.path.samestat(os.fstat(lock), os.stat(instance / LOCK))
    except OSError:
        return False


def writer_is_alive(instance: Path) -> bool:
    """Return whether some process holds the writer's lock."""
    try:
        lock = take_lock(instance)
    except OSError:
        return False
    if lock is None:
        return True
    os.close(lock)
    return False


class WriterSupervisor:
    """Makes sure, from a serving process, that there is a writer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._is_logged = False

    def ensure_writer(self) -> None:
        """Start a writer if there is none; log a failure once."""
        if self._process != os.getpid():
            # A child that was started before a fork belongs to the parent.
            self._process, self._child = os.getpid(), None
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        try:
            lock = take_lock(self._settings.instance)
            if lock is not None:
                try:
                    self._child = _start(self._settings, lock)
                finally:
                    os.close(lock)
            self._is_logged = False
        except OSError as error:
            if not self._is_logged:
                text = reason(error).text(self._settings.language)
                _log.error("%s: %s", error.filename or self._settings.instance, text)
            self._is_logged = True


def _start(settings: Settings, lock: int) -> subprocess.Popen[bytes]:
    code = f"from feedsvc.sync.writer_process import run; run({lock})"
    child = start(code, stdin=subprocess.PIPE, pass_fds=(lock,))
    assert child.stdin is not None
    child.stdin.write(pickle.dumps(settings))
    child.stdin.flush()
    return child
