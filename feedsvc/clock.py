"""The wall clock: the one place that reads it to decide what is public."""

import time


def now() -> int:
    """Return the time in microseconds since the epoch."""
    return time.time_ns() // 1000


def ahead() -> float:
    """Return how far the wall clock is ahead of the monotonic one, in seconds.

    This changes only when the wall clock is set.
    """
    return time.time() - time.monotonic()
