"""What work costs, measured so that a slow or busy machine fails no test."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def in_proportion(seconds: float = 20) -> Iterator[None]:
    """Fail if a block takes more of this thread's processor time than proportion explains.

    For input that costs well under a second, and minutes if its cost grew with the square of its
    length.
    """
    start = time.thread_time()
    yield
    taken = time.thread_time() - start
    assert taken < seconds, f"{taken:.1f} s"


def count_calls(work: Callable[[], object]) -> int:
    """Return how many functions are called, of Python and of C, while work is done."""
    count = 0

    def heed(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(heed)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
