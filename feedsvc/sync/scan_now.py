"""Scan the entries folder now: in the writer process, or here if there is none."""

import os
import time
from contextlib import closing

from feedsvc.settings import Settings
from feedsvc.sync.coordination import take_lock
from feedsvc.sync.loop import SyncLoop
from feedsvc.sync.request import ACCEPT_REMOVALS, RESCAN


def scan_now(settings: Settings, *, accept_removals: bool, timeout: float = 60) -> bool:
    """Ask the writer for a scan, or make it in this process if there is no writer.

    Return whether it was done within `timeout` seconds. Raises OSError or
    CatalogueUnavailable if the instance folder cannot be written.
    """
    lock = take_lock(settings.instance)
    request = settings.instance / (ACCEPT_REMOVALS if accept_removals else RESCAN)
    request.touch()
    if lock is not None:
        try:
            with closing(SyncLoop(settings)) as sync:
                sync.run(lambda: request.exists() or sync.is_busy())
        finally:
            os.close(lock)
        return True
    end = time.monotonic() + timeout
    while request.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return not request.exists()
