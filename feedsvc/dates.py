"""The dates people write, as aware datetimes.

A date is whole (day, month and year) or it is refused: nothing is guessed.
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
    """Return a moment as whole microseconds since the epoch."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    """Return the moment, in UTC, that many microseconds after the epoch."""
    return _EPOCH + timedelta(microseconds=count)


def parse_date(text: str, zone: ZoneInfo) -> datetime | None:
    """Read a date, or a date with a time, as people write it.

    Taken are ISO 8601 extended dates and RFC 3339 times (`2014-08-13`,
    `2014-08-13T15:30:00+04:00`; fractions of a second are dropped) and day-first
    dates (`13.08.2014`, `13 августа 2014 г. в 15:30`). A date alone is its
    midnight. Without an offset the time is the zone's own, by its history; a
    time that a clock change skips moves ahead by as much, one that occurs
    twice is the first. Years are 1900 to 2999.

    Returns the moment in `zone`, or None where `text` is no whole, real date.
    """
    text = " ".join(text.lower().split())
    match = _ISO.fullmatch(text) or _DAY_FIRST.fullmatch(text) or _IN_WORDS.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    month = int(parts["month"]) if "month" in parts else _MONTHS.get(parts["name"], 0)
    try:
        local = datetime(  # noqa: DTZ001 - the zone comes after
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
    # RFC 3339 section 5.6 has no seconds in an offset; local mean times had them.
    offset = moment.utcoffset() or timedelta(0)
    seconds = offset % timedelta(minutes=1)
    return timezone(offset - seconds) if seconds else moment.tzinfo
