"""Rhythm: when a letter may be written, so that much news makes few letters. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from feedsvc.dates import from_microseconds, to_microseconds
from feedsvc.telling.store import NAMED, Rhythm

_SECOND = 1_000_000
_HOUR = 3600 * _SECOND


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of telling, in seconds.

    A letter is written after `quiet` without further news, or `longest` after the first; if there
    are more than it can name, `mass` times as late, since more will follow. After
    `burst` letters in an hour the next one waits for `pause`, then twice as long, up to
    `longest_pause`. Remarks that keep nothing back are told once a day, from `daily_hour` on.
    `poll` is how often the catalogue is looked at; then not for `rest` times as long as that
    took.
    """

    quiet: float = 5.0
    longest: float = 30.0
    mass: int = 6
    burst: int = 5
    pause: int = 600
    longest_pause: int = 4 * 3600
    daily_hour: int = 9
    poll: float = 1.0
    rest: float = 4.0


def after_letter(rhythm: Rhythm, timing: Timing, *, recent: int, last: int, now: int) -> Rhythm:
    """Return the rhythm after a letter is written `now`.

    `recent` counts the letters of the last hour before it, `last` is the moment of the one
    before. All moments are in microseconds since the epoch.
    """
    is_calm = now - last > max(2 * rhythm.pause, _HOUR // 6) or not rhythm.pause
    if is_calm and recent < timing.burst:
        return Rhythm(is_new=False, next_letter=0, pause=0)
    pause = min(max(2 * rhythm.pause, timing.pause * _SECOND), timing.longest_pause * _SECOND)
    return Rhythm(is_new=False, next_letter=now + pause, pause=pause)


def may_write(rhythm: Rhythm, now: int) -> bool:
    """Return whether a letter may be written now, or the clock has been set back."""
    return now >= rhythm.next_letter or now < rhythm.next_letter - rhythm.pause


def daily_moment(now: int, zone: ZoneInfo, hour: int) -> int:
    """Return when it was last this hour of the day in a time zone, in microseconds."""
    local = from_microseconds(now).astimezone(zone)
    moment = datetime.combine(local.date(), time(hour), zone)
    if moment > local:
        moment = datetime.combine(local.date() - timedelta(days=1), time(hour), zone)
    return to_microseconds(moment)


def is_due(timing: Timing, *, total: int, since_change: float, since_first: float) -> bool:
    """Return whether `total` incidents have waited for long enough, given both in seconds."""
    factor = timing.mass if total > NAMED else 1
    return since_change >= factor * timing.quiet or since_first >= factor * timing.longest
