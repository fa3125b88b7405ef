"""A pytest plugin: a test marked `alone` runs while no other worker of xdist runs a test."""

import fcntl
import os
from collections.abc import Generator
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "alone: measures, so no other worker of xdist runs a test")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Hold a lock during each test: exclusive for those that run alone, else shared.

    A worker that waits for this lock holds the lock `queue`, so that no other one overtakes it.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    # xdist gives each worker a folder in that of the run.
    locks = Path(item.config.getoption("basetemp")).parent
    kind = fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH
    with (locks / "machine").open("w") as machine:
        with (locks / "queue").open("w") as queue:
            fcntl.flock(queue, fcntl.LOCK_EX)
            fcntl.flock(machine, kind)
        return (yield)
