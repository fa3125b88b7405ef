"""The wall clock: the one place that reads it to decide what is public."""

import time


def now() -> int:
    """Return the time in microseconds since the epoch."""
    return time.time_ns() // 1000
