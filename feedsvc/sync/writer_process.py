"""The writer process: what `coordination` starts."""

import logging
import os
import pickle
import sys
import threading

from feedsvc.errors import CatalogueUnavailable
from feedsvc.i18n import N_, Message
from feedsvc.settings import Settings
from feedsvc.sync.coordination import holds_lock
from feedsvc.sync.loop import SyncLoop
from feedsvc.sync.telling_process import TellingSupervisor

_log = logging.getLogger("feedsvc")


def run(lock: int) -> None:
    """Be the writer until standard input closes or the lock's file is gone.

    Read the pickled settings from standard input.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        settings: Settings = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent wrote it
    except EOFError:
        return  # the parent ended before it had written them
    threading.excepthook = _end_with_thread
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        sync = SyncLoop(settings)
    except CatalogueUnavailable as error:
        _log.error("%s", error)
        sys.exit(1)
    if not settings.base_url:
        text = N_(
            "base_url is not set: feeds and pages contain {url},"
            " which readers elsewhere cannot reach"
        )
        _log.warning("%s", Message(text, {"url": settings.site}).text(settings.language))
    telling = TellingSupervisor(settings)

    def goes_on() -> bool:
        telling.ensure()
        return holds_lock(lock, settings.instance)

    sync.run(goes_on)


def _end_with_parent() -> None:
    # Not through sys.stdin, whose lock must be free when the interpreter ends.
    while os.read(0, 1):
        pass
    # At any moment: the catalogue survives kill -9, so it survives this.
    os._exit(0)


def _end_with_thread(died: threading.ExceptHookArgs) -> None:
    """End the process if a thread dies, such as watchdog's: the next writer starts them all."""
    threading.__excepthook__(died)
    os._exit(1)
