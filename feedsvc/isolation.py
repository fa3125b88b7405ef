"""Isolation: a child process that works on untrusted input within limits, and may die of it.

The parent sends requests; the child answers each with one reply, in order. The kernel ends the
child once a request has taken too much processor time, and refuses it memory beyond a limit.
The child ends when its connection is closed, and is killed if its parent dies.
"""

import ctypes
import os
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from socket import SO_RCVTIMEO, SOL_SOCKET, recv_fds, send_fds, socket, socketpair
from typing import Literal, NoReturn

# Returns the reply to a request.
Answer = Callable[[bytes], bytes]
# The same, for requests that come with the descriptor of an open file.
FileAnswer = Callable[[bytes, int], bytes]
Cause = Literal["time", "memory", "crash", "killed"]

# In seconds: how long a child that has begun a reply may stop before it goes on.
STALLED = 20
# The exit status of a child that could not get the memory that a request needed.
_NO_MEMORY = 3
# What a status says; anything else is a crash. Libraries that get no memory abort.
_CAUSES: dict[int, Cause] = {
    -signal.SIGPROF: "time",
    _NO_MEMORY: "memory",
    -signal.SIGABRT: "memory",
    -signal.SIGKILL: "killed",
    -signal.SIGTERM: "killed",
    -signal.SIGINT: "killed",
    -signal.SIGHUP: "killed",
    0: "killed",
}
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use.

    `processor` is in seconds for each request, `memory` in bytes beyond what the child starts
    with, `descriptors` the number of open files, `nice` by how much it gives way to others.
    """

    processor: float
    memory: int
    descriptors: int = 32
    nice: int = 0


class ChildDied(Exception):
    """A child died. `cause` is "killed" if it was ended from outside, else its request is.

    "time" and "memory" are limits that the request exceeded.
    """

    def __init__(self, status: int) -> None:
        """Take the child's exit status; that of a signal is negative."""
        super().__init__(f"exit status {status}")
        self.status = status
        self.cause: Cause = _CAUSES.get(status, "crash")


class Child:
    """A child process, seen from its parent; `fork` and `execute` start one."""

    def __init__(self, connection: Connection, pid: int, wait: Callable[[], int]) -> None:
        """Take the parent's end of the connection, and what waits for the exit status."""
        self.connection = connection
        self.pid = pid
        self._wait = wait

    def call(self, request: bytes, timeout: float, file: int | None = None) -> bytes:
        """Return the reply to a request. Raises ChildDied, or TimeoutError as `receive` does."""
        self.send(request, file)
        return self.receive(timeout)

    def send(self, request: bytes, file: int | None = None) -> None:
        """Send a request, with the descriptor of a file to a child that takes `files`.

        That the child is dead is noticed when the reply is received.
        """
        with suppress(ConnectionError):
            self.connection.send_bytes(request)
            if file is not None:
                with _socket(self.connection) as channel:
                    send_fds(channel, [b"\0"], [file])

    def receive(self, timeout: float) -> bytes:
        """Return the next reply. Raises ChildDied.

        If there is none after so many seconds, or it stops within one, kill the child and raise
        TimeoutError.
        """
        try:
            if self.connection.poll(timeout):
                return self.connection.recv_bytes()
        except (EOFError, ConnectionError) as error:
            raise ChildDied(self.end()) from error
        except BlockingIOError:
            pass  # it has begun a reply that it does not end
        self.kill()
        raise TimeoutError

    def kill(self) -> None:
        """End the child at once."""
        os.kill(self.pid, signal.SIGKILL)
        self.end()

    def end(self) -> int:
        """Close the connection, at which an idle child ends; return its exit status."""
        self.connection.close()
        return self._wait()


