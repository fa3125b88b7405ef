"""granian configured for short, mostly cached responses. No other package knows it.

The listening socket is opened once and shared by all workers, so what waits on it is not
lost when a worker is replaced nor, if the service manager holds the socket, when the service
is restarted. granian's public interface cannot do that; `granian_worker` holds what can, and
without it the service runs on the public interface alone.
"""

import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from feedsvc import logs
from feedsvc.errors import SettingsError
from feedsvc.i18n import N_, Message
from feedsvc.server import granian_parts, granian_worker, header_names, public_worker, sockets
from feedsvc.server.slow_readers import max_connections
from feedsvc.server.sockets import listen
from feedsvc.server.supervision import FINISH, Respawns
from feedsvc.settings import Settings, load

if TYPE_CHECKING:
    # `granian.Granian` is one of two classes, which no annotation can name.
    from granian.server.common import AbstractServer

    from feedsvc.server.service_manager import ServiceManager

__all__ = ["FINISH", "listen", "serve"]

# In milliseconds: how long a request's head may take to come, and a connection stay unused.
HEADER_TIMEOUT = sockets.DEFER_ACCEPT * 1000
# In bytes.
MAX_HEAD = 16_384
# In seconds: how long a new worker has before the old one ends.
OVERLAP = 1.0
_log = logging.getLogger("feedsvc")


def serve(settings: Settings, listening: socket.socket) -> None:
    """Serve on the socket that `listen` returned, until SIGTERM or SIGINT."""
    manager = _service_manager(listening)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # Otherwise the first garbage collection in a worker copies every page it shares.
    gc.collect()
    gc.freeze()
    if not header_names.ignore_underscores():
        text = N_(
            "granian {version} has changed inside: headers with underscores in their names may"
            " replace others, unless a server in front drops them: install the version named in"
            " requirements/run.txt"
        )
        values = {"version": granian.__version__}
        _log.warning("%s", Message(text, values).text(settings.language))
    if unexpected := granian_parts.unexpected():
        _serve_publicly(settings, listening, unexpected, manager)
    else:
        server = _server(settings, listening, blocking_threads=1)
        server.on_startup(partial(_take_signals, manager))
        granian_worker.serve(server, listening, settings.language, manager)


def _service_manager(listening: socket.socket) -> "ServiceManager | None":
    """Return the service manager, if there is one that wants to be told anything."""
    if not os.environ.get("NOTIFY_SOCKET"):
        return None
    from feedsvc.server.service_manager import service_manager  # noqa: PLC0415 - seldom needed

    return service_manager(listening)


def _serve_publicly(
    settings: Settings,
    listening: socket.socket,
    unexpected: Sequence[str],
    manager: "ServiceManager | None",
) -> None:
    """Serve through granian's public interface alone: slower, on sockets of its own."""
    values = {"version": granian.__version__, "parts": ", ".join(unexpected)}
    text = N_(
        "granian {version} has changed inside ({parts}); the service works, but slower:"
        " install the version named in requirements/run.txt"
    )
    if sockets.is_passed():
        text = N_(
            "granian {version} has changed inside ({parts}) and cannot use the socket that the"
            " service manager passes: install the version named in requirements/run.txt"
        )
        _log.error("%s", Message(text, values).text(settings.language))
        sys.exit(2)
    _log.warning("%s", Message(text, values).text(settings.language))
    # granian warns of more.
    threads = min(granian_worker.THREADS, 2 * (os.cpu_count() or 1) + 1)
    server = _server(settings, listening, blocking_threads=threads, target=public_worker.TARGET)
    # In no documentation of granian; where it has no effect, a worker that dies soon after its
    # start ends the service.
    server.respawned_wrks = Respawns(public_worker.HAS_SERVED)
    server.on_startup(partial(_take_signals, manager))
    if manager is not None:
        # There is no public word of its end.
        server.on_reload(manager.reloaded)
    # granian cannot bind its sockets while this one has the address.
    listening.close()
    server.serve()


def _server(
    settings: Settings,
    listening: socket.socket,
    *,
    blocking_threads: int,
    target: str = "feedsvc.app:create_app",
) -> "AbstractServer[Any]":
    address, port = listening.getsockname()[:2]
    server = granian.Granian(
        target,
        factory=True,
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT, max_buffer_size=MAX_HEAD),
        workers=settings.serve.workers or os.cpu_count() or 1,
        blocking_threads=blocking_threads,
        backlog=sockets.BACKLOG,
        backpressure=max_connections(),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=OVERLAP,
        workers_kill_timeout=FINISH,
        log_level=LogLevels.warning,
    )
    # granian has just set up a log of its own.
    logs.adopt("_granian")
    return server


def _take_signals(manager: "ServiceManager | None") -> None:
    """Let SIGHUP replace the workers only if the settings they would load are valid.

    Tell the service manager, if there is one, what signals have begun, and when workers answer.
    """
    reload = signal.getsignal(signal.SIGHUP)
    assert callable(reload)

    def validate(number: int, frame: FrameType | None) -> None:
        if manager is not None:
            manager.reloading()
        try:
            load()
        except SettingsError as error:
            _log.error("%s", error)
            if manager is not None:
                manager.refused(str(error))
        else:
            reload(number, frame)

    signal.signal(signal.SIGHUP, validate)
    if manager is not None:
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, partial(_end, manager, signal.getsignal(ending)))
        manager.start()


def _end(
    manager: "ServiceManager",
    end: Any,  # noqa: ANN401 - granian's handler
    number: int,
    frame: FrameType | None,
) -> None:
    manager.stopping()
    end(number, frame)
