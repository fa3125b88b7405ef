"""Rhythm: a burst is told at once, a storm in digests."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from feedsvc.dates import from_microseconds, to_microseconds
from feedsvc.telling.rhythm import Timing, after_letter, daily_moment, is_due, may_write
from feedsvc.telling.store import Rhythm
from tests.support.newsroom import NOW, SECOND

TIMING = Timing()
MINUTE = 60 * SECOND


def next_rhythm(rhythm: Rhythm, recent: int, minutes: int) -> tuple[int, int]:
    """Return when the next letter may be written, and the pause, in minutes."""
    found = after_letter(rhythm, TIMING, recent=recent, last=NOW - minutes * MINUTE, now=NOW)
    return max(0, found.next_letter - NOW) // MINUTE, found.pause // MINUTE


def paused(minutes: int) -> Rhythm:
    return Rhythm(is_new=False, next_letter=NOW, pause=minutes * MINUTE)


@pytest.mark.parametrize(
    ("pause", "recent", "minutes", "expected"),
    [
        (0, 0, 999, 0),
        (0, 4, 1, 0),
        (0, 5, 1, 10),
        (10, 6, 10, 20),
        (20, 3, 20, 40),
        (160, 1, 160, 240),
        (240, 0, 240, 240),
        (240, 0, 481, 0),
        (10, 5, 11, 20),
        (10, 1, 21, 0),
    ],
)
def test_pauses_grow_in_a_storm_and_end_with_it(
    pause: int, recent: int, minutes: int, expected: int
) -> None:
    assert next_rhythm(paused(pause), recent, minutes) == (expected, expected)


def test_a_letter_may_be_written_after_the_pause_or_if_the_clock_was_set_back() -> None:
    rhythm = Rhythm(is_new=False, next_letter=NOW, pause=10 * MINUTE)
    moments = {minutes: may_write(rhythm, NOW + minutes * MINUTE) for minutes in (-11, -9, 0, 1)}
    assert moments == {-11: True, -9: False, 0: True, 1: True}


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2026-07-01T09:00+03:00", "2026-07-01T09:00+03:00"),
        ("2026-07-01T08:59+03:00", "2026-06-30T09:00+03:00"),
        ("2026-07-01T23:59+03:00", "2026-07-01T09:00+03:00"),
        ("2026-07-01T00:00+03:00", "2026-06-30T09:00+03:00"),
    ],
)
def test_the_daily_moment_is_that_of_the_site(now: str, moment: str) -> None:
    microseconds = to_microseconds(datetime.fromisoformat(now).astimezone(UTC))
    found = daily_moment(microseconds, ZoneInfo("Europe/Moscow"), 9)
    assert from_microseconds(found) == datetime.fromisoformat(moment)


def test_news_wait_for_quiet_but_not_for_ever() -> None:
    waits = {
        (total, change, first): is_due(TIMING, total=total, since_change=change, since_first=first)
        for total in (20, 21)
        for change, first in ((4, 4), (5, 5), (4, 29), (0, 30), (29, 179), (30, 30), (0, 180))
    }
    assert [each for each, is_over in waits.items() if is_over] == [
        *((20, 5, 5), (20, 0, 30), (20, 29, 179), (20, 30, 30), (20, 0, 180)),
        *((21, 30, 30), (21, 0, 180)),
    ]
