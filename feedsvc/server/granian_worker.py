"""Workers of granian that share one socket, reply from the cache and lose no request.

granian has no public interface for that. `PARTS` lists every private part of it that is used
here, and `unexpected` compares them with the installed granian before any is touched.
"""

import inspect
import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from operator import attrgetter
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import granian
from flask import Flask

from feedsvc.server.sockets import BACKLOG, stop_accepting
from feedsvc.web.response_cache import ResponseCache

if TYPE_CHECKING:
    # `granian.Granian` is one of two classes, which no annotation can name.
    from granian.server.common import AbstractServer

# In each worker, for calls of the application, so that no page holds up another. Cached
# responses are sent by one thread alone.
THREADS = 8
# In seconds: how long a worker that ends has to read the requests on connections that it has
# accepted. A busy machine may not let it run for a tenth.
DRAIN = 0.3
_ENDING = (signal.SIGTERM, signal.SIGINT)
_Call = Callable[[Any, dict[str, Any]], int]
_log = logging.getLogger("feedsvc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A private part of granian, as it is in the version this module was written for.

    `parameters` are the first that its signature has. `refers_to` are names that must stand
    in its code, in functions within it too: what is replaced under them takes effect.
    """

    module: str
    path: str
    parameters: tuple[str, ...]
    reason: str
    refers_to: tuple[str, ...] = ()

    def find(self) -> Any:  # noqa: ANN401 - what it is only granian knows
        """Return the part. Raises ImportError or AttributeError if it is not there."""
        return attrgetter(self.path)(import_module(self.module))

    def replace(self, part: object) -> None:
        """Put another in the place of the part, for all who look it up in its module."""
        setattr(import_module(self.module), self.path, part)

    @property
    def name(self) -> str:
        """The last name of the path, which is its attribute in an instance."""
        return self.path.rpartition(".")[2]

    def is_expected(self) -> bool:
        """Return whether the installed granian has it as it is described here."""
        try:
            part = self.find()
            # The signature of the function itself, not of the one that it wraps.
            parameters = tuple(inspect.signature(part, follow_wrapped=False).parameters)
        except (ImportError, AttributeError, TypeError, ValueError):
            return False
        names = set(_names(getattr(inspect.unwrap(part), "__code__", None)))
        return parameters[: len(self.parameters)] == self.parameters and names.issuperset(
            self.refers_to
        )


def _names(code: CodeType | None) -> Iterator[str]:
    if code is not None:
        yield from code.co_names
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from _names(constant)


# The attributes of the master that each worker is started with.
_SPECIFICATION, _HOLDER, _SOCKET = "_ssp", "_shd", "_sso"
_INIT_SOCKET = Part(
    module="granian.server.mp",
    path="MPServer._init_shared_socket",
    parameters=("self",),
    reason="It opens a socket for each worker; what waits on one is reset when its worker ends.",
)
_SOCKET_HOLDER = Part(
    module="granian.net",
    path="SocketHolder",
    parameters=("fd", "uds", "backlog"),
    reason="Workers accept connections from a socket in this wrapper alone.",
)
_SOCKET_DESCRIPTOR = Part(
    module="granian.net",
    path="SocketHolder.get_fd",
    parameters=("self",),
    reason="A worker that ends must stop accepting on the socket that it was started with.",
)
_SPAWN_WORKER = Part(
    module="granian.server.mp",
    path="MPServer._spawn_worker",
    parameters=("self", "idx", "target", "callback_loader"),
    refers_to=(_SPECIFICATION, _HOLDER, _SOCKET),
    reason="Until a forked worker has its own handlers it would only note a signal to end.",
)
_START_WORKER = Part(
    module="granian.server.mp",
    path="WorkerProcess.start",
    parameters=("self",),
    reason="Signals are blocked while it forks.",
)
_WRAP = Part(
    module="granian.server.mp",
    path="_wsgi_call_wrap",
    parameters=("callback", "scope_opts"),
    refers_to=("response_bytes",),
    reason="It makes an environment and a response object for each request, even a cached one.",
)
_SET_MAIN_SIGNALS = Part(
    module="granian._signals",
    path="set_main_signals",
    parameters=("interrupt_handler",),
    reason="A worker that is to end closes accepted connections whose requests it has not read.",
)
_SET_SYNC_SIGNALS = Part(
    module="granian._signals",
    path="set_sync_signals",
    parameters=(),
    refers_to=(_SET_MAIN_SIGNALS.name,),
    reason="A worker sets its handlers by it; it calls the part before this.",
)
_RUN_WORKER = Part(
    module="granian.server.mp",
    path="MPServer._spawn_wsgi_worker",
    parameters=("worker_id", "process_name", "callback_loader", "sock"),
    refers_to=(_WRAP.name, _SET_SYNC_SIGNALS.name),
    reason="It is what a worker does once the parts before this are replaced in its process.",
)
PARTS = (
    *(_INIT_SOCKET, _SOCKET_HOLDER, _SOCKET_DESCRIPTOR, _SPAWN_WORKER, _START_WORKER),
    *(_WRAP, _SET_MAIN_SIGNALS, _SET_SYNC_SIGNALS, _RUN_WORKER),
)


def unexpected() -> list[str]:
    """Return the names of the parts that `serve` needs and that are not as expected."""
    faults = [f"{part.module}.{part.path}" for part in PARTS if not part.is_expected()]
    if granian.Granian.__name__ != _SPAWN_WORKER.path.partition(".")[0]:
        # Without the interpreter's lock, workers are threads.
        faults.append(f"granian.{granian.Granian.__name__}")
    if multiprocessing.get_start_method() != "fork":
        # The default from Python 3.14 on; descriptors must be inherited.
        faults.append(f"multiprocessing.{multiprocessing.get_start_method()}")
    return faults


def serve(server: "AbstractServer[Any]", listening: socket.socket) -> None:
    """Serve with workers that share a listening socket, until SIGTERM or SIGINT.

    To be called only if nothing is `unexpected`.
    """
    setattr(server, _INIT_SOCKET.name, partial(_share_socket, server, listening))
    spawn = partial(_spawn_blocking_signals, getattr(server, _SPAWN_WORKER.name))
    setattr(server, _SPAWN_WORKER.name, spawn)
    server.serve(partial(_run_worker, server.workers))


def _share_socket(server: "AbstractServer[Any]", listening: socket.socket) -> None:
    listening.set_inheritable(True)
    is_unix = False
    holder = _SOCKET_HOLDER.find()(listening.fileno(), is_unix, BACKLOG)
    for name, part in ((_SPECIFICATION, None), (_HOLDER, holder), (_SOCKET, listening)):
        setattr(server, name, part)


def _spawn_blocking_signals(spawn: Callable[..., Any], *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - granian's
    worker = spawn(*arguments, **named)
    setattr(worker, _START_WORKER.name, partial(_start_blocking_signals, worker.start))
    return worker


def _start_blocking_signals(start: Callable[[], None]) -> None:
    """Start a worker with signals to end blocked until it has its own handlers."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run_worker(
    workers: int,
    worker: int,
    name: str,
    app: Callable[[], Any],
    sockets: Any,  # noqa: ANN401 - granian's
    *more: Any,  # noqa: ANN401 - granian's
) -> None:
    """Run one of so many workers, in its own process, until a signal ends it."""
    # A fork of the master has its handlers, which only note a signal.
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    listening = sockets[0][1].get_fd()
    _SET_MAIN_SIGNALS.replace(partial(_set_signals, _SET_MAIN_SIGNALS.find(), listening))
    _WRAP.replace(partial(_wrap, partial(_share_cores, worker, workers), _WRAP.find()))
    _RUN_WORKER.find()(worker, name, app, sockets, *more)


