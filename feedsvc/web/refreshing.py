"""Refreshing: what is rendered ahead follows the catalogue at once, and seldom wakes otherwise."""

import time
from pathlib import Path

from feedsvc.storage.wakeup import POLLS, Sleeper
from feedsvc.web.document_cache import DocumentCache


class Refreshing:
    """Keeps a cache of documents new: a background task, by one thread."""

    def __init__(self, cache: DocumentCache, instance: Path) -> None:
        self._cache = cache
        self._sleeper = Sleeper(instance)
        self._not_before = 0.0

    def refresh(self) -> None:
        """Look whether the news have changed, and render them if so."""
        self._sleeper.prepare()
        now = time.monotonic()
        if self._cache.refresh():
            # However many changes there are, rendering leaves time for everything else.
            self._not_before = now + 1 / POLLS

    def wait(self) -> None:
        """Wait until there is something to do again."""
        self._sleeper.sleep(self._cache.wait_at_most())
        too_early = self._not_before - time.monotonic()
        if too_early > 0:
            time.sleep(too_early)
