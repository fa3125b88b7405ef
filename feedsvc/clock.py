"""The wall clock, as the one place that reads it for what is public."""

import time


def now() -> int:
    """Give the time in microseconds since the epoch."""
    return time.time_ns() // 1000


def ahead() -> float:
    """Give the seconds between the wall clock and the monotonic one: others once it was set."""
    return time.time() - time.monotonic()
