"""The writer process: what `coordination` starts."""

import logging
import sys
from collections.abc import Iterator

from feedsvc.companions import Companion, forget, settings_from_parent, wanted
from feedsvc.errors import CatalogueUnavailable
from feedsvc.i18n import N_, Message
from feedsvc.settings import NO_AUTHORITY, Settings
from feedsvc.sync.coordination import holds_lock
from feedsvc.sync.loop import SyncLoop

_log = logging.getLogger("feedsvc")


def run(lock: int) -> None:
    """Be the writer until standard input closes or the lock's file is gone.

    Read the pickled settings from standard input.
    """
    settings = settings_from_parent()
    try:
        sync = SyncLoop(settings)
    except CatalogueUnavailable as error:
        _log.error("%s", error)
        sys.exit(1)
    for warning in _unset(settings):
        _log.warning("%s", warning.text(settings.language))
    forget(settings)
    companions = [Companion(module, settings) for module in wanted(settings)]

    def goes_on() -> bool:
        for companion in companions:
            companion.ensure()
        return holds_lock(lock, settings.instance)

    sync.run(goes_on)
    for companion in companions:
        companion.close()


def _unset(settings: Settings) -> Iterator[Message]:
    """Yield what is to be said of settings that a site for readers needs, and that are not set."""
    if not settings.base_url:
        text = N_(
            "base_url is not set: feeds and pages contain {url},"
            " which readers elsewhere cannot reach"
        )
        yield Message(text, {"url": settings.site})
    if settings.authority == NO_AUTHORITY:
        text = N_(
            "authority is not set: the ids of all news begin with {authority}, and cannot be"
            " changed once readers have them; set it before the first of them comes"
        )
        yield Message(text, {"authority": NO_AUTHORITY})
