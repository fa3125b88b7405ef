"""Ports of this machine."""

import random
import socket
from contextlib import suppress

# Not seeded, as Hypothesis seeds the other one: each process must choose for itself.
_chance = random.SystemRandom()


def free_port() -> int:
    """Return the number of a port that nothing uses now.

    It is below those that the kernel gives to clients (ip_local_port_range), so that none gets it
    before the server does.
    """
    while True:
        number = _chance.randrange(20_000, 32_000)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", number))
            return number
