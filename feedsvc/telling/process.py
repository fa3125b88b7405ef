"""The telling process: what the writer process starts if telling is set up.

Mail and the text file have threads of their own, since a mail server or a network folder may
keep whoever waits for it. The process ends with its parent, at any moment: the store survives
that.
"""

import logging
import os
import resource
import sqlite3
import sys
import threading
import time
from pathlib import Path

from feedsvc.companions import alone, settings_from_parent
from feedsvc.settings import Settings
from feedsvc.storage.sqlite import is_damage
from feedsvc.telling.mailer import Mailer, Retries
from feedsvc.telling.rhythm import Timing
from feedsvc.telling.smtp import Patience
from feedsvc.telling.store import Replaced, Store
from feedsvc.telling.teller import FileKeeper, Teller

LOCK = "telling.lock"
# Tests make these shorter.
TIMING = Timing()
RETRIES = Retries()
PATIENCE = Patience()
# In seconds, between two looks at whether the text file is still as it should be.
FILE_EVERY = 10.0
# In bytes, beyond what the process starts with: whatever a mail server answers.
_MEMORY = 256 * 1024 * 1024
_log = logging.getLogger("feedsvc")


def run() -> None:
    """Tell until the writer ends."""
    settings = settings_from_parent()
    os.nice(5)
    _bound_memory()
    try:
        with alone(settings, LOCK):
            _tell(settings)
    except (sqlite3.Error, OSError, Replaced) as error:
        # The next process starts with what is there then.
        _log.error("%s: %s", settings.instance, error)
        if is_damage(error):
            Store(settings.instance, suspect=True).close()
        sys.exit(1)


def _tell(settings: Settings) -> None:
    mailer = Mailer(settings, RETRIES, PATIENCE)
    teller = Teller(settings, TIMING, is_away=lambda: mailer.is_away, wake=mailer.wake)
    if settings.mail.host:
        threading.Thread(target=mailer.work, daemon=True).start()
    if settings.problems_folder is not None:
        threading.Thread(target=_keep_file, args=(settings, teller), daemon=True).start()
    while True:
        teller.step()
        time.sleep(TIMING.poll)


def _keep_file(settings: Settings, teller: Teller) -> None:
    keeper = FileKeeper(settings)
    kept = b""
    looked = 0.0
    while True:
        content = teller.content
        if content != kept or time.monotonic() - looked > FILE_EVERY:
            looked = time.monotonic()
            keeper.keep(content)
            kept = content
        time.sleep(TIMING.poll)


def _bound_memory() -> None:
    # Of data, not of addresses, of which each thread reserves much more than it uses.
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])
    memory = pages * resource.getpagesize() + _MEMORY
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = memory if most == resource.RLIM_INFINITY else min(memory, most)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
