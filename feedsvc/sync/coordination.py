"""One writer among any number of serving processes.

The writer is a process of its own, so that indexing never makes a request wait.
Whoever holds a lock on `instance/writer.lock` is the writer. Every serving
process tries that lock twice a second; the one that gets it starts the writer,
which inherits the lock and keeps it until it ends, however it ends. The writer
ends when the pipe from its parent closes, and so never outlives the service.
"""

import ctypes
import fcntl
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from feedsvc.errors import CatalogueUnavailable
from feedsvc.i18n import N_, Message, reason
from feedsvc.settings import Settings
from feedsvc.sync.loop import ACCEPT_REMOVALS, LOOK_NOW, Sync

LOCK = "writer.lock"
# In seconds.
_TRY_EVERY = 0.5
_LOOK_EVERY = 0.04
_GIVE_EVERY = 2.0
_log = logging.getLogger("feedsvc")
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


class Keeper:
    """Sees to it, from a serving process, that there is a writer.

    It also does, all the time, what else is to be done in every such process, and
    beside the requests: `look`, and giving memory back.
    """

    def __init__(self, settings: Settings, look: Callable[[], None]) -> None:
        self._settings = settings
        self._look = look
        self._child: subprocess.Popen[bytes] | None = None
        self._tending = threading.Lock()
        self._process = 0
        self._said = False

    def start(self) -> None:
        """Begin, in this process and in every one that is forked from it."""
        # A fork in the middle of `tend` would copy its half-made pipes, and keep
        # it waiting for their end.
        os.register_at_fork(
            before=self._hold_still,
            after_in_parent=self._go_on,
            after_in_child=self.be_here,
        )
        # Threads of uWSGI's master stop wherever they are once it has forked.
        uwsgi = sys.modules.get("uwsgi")
        if uwsgi is None or uwsgi.worker_id():
            self.be_here()

    def _hold_still(self) -> None:
        self._tending.acquire()

    def _go_on(self) -> None:
        self._tending.release()

    def be_here(self) -> None:
        """Begin in this process, if that was not done: not every server says that it forks."""
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        self._child = None
        self._tending = threading.Lock()
        tasks = ((self.tend, _TRY_EVERY), (self._look, _LOOK_EVERY), (_give_back, _GIVE_EVERY))
        for task, pause in tasks:
            threading.Thread(
                target=self._repeat, args=(task, pause), name="feedsvc-keeper", daemon=True
            ).start()

    def _repeat(self, task: Callable[[], None], pause: float) -> None:
        waiting = threading.Event()
        while True:
            with self._tending:
                task()
            waiting.wait(pause)

    def tend(self) -> None:
        """Start a writer if there is none."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        try:
            lock = take_lock(self._settings.instance)
            if lock is not None:
                try:
                    self._child = _start(self._settings, lock)
                finally:
                    os.close(lock)
            self._said = False
        except OSError as error:
            if not self._said:
                text = reason(error).text(self._settings.language)
                _log.error("%s: %s", error.filename or self._settings.instance, text)
            self._said = True


def _give_back() -> None:
    """Give the system the memory back that is free: glibc keeps it, a page here, a page there."""
    if _trim is not None:
        _trim(0)


def take_lock(instance: Path) -> int | None:
    """Take the writer's lock; give its descriptor, or None where another has it.

    Raises OSError where the folder cannot be written.
    """
    instance.mkdir(parents=True, exist_ok=True)
    lock = os.open(instance / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def writer_is_alive(instance: Path) -> bool:
    """Say whether somebody holds the writer's lock."""
    try:
        lock = take_lock(instance)
    except OSError:
        return False
    if lock is None:
        return True
    os.close(lock)
    return False


def scan_now(settings: Settings, *, accept_removals: bool, patience: float = 60) -> bool:
    """Have the directory scanned: by the writer, or here where there is none.

    Gives whether it was done within so many seconds. Raises OSError or
    CatalogueUnavailable where the instance folder cannot be written.
    """
    lock = take_lock(settings.instance)
    request = settings.instance / (ACCEPT_REMOVALS if accept_removals else LOOK_NOW)
    request.touch()
    if lock is not None:
        try:
            with closing(Sync(settings)) as sync:
                sync.run(lambda: request.exists() or sync.is_busy())
        finally:
            os.close(lock)
        return True
    end = time.monotonic() + patience
    while request.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return not request.exists()


def _start(settings: Settings, lock: int) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [_python(), "-c", f"from feedsvc.sync.coordination import write; write({lock})"],
        stdin=subprocess.PIPE,
        pass_fds=[lock],
        # Out of reach of Ctrl-C: it ends by its pipe.
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)},
    )
    assert child.stdin is not None
    child.stdin.write(pickle.dumps(settings))
    child.stdin.flush()
    return child


def _python() -> str:
    # Inside uWSGI sys.executable is uWSGI.
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    return str(Path(sys.exec_prefix) / "bin" / "python3")


def write(lock: int) -> None:
    """Be the writer, until standard input closes or the lock's file is gone.

    Reads the pickled settings from standard input.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings: Settings = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent wrote it
    threading.excepthook = _end_with_thread
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        sync = Sync(settings)
    except CatalogueUnavailable as error:
        _log.error("%s", error)
        sys.exit(1)
    if not settings.base_url:
        text = N_(
            "base_url is not set: feeds and pages name {url}, which readers elsewhere cannot reach"
        )
        _log.warning("%s", Message(text, {"url": settings.site}).text(settings.language))
    sync.run(lambda: _is_in_place(lock, settings.instance))


def _end_with_parent() -> None:
    # Not by way of sys.stdin, whose lock must be free when the interpreter ends.
    while os.read(0, 1):
        pass
    # At any moment: the catalogue survives kill -9, so it survives this.
    os._exit(0)


def _end_with_thread(died: threading.ExceptHookArgs) -> None:
    """End when a thread has died, watchdog's for one: the next writer begins with all of them."""
    threading.__excepthook__(died)
    os._exit(1)


def _is_in_place(lock: int, instance: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), os.stat(instance / LOCK))
    except OSError:
        return False
