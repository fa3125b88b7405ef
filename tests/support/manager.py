"""What systemd does for a service: it holds the socket, listens, watches, and restarts."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import wait_for


class Told:
    """The manager's end of the protocol: a socket, and what has been told, in its order."""

    def __init__(self, address: str) -> None:
        """Take a path, or a name that begins with "@"."""
        self.address = address
        self.messages: list[tuple[int, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        while True:
            try:
                data, control, _, _ = self._socket.recvmsg(4096, 64)
            except OSError:
                return
            if not data:
                return
            # Who has sent it: process, user, group.
            pid = int.from_bytes(control[0][2][:4], "little")
            self.messages.append((pid, data.decode()))

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def lines(self) -> list[str]:
        return [line for _, message in self.messages for line in message.split("\n")]

    def count(self, line: str) -> int:
        return self.lines().count(line)

    def senders(self) -> set[int]:
        return {pid for pid, _ in self.messages}


class Unit:
    """A unit of type `notify` with a socket, as `deploy/systemd` describes it."""

    def __init__(self, folder: Path, command: list[str], environ: Mapping[str, str]) -> None:
        self.told = Told(str(folder / "notify"))
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port: int = self.listening.getsockname()[1]
        self._command, self._environ, self._folder = command, environ, folder
        self._log = (folder / "log").open("ab")

    def start(self) -> None:
        """Start the service, and return once it has told that it is ready."""
        ready = self.told.count("READY=1")
        shell = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"'
        self.process = subprocess.Popen(
            ["sh", "-c", shell, *self._command],
            cwd=self._folder,
            env={**os.environ, **self._environ, "NOTIFY_SOCKET": self.told.address},
            stdout=self._log,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            pass_fds=(3,),
            # There is no other way to number a descriptor.
            preexec_fn=lambda: os.dup2(self.listening.fileno(), 3),  # noqa: PLW1509 - as above
        )
        wait_for(lambda: self.told.count("READY=1") > ready or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.log()

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self.told.close()
        self.listening.close()
        self._log.close()

    def log(self) -> str:
        return (self._folder / "log").read_text()


@contextmanager
def unit(folder: Path, command: list[str], environ: Mapping[str, str]) -> Iterator[Unit]:
    """Run a service as a unit."""
    one = Unit(folder, command, environ)
    try:
        one.start()
        yield one
    finally:
        one.close()
