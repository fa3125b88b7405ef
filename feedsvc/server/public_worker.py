"""A worker on granian's public interface alone, which only loads an application."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from feedsvc.isolation import end_with
from feedsvc.server.slow_readers import SlowReaders
from feedsvc.server.supervision import LAST, Flag

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# How granian finds the application.
TARGET = f"{__name__}:create_app"
# Known to a worker only if it is forked from the master.
HAS_SERVED = Flag()


def create_app() -> "WSGIApplication":
    """Return the application for one worker, which ends with the master."""
    master = multiprocessing.parent_process()
    if master is not None and master.pid is not None:
        end_with(master.pid)
    _end_in_time()
    # The server knows no application; this is the name that it would give to granian.
    app: WSGIApplication = resolve_name("feedsvc.app:create_app")()
    readers = SlowReaders(are_streams_busy=lambda: False)
    readers.start()
    HAS_SERVED.set()

    def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = app(environ, start_response)
        if isinstance(body, list):
            readers.hand_over(sum(map(len, body)))
        return body

    return call


def _end_in_time() -> None:
    """Have this process end some seconds after a signal to end, whoever still reads.

    granian waits for all who do, and would be killed.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    # Written to for each signal, whatever handlers granian sets.
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def end() -> None:
        while os.read(woken, 1)[0] not in (signal.SIGTERM, signal.SIGINT):
            pass
        # By the kernel, even if a thread that waits keeps the others still.
        signal.alarm(LAST)

    threading.Thread(target=end, name="feedsvc-end", daemon=True).start()
