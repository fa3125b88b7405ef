"""The listening socket: one for all workers, opened here or passed by the service manager."""

import os
import select
import socket
from contextlib import suppress
from pathlib import Path

from feedsvc.settings import Settings

BACKLOG = 2048
# In seconds: how long the kernel keeps a connection whose request has not come.
DEFER_ACCEPT = 15
# In seconds: how long the kernel keeps a connection whose reader takes nothing of a response.
READ_TIMEOUT = 60
# The first descriptor that a service manager passes.
_PASSED = 3


def is_passed() -> bool:
    """Return whether the service manager passes a socket to this process (sd_listen_fds(3))."""
    environ = os.environ
    return environ.get("LISTEN_PID") == str(os.getpid()) and environ.get("LISTEN_FDS") == "1"


def listen(settings: Settings) -> socket.socket:
    """Open the listening socket, or take the one that is passed. Raises OSError."""
    listening = socket.socket(fileno=_PASSED) if is_passed() else _bind(settings)
    # A connection is accepted once its request is there, so a worker that is to end has
    # read it in a moment.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_ACCEPT)
    # Accepted connections have the same option.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, READ_TIMEOUT * 1000)
    return listening


def _bind(settings: Settings) -> socket.socket:
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


def stop_accepting(listening: int) -> None:
    """Have this process accept no more connections; others go on with the same socket.

    `listening` is the descriptor of the socket, which some event loop of this process polls.
    """
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if str(descriptor.readlink()) == "anon_inode:[eventpoll]":
                _release(int(descriptor.name), listening)


def _release(epoll: int, listening: int) -> None:
    # In this order: once the descriptor is another socket's, the kernel can no longer
    # be made to stop polling the first, and would go on waking the loop for it.
    with select.epoll.fromfd(os.dup(epoll)) as poll:
        poll.unregister(listening)
    # A thread that is about to accept a connection finds that there is none.
    with socket.socket(socket.AF_UNIX) as silent:
        silent.setblocking(False)  # noqa: FBT003 - its own signature
        silent.bind("")
        silent.listen()
        os.dup2(silent.fileno(), listening, inheritable=False)
