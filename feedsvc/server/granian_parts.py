"""The private parts of granian that this package uses, and what is expected of each.

`unexpected` compares them with the installed granian before any is touched.
"""

import inspect
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from types import CodeType
from typing import Any

import granian


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
SPECIFICATION, HOLDER, SOCKET = "_ssp", "_shd", "_sso"
INIT_SOCKET = Part(
    module="granian.server.mp",
    path="MPServer._init_shared_socket",
    parameters=("self",),
    reason="It opens a socket for each worker; what waits on one is reset when its worker ends.",
)
SOCKET_HOLDER = Part(
    module="granian.net",
    path="SocketHolder",
    parameters=("fd", "uds", "backlog"),
    reason="Workers accept connections from a socket in this wrapper alone.",
)
SOCKET_DESCRIPTOR = Part(
    module="granian.net",
    path="SocketHolder.get_fd",
    parameters=("self",),
    reason="A worker that ends must stop accepting on the socket that it was started with.",
)
SPAWN_WORKER = Part(
    module="granian.server.mp",
    path="MPServer._spawn_worker",
    parameters=("self", "idx", "target", "callback_loader"),
    refers_to=(SPECIFICATION, HOLDER, SOCKET),
    reason="Until a forked worker has its own handlers it would only note a signal to end.",
)
START_WORKER = Part(
    module="granian.server.mp",
    path="WorkerProcess.start",
    parameters=("self",),
    reason="Signals are blocked while it forks.",
)
IS_ALIVE = Part(
    module="granian.server.mp",
    path="WorkerProcess.is_alive",
    parameters=("self",),
    refers_to=("inner",),
    reason="A worker that has just ended is alive by it, and would be killed, with a warning.",
)
WRAP = Part(
    module="granian.server.mp",
    path="_wsgi_call_wrap",
    parameters=("callback", "scope_opts"),
    refers_to=("response_bytes",),
    reason="It makes an environment and a response object for each request, even a cached one.",
)
SET_MAIN_SIGNALS = Part(
    module="granian._signals",
    path="set_main_signals",
    parameters=("interrupt_handler",),
    reason="A worker that is to end closes accepted connections whose requests it has not read.",
)
SET_SYNC_SIGNALS = Part(
    module="granian._signals",
    path="set_sync_signals",
    parameters=(),
    refers_to=(SET_MAIN_SIGNALS.name,),
    reason="A worker sets its handlers by it; it calls the part before this.",
)
RUN_WORKER = Part(
    module="granian.server.mp",
    path="MPServer._spawn_wsgi_worker",
    parameters=("worker_id", "process_name", "callback_loader", "sock"),
    refers_to=(WRAP.name, SET_SYNC_SIGNALS.name),
    reason="It is what a worker does once the parts before this are replaced in its process.",
)
RESPAWN_WORKERS = Part(
    module="granian.server.mp",
    path="MPServer._respawn_workers",
    parameters=("self", "workers", "spawn_target", "target_loader"),
    refers_to=("wrks", "workers_kill_timeout"),
    reason="A worker that ends is replaced by it.",
)
RELOAD = Part(
    module="granian.server.mp",
    path="MPServer._reload",
    parameters=("self", "spawn_target", "target_loader"),
    refers_to=("reload_signal", RESPAWN_WORKERS.name),
    reason="All workers are replaced by it, at SIGHUP.",
)
SERVE_LOOP = Part(
    module="granian.server.mp",
    path="MPServer._serve_loop",
    parameters=("self", "spawn_target", "target_loader"),
    refers_to=("main_loop_interrupt", "interrupt_signal", "interrupt_children", RELOAD.name),
    reason="It ends the service if a worker dies soon after its start.",
)
SERVE = Part(
    module="granian.server.mp",
    path="MPServer._serve",
    parameters=("self", "spawn_target", "target_loader"),
    refers_to=(SERVE_LOOP.name,),
    reason="It calls the loop.",
)
PARTS = (
    *(INIT_SOCKET, SOCKET_HOLDER, SOCKET_DESCRIPTOR, SPAWN_WORKER, START_WORKER, IS_ALIVE),
    *(WRAP, SET_MAIN_SIGNALS, SET_SYNC_SIGNALS, RUN_WORKER),
    *(RESPAWN_WORKERS, RELOAD, SERVE_LOOP, SERVE),
)


def unexpected() -> list[str]:
    """Return the names of the parts that `serve` needs and that are not as expected."""
    faults = [f"{part.module}.{part.path}" for part in PARTS if not part.is_expected()]
    if granian.Granian.__name__ != SPAWN_WORKER.path.partition(".")[0]:
        # Without the interpreter's lock, workers are threads.
        faults.append(f"granian.{granian.Granian.__name__}")
    if multiprocessing.get_start_method() != "fork":
        # The default from Python 3.14 on; descriptors must be inherited.
        faults.append(f"multiprocessing.{multiprocessing.get_start_method()}")
    return faults
