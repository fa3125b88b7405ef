"""Ports of this machine."""

import socket


def free_port() -> int:
    """Return the number of a port that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