def _set_signals(
    set_signals: Callable[..., None],
    listening: int,
    end: Callable[[int, FrameType | None], None],
) -> None:
    """Have the worker end once it has read what comes on the connections it has accepted.

    granian closes a connection of which it has read nothing, and the request on one that was
    accepted a moment ago may wait there.
    """

    def drain_and_end(number: int, frame: FrameType | None) -> None:
        stop_accepting(listening)
        # The thread that sleeps here does nothing but wait for signals.
        time.sleep(DRAIN)
        end(number, frame)

    set_signals(drain_and_end)


def _wrap(
    place: Callable[[], None],
    wrap: Callable[..., _Call],
    app: Flask,
    *more: Any,  # noqa: ANN401 - granian's
) -> _Call:
    """Reply from the response cache, past what granian makes for each call of an application.

    Other responses are made by other threads: granian sends a response whenever it comes.
    """
    call_app, cache = wrap(app, *more), app.wsgi_app
    assert isinstance(cache, ResponseCache)
    threads = ThreadPoolExecutor(THREADS)
    # The application is there; the server's threads are about to be started.
    place()

    def respond(protocol: Any, scope: dict[str, Any]) -> None:  # noqa: ANN401 - granian's
        try:
            call_app(protocol, scope)
        except Exception:  # noqa: BLE001 - nobody else would log it
            # granian sends a 500 for a protocol that is dropped without a response.
            _log.exception("%s", scope["PATH_INFO"])

    def call(protocol: Any, scope: dict[str, Any]) -> int:  # noqa: ANN401 - granian's
        # All else that the cache reads is there already.
        scope["SCRIPT_NAME"] = ""
        cached = cache.lookup(scope)
        if cached is None:
            threads.submit(respond, protocol, scope)
            return 0
        protocol.response_bytes(cached.code, cached.headers, cached.body)
        return cached.code

    return call


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
