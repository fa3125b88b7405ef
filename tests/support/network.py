"""Machines that are network namespaces: each with an address, and a link that can be cut."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.faults import done

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
FRONT = "10.0.0.9"


class Network:
    """Some machines on one switch; `front` is the one that readers ask."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._prefix = f"feedsvc{os.getpid()}"
        self._names = ["front", *addresses]
        for name in self._names:
            done("ip", "netns", "add", self.name(name))
            self._ip(name, "link", "set", "lo", "up")
        self._ip("front", "link", "add", "switch", "type", "bridge")
        self._ip("front", "addr", "add", f"{FRONT}/24", "dev", "switch")
        self._ip("front", "link", "set", "switch", "up")
        for number, (name, address) in enumerate(addresses.items()):
            port = f"port{number}"
            self._ip(
                *("front", "link", "add", port, "type", "veth"),
                *("peer", "name", "net", "netns", self.name(name)),
            )
            self._ip("front", "link", "set", port, "master", "switch", "up")
            self._ip(name, "addr", "add", f"{address}/24", "dev", "net")
            self._ip(name, "link", "set", "net", "up")

    def name(self, machine: str) -> str:
        """Return the name of a machine's namespace."""
        return f"{self._prefix}-{machine}"

    def _ip(self, machine: str, *command: str) -> None:
        done("ip", "-netns", self.name(machine), *command)

    def command(self, machine: str) -> list[str]:
        """Return what to write before a command to run it on a machine."""
        return ["ip", "netns", "exec", self.name(machine)]

    def cut(self, machine: str) -> None:
        """Cut a machine's link: packets are lost, nobody is told."""
        self._ip(machine, "link", "set", "net", "down")

    def join(self, machine: str) -> None:
        """Connect a machine again."""
        self._ip(machine, "link", "set", "net", "up")

    @contextmanager
    def inside(self, machine: str) -> Iterator[None]:
        """Be on a machine: sockets that this thread makes are there."""
        with Path("/proc/thread-self/ns/net").open("rb") as home:
            with Path("/run/netns", self.name(machine)).open("rb") as there:
                _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def close(self) -> None:
        """Remove the machines; what ran on them must have ended."""
        for name in self._names:
            subprocess.run(["ip", "netns", "del", self.name(name)], check=False)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
