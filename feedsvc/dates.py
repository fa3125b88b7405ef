"""Dates as people write them, and moments as the catalogue stores them.

A date must be complete (day, month and year); nothing is guessed.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from babel.dates import get_month_names
from dateutil.tz import resolve_imaginary

_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?"
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[t ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r" ?(?P<offset>z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_DAY_FIRST = re.compile(
    rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}})"
    rf"(?: ?(?:года|год|г\.?))?(?:,? (?:в )?{_TIME})?",
    re.ASCII,
)
_IN_WORDS = re.compile(
    rf"(?P<day>\d{{1,2}}) (?P<name>[a-zа-яё]+) (?P<year>\d{{4}})"
    rf"(?: ?(?:года|год|г\.?))?(?:,? (?:в |at )?{_TIME})?",
    re.ASCII,
)
_MONTHS = {
    name.lower(): month
    for language in ("ru", "en")
    for month, name in get_month_names("wide", locale=language).items()
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(moment: datetime) -> int:
    """Return an aware datetime as whole microseconds since the epoch."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    """Return the datetime, in UTC, of that many microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=count)


def parse_date(text: str, zone: ZoneInfo) -> datetime | None:
    """Parse a date, or a date with a time, as people write it.

    Accepts ISO 8601 extended dates and RFC 3339 times (`2014-08-13`,
    `2014-08-13T15:30:00+04:00`; fractions of a second are dropped) and dates that begin with
    the day (`13.08.2014`, `13 августа 2014 г. в 15:30`). A date without a time means its
    midnight. A time without an offset is local time in `zone`, by the zone's history; one that
    a clock change skips moves forward by the length of the gap, and of one that occurs twice
    the first is meant. Years are 1900 to 2999.

    Returns the moment in `zone`, or None if `text` is not a complete, existing date. Where the
    zone's offset has seconds, the moment is in a fixed offset of whole minutes instead.
    """
    text = " ".join(text.lower().split())
    match = _ISO.fullmatch(text) or _DAY_FIRST.fullmatch(text) or _IN_WORDS.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    month = int(parts["month"]) if "month" in parts else _MONTHS.get(parts["name"], 0)
    try:
        local = datetime(  # noqa: DTZ001 - the zone is added below
            int(parts["year"]),
            month,
            int(parts["day"]),
            int(parts["hour"] or 0),
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
        )
        offset = _offset(parts.get("offset"))
    except ValueError:
        return None
    if not 1900 <= local.year < 3000:
        return None
    if offset is None:
        moment = resolve_imaginary(local.replace(tzinfo=zone))
        return moment.replace(tzinfo=_writable(moment))
    moment = (local - offset).replace(tzinfo=UTC).astimezone(zone)
    return moment.astimezone(_writable(moment))


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    if text == "z":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if text.startswith("-") else offset


def _writable(moment: datetime) -> tzinfo | None:
    # An offset in RFC 3339, section 5.6, has no seconds; that of a local mean time has.
    offset = moment.utcoffset() or timedelta(0)
    seconds = offset % timedelta(minutes=1)
    return timezone(offset - seconds) if seconds else moment.tzinfo
