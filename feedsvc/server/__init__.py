"""granian, set up for what is served here: short answers, most of them from memory.

The listening socket is opened once and shared by all workers, so that what waits
on it is lost neither when a worker is replaced nor, if the service manager holds
the socket (sd_listen_fds(3)), when the service is restarted.
"""

import gc
import logging
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from granian import Granian, _signals
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server import mp

from feedsvc.errors import SettingsError
from feedsvc.settings import Settings, load
from feedsvc.web.response_cache import ResponseCache

BACKLOG = 2048
# How long a request may take to come, and how long a connection may stay unused.
HEADER_TIMEOUT = 15_000
# What a request's head may take at most, in bytes.
LONGEST_HEAD = 65_536
# Connections at once, in each worker: slow ones cost memory, not threads.
CONNECTIONS = 8_192
# Of each worker, for calls of the application, so that no page holds up another. What is
# in memory is answered by one thread alone.
THREADS = 8
# In seconds: how long a new worker has before the old one goes, and that one to finish.
OVERLAP = 1.0
FINISH = 10
# In seconds: how long a worker that ends has to read what it has taken, and takes no more.
# A busy machine may not let it run for a tenth.
HEAR = 0.3
# The first descriptor that a service manager passes.
_PASSED = 3
_ENDING = (signal.SIGTERM, signal.SIGINT)
_Call = Callable[[Any, dict[str, Any]], int]
_log = logging.getLogger("feedsvc")


