"""Removals: when files that are gone leave the catalogue; the guard against mishaps."""

import time
from collections.abc import Callable

from feedsvc.i18n import N_, Message
from feedsvc.sync import settling

# It is a mishap if more than a third of at least this many entries vanish at once.
GUARDED = 20


class Removals:
    """Decides about known files that a scan did not find.

    Two scans in a row must miss a file: one that is moved during a scan may be seen in
    neither place.
    """

    def __init__(self) -> None:
        self._missed: frozenset[str] = frozenset()
        self._missing_since: float | None = None

    def may_be_renamed(self, gone: list[str], has_unread: Callable[[], bool]) -> bool:
        """Return whether files that are gone may be among those that are not read yet.

        Those may take over the names, so that no entry is ever missing. True only for a while:
        one file that never settles must not hold up all removals.
        """
        now = time.monotonic()
        if not gone:
            self._missing_since = None
            return False
        self._missing_since = self._missing_since or now
        return has_unread() and now - self._missing_since < 3 * settling.SETTLE

    def confirm(self, gone: list[str]) -> tuple[frozenset[str], bool]:
        """Return the files that two scans missed, and whether those are all that are gone."""
        missed, self._missed = self._missed, frozenset(gone)
        if missed.issuperset(gone):
            self._missing_since = None
            return missed.intersection(gone), True
        return missed.intersection(gone), False


def suspicion(seen: int, held: int, lost: int) -> tuple[str, Message] | None:
    """Return why removals look like a mishap, as a code and a message, or None.

    `seen` counts the files that were found, `held` the entries there are, `lost` those of
    them whose file is gone.
    """
    if lost and not seen:
        return "empty", Message(N_("the entries folder is empty"))
    if held >= GUARDED and lost * 3 > held:
        text = N_("{lost} of {held} entries disappeared at once")
        return "vanished", Message(text, {"lost": lost, "held": held})
    return None
