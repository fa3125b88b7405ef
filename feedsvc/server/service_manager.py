"""What the service manager is told: the protocol of sd_notify(3), in a thread of the master.

Only where the manager asks for it (`NOTIFY_SOCKET`) is this module loaded. `READY=1` says that a
worker has answered; `WATCHDOG=1` says that one has answered again, and that the loop of the
master, which replaces workers, goes round. Both are asked for at the address that readers use,
through the same queue of connections. A service that hangs tells nothing, and the manager
restarts it.
"""

import os
import socket
import threading
import time
from contextlib import suppress

VARIABLE = "NOTIFY_SOCKET"
# In seconds, between two questions while no worker has answered yet.
ASK_AGAIN = 0.1
# In seconds: how long a worker has to answer, if there is no watchdog.
PATIENCE = 10.0
_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_ANSWER = b"HTTP/1.1 200 "


class ServiceManager:
    """The service manager, as the master sees it."""

    def __init__(self, address: str, listening: socket.socket, watchdog: float | None) -> None:
        """Take the manager's socket, the service's, and how often it wants to hear, in seconds."""
        # A name that begins with "@" is one of the kernel's, not of the file system.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._family, self._name = listening.family, listening.getsockname()
        self._watchdog = watchdog
        self._patience = PATIENCE if watchdog is None else min(PATIENCE, watchdog / 4)
        self._process = os.getpid()
        self._is_ready = self._is_over = False
        self._is_reloading = False
        self._turned: float | None = None
        self._wake = threading.Event()

    def start(self) -> None:
        """Tell the manager, from a thread, when the service is ready and that it lives."""
        threading.Thread(target=self._repeat, name="feedsvc-manager", daemon=True).start()

    def turn(self) -> None:
        """Note that the loop of the master goes round; called once, it must be called again."""
        self._turned = time.monotonic()

    def reloading(self) -> None:
        """Tell that the settings are read again."""
        self._is_reloading, self._is_ready = True, False
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def refused(self, reason: str) -> None:
        """Tell that they are wrong, and that the service goes on as it was."""
        first, *_ = reason.splitlines()
        self._is_reloading, self._is_ready = False, True
        self._send("READY=1", f"STATUS={first}")

    def reloaded(self) -> None:
        """Tell, once a worker answers, that the settings are in effect."""
        self._is_reloading = False
        self._wake.set()

    def stopping(self) -> None:
        """Tell that the service ends."""
        self._is_over = True
        self._send("STOPPING=1")
        self._wake.set()

    def _repeat(self) -> None:
        while not self._is_over:
            is_well = self._is_well()
            if is_well and not self._is_over:
                self._tell_well()
            pause = self._pause() if is_well else ASK_AGAIN
            self._wake.wait(pause)
            self._wake.clear()

    def _tell_well(self) -> None:
        lines = [] if self._watchdog is None else ["WATCHDOG=1"]
        if not (self._is_ready or self._is_reloading):
            self._is_ready = True
            lines += ["READY=1", "STATUS="]
        if lines:
            self._send(*lines)

    def _pause(self) -> float | None:
        """Return when to ask again: in half of the time within which the manager must hear."""
        return None if self._watchdog is None else self._watchdog / 2 - self._patience

    def _is_well(self) -> bool:
        turned, longest = self._turned, self._watchdog
        if turned is not None and longest is not None and time.monotonic() - turned > longest:
            return False
        return self._answers()

    def _answers(self) -> bool:
        """Return whether a worker answers a request."""
        # Not by a client of the library's, which looks names up: the master may fork meanwhile.
        with suppress(OSError), socket.socket(self._family) as connection:
            connection.settimeout(self._patience)
            connection.connect(self._name)
            connection.sendall(_REQUEST)
            return connection.recv(len(_ANSWER), socket.MSG_WAITALL) == _ANSWER
        return False

    def _send(self, *lines: str) -> None:
        # A worker that has not its own handlers yet has those of the master.
        if os.getpid() != self._process:
            return
        # The manager may be gone, or busy; the service goes on without it.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
            sending.settimeout(1)
            sending.sendto("\n".join(lines).encode(), self._address)


def service_manager(listening: socket.socket) -> ServiceManager | None:
    """Return the service manager, if it wants to be told.

    What says so is taken out of the environment: no process that is started later is to tell it.
    """
    address = os.environ.pop(VARIABLE, "")
    interval = os.environ.pop("WATCHDOG_USEC", "")
    process = os.environ.pop("WATCHDOG_PID", "")
    if not address.startswith(("/", "@")):
        return None
    watchdog = None
    if interval.isdecimal() and process in ("", str(os.getpid())):
        watchdog = int(interval) / 1_000_000 or None
    return ServiceManager(address, listening, watchdog)