def listen(settings: Settings) -> socket.socket:
    """Open the listening socket, or take it from the service manager. Raises OSError."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        listening = socket.socket(fileno=_PASSED)
    else:
        listening = _bound(settings)
    # A connection is taken once its request is there, so that a worker that is to end
    # has read it in a moment.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, HEADER_TIMEOUT // 1000)
    return listening


def _bound(settings: Settings) -> socket.socket:
    where = (settings.serve.host, settings.serve.port)
    family, kind, protocol, _, address = socket.getaddrinfo(*where, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class Server(Granian):  # type: ignore[misc,valid-type]  # it is one of two classes
    """The master of the workers: replaces them on SIGHUP, ends them on SIGTERM."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        super().__init__(
            "feedsvc.app:create_app",
            factory=True,
            address=settings.serve.host,
            port=settings.serve.port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADER_TIMEOUT, max_buffer_size=LONGEST_HEAD
            ),
            workers=settings.serve.workers or os.cpu_count() or 1,
            blocking_threads=1,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            websockets=False,
            respawn_failed_workers=True,
            respawn_interval=OVERLAP,
            workers_kill_timeout=FINISH,
            log_level=LogLevels.warning,
        )
        self._listening = listening

    def _init_shared_socket(self) -> None:
        # granian would open a socket for each worker; what waits on one is reset
        # when its worker goes.
        self._listening.set_inheritable(True)
        self._ssp, self._sso = None, self._listening
        is_unix = False
        self._shd = SocketHolder(self._listening.fileno(), is_unix, BACKLOG)  # type: ignore[call-arg]

    def _spawn_worker(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        worker = super()._spawn_worker(*arguments, **named)
        worker.start = partial(_start_unheard, worker.start)
        return worker

    def signal_handler_reload(self, number: int, frame: FrameType | None) -> None:
        """Have the workers replaced by ones with the settings of now, if those are good."""
        try:
            load()
        except SettingsError as error:
            _log.error("%s", error)
        else:
            super().signal_handler_reload(number, frame)


def _start_unheard(start: Callable[[], None]) -> None:
    """Start a worker so that a signal waits for as long as it is a mere copy of the master."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(settings: Settings, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # Otherwise the first collection of garbage in a worker makes copies of all it shares.
    gc.collect()
    gc.freeze()
    server = Server(settings, listening)
    server.serve(partial(_work, server.workers))


def _work(
    workers: int,
    worker: int,
    name: str,
    app: Callable[[], Any],
    sockets: Any,  # noqa: ANN401
    *more: Any,  # noqa: ANN401
) -> None:
    """Be one of granian's workers, but one that hears all whom it has taken before it ends.

    granian closes what it has read nothing of, and the request of a connection that was
    taken a moment ago may wait there.
    """
    # It is a fork of the master, and until it serves would only note a signal, as that does.
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    listening = sockets[0][1].get_fd()
    set_signals = _signals.set_main_signals

    def set_own_signals(end: Callable[[int, FrameType | None], None]) -> None:
        def hear_and_end(number: int, frame: FrameType | None) -> None:
            _take_no_more(listening)
            # The thread that is held up here has nothing to do but wait for signals.
            time.sleep(HEAR)
            end(number, frame)

        set_signals(hear_and_end)  # type: ignore[no-untyped-call]

    place = partial(_share_a_core, worker, workers)
    wrap = partial(_recalling, place, mp._wsgi_call_wrap)  # type: ignore[attr-defined]  # noqa: SLF001
    mp._wsgi_call_wrap = wrap  # type: ignore[attr-defined]  # noqa: SLF001
    _signals.set_main_signals = set_own_signals  # type: ignore[assignment]
    Granian._spawn_wsgi_worker(worker, name, app, sockets, *more)  # noqa: SLF001


def _recalling(
    place: Callable[[], None],
    wrap: Callable[..., _Call],
    app: Flask,
    *more: Any,  # noqa: ANN401
) -> _Call:
    """Answer from the memo, past what granian makes for each call of an application.

    What is not there is made by other threads: granian sends an answer whenever it comes.
    """
    usual, memo = wrap(app, *more), app.wsgi_app
    assert isinstance(memo, ResponseCache)
    makers = ThreadPoolExecutor(THREADS)
    # The application is there; the server's threads are about to be started.
    place()

    def make(protocol: Any, scope: dict[str, Any]) -> None:  # noqa: ANN401
        try:
            usual(protocol, scope)
        except Exception:  # noqa: BLE001 - there is nobody else who would tell
            # Of a protocol that is let go without an answer granian makes a 500.
            _log.exception("%s", scope["PATH_INFO"])

    def call(protocol: Any, scope: dict[str, Any]) -> int:  # noqa: ANN401
        # All but this the memo looks at is there already.
        scope["SCRIPT_NAME"] = ""
        found = memo.lookup(scope)
        if found is None:
            makers.submit(make, protocol, scope)
            return 0
        protocol.response_bytes(found.code, found.headers, found.body)
        return found.code

    return call


def _share_a_core(worker: int, workers: int) -> None:
    """Have this thread, and those it starts, run on one core in turns that none cuts short.

    Of each answer the network's thread wakes another, which wakes it again. Free to go
    wherever they are woken they do that one by one; here each does all that waits for it.
    Where there are more cores than workers they may go, or other services would meet them.
    """
    cores = sorted(os.sched_getaffinity(0))
    # A service manager may forbid either.
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if workers >= len(cores):
            os.sched_setaffinity(0, {cores[worker % len(cores)]})


def _take_no_more(listening: int) -> None:
    """Have this process take no connection any more; others go on with the same socket."""
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if str(descriptor.readlink()) == "anon_inode:[eventpoll]":
                _let_go(int(descriptor.name), listening)


def _let_go(waiting: int, listening: int) -> None:
    # In this order: once the descriptor is another's, nobody can tell the kernel any more
    # that the socket is not waited for, and it would wake who has long forgotten it.
    with select.epoll.fromfd(os.dup(waiting)) as poll:
        poll.unregister(listening)
    # Whoever is about to take a connection finds that there is none.
    with socket.socket(socket.AF_UNIX) as silent:
        silent.setblocking(False)  # noqa: FBT003
        silent.bind("")
        silent.listen()
        os.dup2(silent.fileno(), listening, inheritable=False)
