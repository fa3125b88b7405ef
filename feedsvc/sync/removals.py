"""Removals: when files that are gone leave the catalogue; the guard against mishaps."""

import time
from collections.abc import Callable, Iterable

from feedsvc.i18n import N_, Message
from feedsvc.sync import settling

# It is a mishap if more than a third of at least this many entries vanish at once.
GUARDED = 20
# After a mishap, so many entries may be removed within this time, in seconds: that is somebody
# at work. More of them belong to the mishap, which may be slow.
FEW = 10
RECENTLY = 3600.0
# What counts the entries that there are, and those among some paths.
Count = Callable[[Iterable[str]], tuple[int, int]]


class Removals:
    """Decides about known files that a scan did not find.

    Two scans in a row must miss a file: one that is moved during a scan may be seen in
    neither place. `held` are the paths that a mishap took: they stay in the catalogue.
    """

    def __init__(self, held: frozenset[str] = frozenset()) -> None:
        self.held = held
        self._missed: frozenset[str] = frozenset()
        self._missing_since: float | None = None
        # When entries were removed while others were held, and how many.
        self._passed: list[tuple[float, int]] = []

    def may_be_renamed(self, gone: list[str], has_unread: Callable[[], bool]) -> bool:
        """Return whether files that are gone may be among those that are not read yet.

        Those may take over the names, so that no entry is ever missing. True only for a while:
        one file that never settles must not hold up all removals.
        """
        now = time.monotonic()
        if self.held.issuperset(gone):
            self._missing_since = None
            return False
        self._missing_since = self._missing_since or now
        return has_unread() and now - self._missing_since < 3 * settling.SETTLE

    def guard(self, gone: list[str], seen: int, count: Count) -> tuple[str, Message] | None:
        """Hold files back whose removal looks like a mishap; return why, or None.

        `seen` counts the files that were found. What is gone later, while others are held, is
        judged by itself.
        """
        self.held = self.held.intersection(gone)
        if not gone:
            return None
        if self.held:
            total, lost = count(self.held)
            mishap = suspicion(seen, total, lost)
            later = [path for path in gone if path not in self.held]
            if mishap and self._are_few(count(later)[1], seen, total - lost):
                return mishap
        # All that are gone are one mishap, or none if most of those that were held are back.
        mishap = suspicion(seen, *count(gone))
        self.held = frozenset(gone) if mishap else frozenset()
        return mishap

    def _are_few(self, lost: int, seen: int, others: int) -> bool:
        """Return whether so many entries, of the others that there are, go down meanwhile."""
        now = time.monotonic()
        self._passed = [each for each in self._passed if now - each[0] < RECENTLY]
        recent = sum(number for _, number in self._passed)
        return bool(seen) and lost + recent <= FEW and (lost <= 1 or lost * 3 <= others)

    def confirm(self, gone: list[str], count: Count) -> tuple[frozenset[str], bool]:
        """Return the files that two scans missed, and whether those are all that are gone.

        Those that are held are not among them. While some are, nothing is removed unless both
        scans missed the same files: a mishap may still be going on.
        """
        free = frozenset(gone) - self.held
        missed, self._missed = self._missed, free
        confirmed = missed & free
        if self.held and missed != free:
            confirmed = frozenset()
        if self.held and confirmed:
            self._passed.append((time.monotonic(), count(confirmed)[1]))
        if confirmed != free:
            return confirmed, False
        self._missing_since = None
        return confirmed, True


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
