"""The outbox process: what the writer process starts if search engines or a hub are to be told.

It ends with its parent, at any moment: the queue survives that.
"""

import asyncio
import logging
import os
import sqlite3
import sys
import threading

from feedsvc.companions import alone, settings_from_parent
from feedsvc.i18n import N_, Message
from feedsvc.outbox.store import Store
from feedsvc.storage.sqlite import is_damage

LOCK = "outbox.lock"
_log = logging.getLogger("feedsvc")


def run() -> None:
    """Tell until the writer ends."""
    settings = settings_from_parent()
    os.nice(5)
    try:
        from feedsvc.outbox.work import tell  # noqa: PLC0415 - its library may not be installed
    except ModuleNotFoundError as error:
        text = N_(
            "telling search engines and hubs needs one more library ({name}):"
            " pip install 'feedsvc[outbox]'"
        )
        _log.error("%s", Message(text, {"name": error.name}).text(settings.language))
        # Not started again and again, to say the same.
        threading.Event().wait()
    try:
        with alone(settings, LOCK):
            asyncio.run(tell(settings))
    except (sqlite3.Error, OSError) as error:
        # The next process starts with what is there then.
        _log.error("%s: %s", settings.instance, error)
        if is_damage(error):
            Store(settings.instance, suspect=True).close()
        sys.exit(1)
