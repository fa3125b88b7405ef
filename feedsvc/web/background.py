"""Background tasks: what every serving process repeats beside answering requests."""

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable

# In seconds of processor time: a process that has worked so little has freed next to nothing.
WORKED = 0.02
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


# A function that is called again and again, and the pause after each call: so many seconds, or as
# long as another function takes.
Task = tuple[Callable[[], None], float | Callable[[], None]]


class BackgroundTasks:
    """Functions that are called again and again, each in a thread of its own."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = tasks
        self._process = 0
        # Held during each call, so that no fork happens in the middle of one.
        self._calling = threading.Lock()

    def start(self) -> None:
        """Start in this process, and in every process that is forked from it."""
        # A fork in the middle of starting the writer would copy its half-made pipes, and
        # keep it waiting for their end.
        os.register_at_fork(
            before=self._hold,
            after_in_parent=self._go_on,
            after_in_child=self.start_in_process,
        )
        # Threads of uWSGI's master stop wherever they are when it forks.
        uwsgi = sys.modules.get("uwsgi")
        if uwsgi is None or uwsgi.worker_id():
            self.start_in_process()

    def _hold(self) -> None:
        self._calling.acquire()

    def _go_on(self) -> None:
        self._calling.release()

    def start_in_process(self) -> None:
        """Start the threads once per process; some servers fork silently."""
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        self._calling = threading.Lock()
        for task in self._tasks:
            threading.Thread(
                target=self._repeat, args=task, name="feedsvc-background", daemon=True
            ).start()

    def _repeat(self, task: Callable[[], None], pause: float | Callable[[], None]) -> None:
        waiting = threading.Event()
        while True:
            with self._calling:
                task()
            if callable(pause):
                pause()
            else:
                waiting.wait(pause)


class MemoryRelease:
    """Returns free heap pages to the kernel, which glibc would keep, if there may be any."""

    def __init__(self) -> None:
        self._spent = 0.0

    def release(self) -> None:
        """Return what is free, unless this process has hardly worked since the last time."""
        spent = time.process_time()
        if _trim is not None and spent - self._spent >= WORKED:
            _trim(0)
            self._spent = spent
