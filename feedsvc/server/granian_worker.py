"""Workers of granian that share one socket, reply from the cache and lose no request.

granian has no public interface for that; `granian_parts` lists what is used of its private one.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from types import FrameType
from typing import TYPE_CHECKING, Any

from flask import Flask

from feedsvc import urls
from feedsvc.isolation import end_with
from feedsvc.media.thumbnailer import Patience
from feedsvc.server import granian_parts as parts
from feedsvc.server.slow_readers import SMALL, SlowReaders, has_unread
from feedsvc.server.sockets import BACKLOG, stop_accepting
from feedsvc.server.streaming import Protocol, Streams
from feedsvc.server.supervision import LAST, Flag, Supervisor
from feedsvc.web.media import PATIENCE
from feedsvc.web.response_cache import ResponseCache

if TYPE_CHECKING:
    # `granian.Granian` is one of two classes, which no annotation can name.
    from granian.server.common import AbstractServer

    from feedsvc.server.service_manager import ServiceManager

# In each worker, for calls of the application, so that no page holds up another. Cached
# responses are sent by one thread alone.
THREADS = 8
# For pictures and other files, of which most may wait for thumbnails.
FILE_THREADS = 20
_PATIENCE = Patience(requests=16, seconds=20.0)
# In seconds: how long a worker that ends has to read the requests on connections that it has
# accepted. A busy machine may not let it run for a tenth.
DRAIN = 0.3
# The same if there are requests that it has not begun to read.
LONGEST_DRAIN = 3.0
# How the paths of files begin.
_FILES = tuple(rule.partition("<")[0] for rule in (urls.MEDIA, urls.THUMBNAIL))
_ENDING = (signal.SIGTERM, signal.SIGINT)
_Call = Callable[[Any, dict[str, Any]], int]
_log = logging.getLogger("feedsvc")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """What each worker knows of the service: its master, and what holds for all workers."""

    master: int
    workers: int
    has_served: Flag


def serve(
    server: "AbstractServer[Any]",
    listening: socket.socket,
    language: str,
    manager: "ServiceManager | None" = None,
) -> None:
    """Serve with workers that share a listening socket, until SIGTERM or SIGINT.

    To be called only if no part is `unexpected`. `language` is that of the log. The service
    manager, if there is one, is told that the loop goes round, and of the end of reloads.
    """
    setattr(server, parts.INIT_SOCKET.name, partial(_share_socket, server, listening))
    turn: Callable[[], None] = manager.turn if manager else _nothing
    reloaded: Callable[[], None] = manager.reloaded if manager else _nothing
    spawn = partial(_spawn_blocking_signals, turn, getattr(server, parts.SPAWN_WORKER.name))
    setattr(server, parts.SPAWN_WORKER.name, spawn)
    service = _Service(
        master=os.getpid(),
        workers=server.workers,
        has_served=Flag(),
    )
    supervise = partial(_supervise, server, service.has_served, language, turn, reloaded)
    setattr(server, parts.SERVE_LOOP.name, supervise)
    server.serve(partial(_run_worker, service))


def _nothing() -> None:
    """Do nothing."""


def _supervise(
    server: "AbstractServer[Any]",
    has_served: Flag,
    language: str,
    turn: Callable[[], None],
    reloaded: Callable[[], None],
    *targets: Callable[..., Any],
) -> None:
    respawn = getattr(server, parts.RESPAWN_WORKERS.name)
    reload = getattr(server, parts.RELOAD.name)

    def reload_all() -> None:
        reload(*targets)
        reloaded()

    Supervisor(
        server,
        has_served,
        language,
        respawn=lambda workers: respawn(workers, *targets),
        reload=reload_all,
    ).run(turn)


def _share_socket(server: "AbstractServer[Any]", listening: socket.socket) -> None:
    listening.set_inheritable(True)
    is_unix = False
    holder = parts.SOCKET_HOLDER.find()(listening.fileno(), is_unix, BACKLOG)
    for name, part in (
        (parts.SPECIFICATION, None),
        (parts.HOLDER, holder),
        (parts.SOCKET, listening),
    ):
        setattr(server, name, part)


def _spawn_blocking_signals(
    turn: Callable[[], None],
    spawn: Callable[..., Any],
    *arguments: Any,  # noqa: ANN401 - granian's
    **named: Any,  # noqa: ANN401 - granian's
) -> Any:  # noqa: ANN401 - granian's
    turn()  # while many are replaced, the loop does not go round
    worker = spawn(*arguments, **named)
    setattr(worker, parts.START_WORKER.name, partial(_start_blocking_signals, worker.start))
    setattr(worker, parts.IS_ALIVE.name, partial(_is_alive, worker))
    return worker


def _is_alive(worker: Any) -> bool:  # noqa: ANN401 - granian's
    """Return whether a worker's process lives, by the pipe that closes when it ends.

    One thread of granian waits for the process; while that thread has its exit status and has
    not stored it yet, `multiprocessing` tells every other one that the process is alive.
    """
    return not wait([worker.inner.sentinel], timeout=0)


def _start_blocking_signals(start: Callable[[], None]) -> None:
    """Start a worker with signals to end blocked until it has its own handlers."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run_worker(
    service: _Service,
    worker: int,
    name: str,
    app: Callable[[], Any],
    sockets: Any,  # noqa: ANN401 - granian's
    *more: Any,  # noqa: ANN401 - granian's
) -> None:
    """Run one of the workers, in its own process, until a signal ends it or the master dies."""
    end_with(service.master)
    # A fork of the master has its handlers, which only note a signal.
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    listening = sockets[0][1].get_fd()
    parts.SET_MAIN_SIGNALS.replace(partial(_set_signals, parts.SET_MAIN_SIGNALS.find(), listening))
    begin = partial(_begin, service, worker)
    parts.WRAP.replace(partial(_wrap, begin, parts.WRAP.find()))
    parts.RUN_WORKER.find()(worker, name, app, sockets, *more)


