"""Dates as people write them, and moments as the catalogue stores them.

A date must be complete (day, month and year); nothing is guessed.
"""

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_month_names
from dateutil.tz import resolve_imaginary

# By what RFC 2822 (section 4.3) and programs call zones: their names in the tz database.
_ZONES = {
    **dict.fromkeys(("z", "ut", "utc", "gmt"), "UTC"),
    **dict.fromkeys(("msk", "мск"), "Europe/Moscow"),
    "est": "Etc/GMT+5",
    "edt": "Etc/GMT+4",
    "cst": "Etc/GMT+6",
    "cdt": "Etc/GMT+5",
    "mst": "Etc/GMT+7",
    "mdt": "Etc/GMT+6",
    "pst": "Etc/GMT+8",
    "pdt": "Etc/GMT+7",
    "cet": "Etc/GMT-1",
    "cest": "Etc/GMT-2",
    "eet": "Etc/GMT-2",
    "eest": "Etc/GMT-3",
}
# A zone's name or, as in RFC 3339, RFC 2822 and on paper, its offset, after which programs
# repeat the name.
_ZONE = (
    rf"(?P<zone>(?:(?:gmt|utc)?[+-](?:\d{{2}}:?\d{{2}}|\d{{1,2}}))(?= |\Z)|{'|'.join(_ZONES)}"
    r"|[a-z]+(?:/[a-z0-9_+-]+){1,2})(?: (?:[a-z]{2,5}|\([^()]*\)))?"
)
_TIME = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    rf"(?: ?(?P<half>[ap])\.?m\.?(?![a-z]))?(?: ?{_ZONE})?"
)
_ORDINAL, _PLAIN_YEAR = "st|nd|rd|th", r"(?P<year>\d{4})"
_YEAR = r"(?P<year>\d{4})(?: ?(?:года|год|г\.?))?"
_NAME = r"(?P<name>[a-zа-яё]+)\.?"
# The most common first.
_FORMS = (
    *(
        re.compile(rf"{date}(?:(?:,? (?:в |at )?|t){_TIME})?", re.ASCII)
        for date in (
            r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
            rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.{_YEAR}",
            rf"(?:[a-zа-я]{{2,11}}\.?,? )?(?P<day>\d{{1,2}}) {_NAME} {_YEAR}",
            rf"(?:[a-z]{{3,9}}\.?,? )?{_NAME} (?P<day>\d{{1,2}})(?:{_ORDINAL})?,? {_PLAIN_YEAR}",
        )
    ),
    # As ctime(3) writes it.
    re.compile(rf"[a-z]{{3}} {_NAME} (?P<day>\d{{1,2}}) {_TIME} (?P<year>\d{{4}})", re.ASCII),
)
_MONTHS = {
    name.lower().rstrip("."): month
    for language in ("ru", "en")
    for width in ("wide", "abbreviated")
    for month, name in get_month_names(width, locale=language).items()
}
_until = re.compile(r"\A(?:до|until|till)\s+", re.IGNORECASE)
# In characters: more than any date needs.
_MAX_LENGTH = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The end of what has none.
FOREVER = datetime.max.replace(tzinfo=UTC)


def to_microseconds(moment: datetime) -> int:
    """Return an aware datetime as whole microseconds since the epoch."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    """Return the datetime, in UTC, of that many microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=count)


def parse_date(text: str, zone: ZoneInfo) -> datetime | None:
    """Parse a date, or a date with a time, as people and programs write it.

    Accepts ISO 8601 extended dates and RFC 3339 times (`2014-08-13`,
    `2014-08-13T15:30:00+04:00`; fractions of a second are dropped), RFC 2822 dates, dates that
    begin with the year (`2014/08/13`), the day (`13.08.2014`, `13 августа 2014 г. в 15:30`) or
    the name of the month (`August 13, 2014`). A date without a time means its midnight. A time
    without a zone is local time in `zone`, by the zone's history; one that a clock change skips
    moves forward by the length of the gap, and of one that occurs twice the first is meant.
    Years are 1900 to 2999.

    Returns the moment in `zone`, or None if `text` is not a complete, existing date. Where the
    zone's offset has seconds, the moment is in a fixed offset of whole minutes instead.
    """
    text = " ".join(text.lower().split())
    if len(text) > _MAX_LENGTH:
        return None
    match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    if match is None:
        return None
    parts = match.groupdict()
    try:
        local = _local(parts)
        written = parts["zone"] and _zone(parts["zone"])
    except ValueError:
        return None
    if not 1900 <= local.year < 3000:
        return None
    moment = local.replace(tzinfo=written or zone)
    if not isinstance(written, timezone):  # clocks change in a zone, but not at an offset
        moment = resolve_imaginary(moment)
    if written is None:
        return moment.replace(tzinfo=_writable(moment))
    moment = moment.astimezone(zone)
    return moment.astimezone(_writable(moment))


def parse_end(text: str, zone: ZoneInfo) -> datetime | None:
    """Parse a date, as `parse_date` does, until which something holds.

    A date without a time means all of that day, so the moment is the midnight after it. The
    date may stand behind the word «до» or `until`.
    """
    text = without_until(text)
    moment = parse_date(text, zone)
    if moment is None or _has_time(text):
        return moment
    return resolve_imaginary(
        datetime.combine(moment.date() + timedelta(days=1), time.min, moment.tzinfo)
    )


def without_until(text: str) -> str:
    """Return a date without the word «до» or `until` in front of it."""
    return _until.sub("", " ".join(text.split()))


def _has_time(text: str) -> bool:
    """Return whether a date that can be parsed has a time."""
    match = next(filter(None, (form.fullmatch(text.lower()) for form in _FORMS)))
    return match["hour"] is not None


def _local(parts: dict[str, str | None]) -> datetime:
    """Return the date and time of day that were written. Raises ValueError."""
    name = parts.get("name")
    month = _MONTHS.get(name, 0) if name else int(parts["month"] or 0)
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
    return datetime(int(parts["year"] or 0), month, int(parts["day"] or 0), hour, minute, second)  # noqa: DTZ001 - the zone is added later


def _zone(text: str) -> tzinfo:
    """Return the zone of a name or an offset. Raises ValueError if there is none."""
    if text[0] in "+-" or text[3:4] in ("+", "-"):
        text = text.removeprefix("gmt").removeprefix("utc")
        digits = text[1:].replace(":", "")
        hours, minutes = int(digits[:2]), int(digits[2:] or 0)
        if hours > 23 or minutes > 59:
            raise ValueError(text)
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if text[0] == "-" else offset)
    name = _ZONES.get(text) or _zone_names().get(text)
    if name is None:
        raise ValueError(text)
    return ZoneInfo(name)


@lru_cache
def _zone_names() -> dict[str, str]:
    """Return the names of all zones by how they are spelled in small letters."""
    return {name.lower(): name for name in available_timezones()}


def _writable(moment: datetime) -> tzinfo | None:
    # An offset in RFC 3339, section 5.6, has no seconds; that of a local mean time has.
    offset = moment.utcoffset() or timedelta(0)
    seconds = offset % timedelta(minutes=1)
    return timezone(offset - seconds) if seconds else moment.tzinfo
