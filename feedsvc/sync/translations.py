"""The log's remarks on translations, which no single file decides."""

import logging
import time

from feedsvc import problems
from feedsvc.model import Problem
from feedsvc.storage.changes import Changes

# How much longer than one look the pause after it is, at least: it is one at all translations.
_PART = 50
_log = logging.getLogger("feedsvc")


class TranslationLog:
    """Logs once what names as its original what is none; a subscriber of the sync loop.

    It waits until nothing more is written, as an original may be copied after its translation.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._seen = self._logged_at = -1
        self._not_before = 0.0
        self._known: set[Problem] = set()

    def advance(self, changes: Changes) -> bool:
        """Log what is new since the last time; return False, as nothing is left to do."""
        sequence, before = changes.snapshot.sequence, self._seen
        self._seen = sequence
        begun = time.monotonic()
        if sequence == before != self._logged_at and begun >= self._not_before:
            self._logged_at = sequence
            found = {*changes.snapshot.translation_problems()}
            for problem in sorted(found - self._known):
                _log.warning("%s", problems.sentence(problem, self._language))
            self._known = found
            ended = time.monotonic()
            self._not_before = ended + _PART * (ended - begun)
        return False

    def close(self) -> None:
        """Release nothing."""