def _set_signals(
    set_signals: Callable[..., None],
    listening: int,
    end: Callable[[int, FrameType | None], None],
) -> None:
    """Have the worker end once it has read what comes on the connections it has accepted.

    granian closes a connection of which it has read nothing, and the request on one that was
    accepted a moment ago may wait there.
    """
    woken, wake = os.pipe()

    def drain_and_end() -> None:
        number = os.read(woken, 1)[0]
        # granian waits for those who read slowly, or have sent half a request, and would be
        # killed. The kernel ends the process, even if a thread that waits keeps the others still.
        signal.alarm(LAST)
        stop_accepting(listening)
        waited = 0.0
        while waited < DRAIN or (waited < LONGEST_DRAIN and has_unread()):
            time.sleep(DRAIN)
            waited += DRAIN
        end(number, None)

    threading.Thread(target=drain_and_end, name="feedsvc-end", daemon=True).start()
    # Not in a handler of Python's: the main thread, in which these run, misses a signal that
    # comes just before it begins to wait, and would wait for the next one.
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    set_signals(lambda _number, _frame: None)


def _wrap(
    begin: Callable[[], None],
    wrap: Callable[..., _Call],
    app: Flask,
    *more: Any,  # noqa: ANN401 - granian's
) -> _Call:
    """Reply from the response cache, past what granian makes for each call of an application.

    Other responses are made by other threads: granian sends a response whenever it comes.
    """
    call_app, cache = wrap(app, *more), app.wsgi_app
    assert isinstance(cache, ResponseCache)
    threads, file_threads = ThreadPoolExecutor(THREADS), ThreadPoolExecutor(FILE_THREADS)
    streams = Streams()
    readers = SlowReaders(streams.are_busy)
    readers.start()
    begin()  # the server's threads are about to be started

    def respond(protocol: Any, scope: dict[str, Any]) -> None:  # noqa: ANN401 - granian's
        try:
            call_app(Protocol(protocol, streams, readers.hand_over), scope)
        except Exception:  # noqa: BLE001 - nobody else would log it
            # granian sends a 500 for a protocol that is dropped without a response.
            _log.exception("%.200r", scope["PATH_INFO"])

    def call(protocol: Any, scope: dict[str, Any]) -> int:  # noqa: ANN401 - granian's
        # All else that the cache reads is there already.
        scope["SCRIPT_NAME"] = ""
        cached = cache.lookup(scope)
        if cached is None:
            scope[PATIENCE] = _PATIENCE
            is_of_file = scope["PATH_INFO"].startswith(_FILES)
            (file_threads if is_of_file else threads).submit(respond, protocol, scope)
            return 0
        if len(cached.body) > SMALL:
            readers.hand_over(len(cached.body))
        protocol.response_bytes(cached.code, cached.headers, cached.body)
        return cached.code

    return call


def _begin(service: _Service, worker: int) -> None:
    service.has_served.set()
    _share_cores(worker, service.workers)


def _share_cores(worker: int, workers: int) -> None:
    """Run this thread, and those it starts, on one core, in turns that none cuts short.

    For each response the network's thread wakes another, which wakes it again. Free to go
    wherever they are woken they do that one by one; here each does all that waits for it.
    Where there are more cores than workers they stay free, or other services would meet them.
    """
    cores = sorted(os.sched_getaffinity(0))
    # A service manager may forbid either.
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if workers >= len(cores):
            os.sched_setaffinity(0, {cores[worker % len(cores)]})
