"""Freshness: which period of the news is current, known without a query.

Each thread can check whether the catalogue has changed. A background task does so when the
writer wakes it; as it may be woken too late, or not at all, requests check as well when
nobody has for a moment. So a service that nobody asks need not check.
"""

import threading
import time
from dataclasses import dataclass

from feedsvc import clock
from feedsvc.edition import Edition, ValidityPeriod
from feedsvc.storage.catalogue import Catalogue

# In seconds: how long a change may go unnoticed by a thread that checks itself; for how long a
# check that is published holds; and how long the background task waits if nothing wakes it.
CHECK_EVERY = 0.05
LATE = 0.7
LONGEST_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    """A period, and when it was last checked.

    `at` is on the monotonic clock; the others are microseconds since the epoch. `since` is
    when the check was made, and from `until` on the period may be another, or the next check
    be late.
    """

    period: ValidityPeriod
    at: float
    since: int
    until: int


class _ThreadState(threading.local):
    data_version: tuple[int, ...] = ()
    check: Check | None = None


class Freshness:
    """Knows the current period. Safe to share among threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._local = _ThreadState()
        self._published: Check | None = None
        self._publishing = threading.Lock()

    def current(self, now: int) -> ValidityPeriod:
        """Return the period of this moment, from memory if somebody has checked a moment ago.

        Raises CatalogueUnavailable.
        """
        check = self._published
        if check is not None and check.since <= now < check.until:
            return check.period
        return self.last_check().period

    def last_check(self) -> Check:
        """Return a check that is recent enough for a request. Raises CatalogueUnavailable."""
        published = self._published
        if published is not None and time.monotonic() - published.at <= LATE:
            return published if published.period.holds(clock.now()) else self.check(CHECK_EVERY)
        check = self.check(CHECK_EVERY)
        if not self.is_new(check):
            with self._publishing:
                # Unless the background task has published another meanwhile.
                if self._published is published:
                    self._published = check
        return check

    def publish(self, check: Check | None) -> None:
        """Let all threads use a check of this one; None if the catalogue cannot be read."""
        with self._publishing:
            self._published = check

    def is_new(self, check: Check) -> bool:
        """Return whether a check found another period than the one that was published."""
        return self._published is None or self._published.period != check.period

    def wait_at_most(self) -> float:
        """Return for how many seconds no background check is needed if the catalogue stays."""
        check = self._published
        if check is None or check.period.until is None:
            return LONGEST_WAIT
        return min(max(check.period.until - clock.now(), 0) / 1_000_000, LONGEST_WAIT)

    def check(self, max_age: float) -> Check:
        """Check for a new period, unless this thread did within `max_age` seconds.

        Costs no query unless the catalogue has changed. Raises CatalogueUnavailable.
        """
        local, last = self._local, self._local.check
        now, tick = clock.now(), time.monotonic()
        if last is not None and last.period.holds(now):
            if tick - last.at < max_age:
                return last
            if self._catalogue.data_version() == local.data_version:
                local.check = _new_check(last.period, tick, now)
                return local.check
        local.check, local.data_version = None, self._catalogue.data_version()
        with self._catalogue.snapshot() as snapshot:
            period = Edition(snapshot, now).period
        local.check = _new_check(period, tick, now)
        return local.check


def _new_check(period: ValidityPeriod, tick: float, now: int) -> Check:
    late = now + int(LATE * 1_000_000)
    until = late if period.until is None else min(late, period.until)
    return Check(period, tick, now, until)
