"""What every benchmark needs: where things are, progress messages, waiting."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
MEGABYTE = 1_000_000


class Wrong(Exception):
    """A server did not answer as it must, so its figures mean nothing."""


def say(text: str) -> None:
    """Print the progress, with the time, to standard error."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.002) -> float:
    """Wait until a condition holds; return the moment, by `time.perf_counter`.

    Raises Wrong if it takes longer than `seconds`.
    """
    end = time.perf_counter() + seconds
    while not condition():
        if time.perf_counter() > end:
            raise Wrong(f"it did not happen within {seconds:g} seconds")
        time.sleep(pause)
    return time.perf_counter()