def fork(answer: Answer, limits: Limits) -> Child:
    """Start a child as a copy of this process, in a millisecond and sharing its memory.

    Only for processes whose other threads hold no lock that `answer` needs. Raises OSError.
    """
    ours, theirs = _connections()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _serve(_at_low_number(theirs.fileno()), answer, limits, parent)
    theirs.close()
    return Child(ours, pid, lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def execute(function: str, limits: Limits, *, files: bool = False) -> Child:
    """Start a child in a new interpreter, in which a function answers.

    `function` is its name, such as `package.module:name`. With `files` it is a FileAnswer,
    and each request must come with a file. Raises OSError.
    """
    ours, theirs = _connections()
    arguments = (theirs.fileno(), function, limits, os.getpid(), files)
    code = f"from feedsvc.isolation import Limits, serve; serve{arguments!r}"
    try:
        process = start(code, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),))
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return Child(ours, process.pid, process.wait)


def serve(
    descriptor: int,
    function: str,
    limits: Limits,
    parent: int,
    files: bool,  # noqa: FBT001 - written into code
) -> NoReturn:
    """Be the child of a process that called `execute`."""
    module, _, name = function.partition(":")
    connection = _at_low_number(descriptor)
    answer = getattr(import_module(module), name)
    _serve(connection, _with_file(connection, answer) if files else answer, limits, parent)


def end_with(parent: int) -> None:
    """Have this process killed when its parent dies, which is the process `parent`."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before that
        os._exit(1)


def start(code: str, *, stdin: int, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """Run code in a new interpreter, which finds the modules that this one does. Raises OSError.

    It is out of reach of Ctrl-C: `code` must see to it that the process ends with its parent.
    """
    return subprocess.Popen(
        [_python(), "-c", code],
        stdin=stdin,
        pass_fds=pass_fds,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)},
    )


def _python() -> str:
    """Return the path of the Python interpreter; inside uWSGI `sys.executable` is uWSGI."""
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    return str(Path(sys.exec_prefix) / "bin" / "python3")


def _connections() -> tuple[Connection, Connection]:
    ours, theirs = socketpair()
    ours.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", STALLED, 0))
    return Connection(ours.detach()), Connection(theirs.detach())


def _at_low_number(descriptor: int) -> Connection:
    """Return a child's end of the connection, at the lowest descriptor that it may have.

    The bound on descriptors is one on their numbers, and the parent may have thousands.
    """
    return Connection(os.dup2(descriptor, 3, inheritable=False))


def _socket(connection: Connection) -> socket:
    """Return a socket of its own on the same connection."""
    return socket(fileno=os.dup(connection.fileno()))


def _with_file(connection: Connection, answer: FileAnswer) -> Answer:
    """Return the function that receives the file of a request, and then answers."""

    def receive_and_answer(request: bytes) -> bytes:
        with _socket(connection) as channel:
            _, (file,), *_ = recv_fds(channel, 1, 1)
        try:
            return answer(request, file)
        finally:
            os.close(file)

    return receive_and_answer


def _serve(connection: Connection, answer: Answer, limits: Limits, parent: int) -> NoReturn:
    """Answer requests until the connection is closed; never return, whatever happens."""
    status = 1
    try:
        _confine(connection.fileno(), limits, parent)
        while True:
            request = connection.recv_bytes()
            # The processor time of all threads; SIGPROF ends the process, whatever it runs.
            signal.setitimer(signal.ITIMER_PROF, limits.processor)
            reply = answer(request)
            signal.setitimer(signal.ITIMER_PROF, 0)
            connection.send_bytes(reply)
    except (EOFError, ConnectionError):
        status = 0  # the parent has closed the connection
    except MemoryError:
        status = _NO_MEMORY
    finally:
        # Past everything that a fork has inherited from its parent.
        os._exit(status)


def _confine(connection: int, limits: Limits, parent: int) -> None:
    """Apply the limits to this process, and tie its life to its parent's."""
    end_with(parent)
    for number in (signal.SIGPROF, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.closerange(3, connection)
    os.closerange(connection + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    memory = _address_space() + limits.memory
    for kind, requested in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, max(limits.descriptors, connection + 8)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _, most = resource.getrlimit(kind)
        limit = requested if most == resource.RLIM_INFINITY else min(requested, most)
        resource.setrlimit(kind, (limit, limit))
    os.nice(limits.nice)
    # If memory runs out nevertheless, the kernel ends this process first.
    Path("/proc/self/oom_score_adj").write_text("1000")


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    return pages * resource.getpagesize()
