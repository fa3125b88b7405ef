"""Retrying: how long to leave somebody alone who could not be told something."""

import random
import time
from email.utils import parsedate_to_datetime

# In seconds: the most that `Retry-After` may ask for.
LONGEST_WAIT = 3600.0


def pause(failures: int, first: float, longest: float) -> float:
    """Return the seconds to wait after so many failures in a row, up to a fifth more or less.

    It doubles with each failure, from `first` up to `longest`. By chance, so that those who
    failed together do not come back together.
    """
    whole: float = min(first * 2 ** min(max(failures - 1, 0), 30), longest)
    return whole * random.uniform(0.8, 1.2)  # noqa: S311 - no secret


def retry_after(value: str) -> float:
    """Return the seconds that a `Retry-After` (RFC 9110 section 10.2.3) asks for; 0 if none."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:9])
    else:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):
            return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)
