"""Dates as people write them, and moments as the catalogue stores them.

A date must be complete (day, month and year); nothing is guessed.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_day_names, get_month_names
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
    rf"(?P<zone>(?:(?:gmt|utc)?[+-](?:\d{{2}}:?\d{{2}}|\d{{1,2}}))(?=[ ,]|\Z)|{'|'.join(_ZONES)}"
    r"|[a-z]+(?:/[a-z0-9_+-]+){1,2})(?: (?:[a-z]{2,5}|\([^()]*\)))?"
)
# A hyphen may also stand between two hours, so that only these minutes are certain behind one.
_TIME = (
    r"(?P<hour>\d{1,2})(?:[:.]|-(?=00|2[5-9]|[3-9]))(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    rf"(?: ?(?P<half>[ap])\.?m\.?(?![a-z]))?(?: ?{_ZONE})?"
)
_ORDINAL, _PLAIN_YEAR = "st|nd|rd|th", r"(?P<year>\d{4})"
_YEAR = r"(?P<year>\d{4})(?: ?(?:года|год|г\.?))?"
_NAME = r"(?P<name>[a-zа-яё]+)\.?"
_DATES = (
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
    rf"(?P<day>\d{{1,2}})\. ?(?P<month>\d{{1,2}})\. ?{_YEAR}",
    rf"(?P<day>\d{{1,2}})(?:-?го)? {_NAME},? {_YEAR}",
    rf"{_NAME} (?P<day>\d{{1,2}})(?:{_ORDINAL})?,? {_PLAIN_YEAR}",
    # Which of the two is the day is only certain if the other cannot be.
    rf"(?P<first>\d{{1,2}})(?P<mark>[-/])(?P<then>\d{{1,2}})(?P=mark){_YEAR}",
)
# The most common first.
_FORMS = (
    *(re.compile(rf"{day}(?:(?:,? (?:- |в |at )?|t){_TIME})?", re.ASCII) for day in _DATES),
    # As ctime(3) writes it, without the day of the week.
    re.compile(rf"{_NAME} (?P<day>\d{{1,2}}) {_TIME} (?P<year>\d{{4}})", re.ASCII),
    *(re.compile(rf"(?:в )?{_TIME},? {day}", re.ASCII) for day in _DATES),
)
_ONLY_DATES = tuple(re.compile(rf"{day}(?![\d.])", re.ASCII) for day in _DATES)
_MONTHS: dict[str, int] = {
    name.lower().rstrip("."): month
    for language in ("ru", "en")
    for names in (
        get_month_names("wide", locale=language),
        get_month_names("wide", context="stand-alone", locale=language),
        get_month_names("abbreviated", locale=language),
    )
    for month, name in names.items()
} | {"фев": 2, "сен": 9, "ноя": 11, "sept": 9}
_WEEKDAYS = {
    name.lower(): day
    for language in ("ru", "en")
    for names in (
        get_day_names("wide", locale=language),
        get_day_names("abbreviated", locale=language),
    )
    for day, name in names.items()
} | {"среду": 2, "пятницу": 4, "субботу": 5, "tues": 1, "thur": 3, "thurs": 3}
_weekday = re.compile(
    r"(?<![a-zа-яё/_])(?:во? )?(?P<open>\()?"
    rf"(?P<name>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})(?![a-zа-яё/_])\.?(?(open)\))"
)
_HOURS, _MINUTES = r"(?:часов|часа|час|ч)(?![а-яё])\.?", r"(?:минут[аы]?|мин|м)(?![а-яё])\.?"
# What people write around and between the parts of a date, and what is put there instead.
_MENDED = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # A dash between two times of day is no minus sign.
        (r"(?<!\d[:.]\d\d)[‐‑‒–—−]", "-"),
        (r"[«\"“„‟”'‘’](\d{1,2})[»\"“”'’]", r"\1"),
        (r"^от ", ""),
        (rf"(\d) ?{_HOURS} ?(\d{{1,2}})(?!\d)(?: ?{_MINUTES})?", r"\1:\2"),
        (rf"(\d) ?{_HOURS}", r"\1:00"),
        (r":(\d)(?!\d)", r":0\1"),
        (r"\(?(?:\bпо )?\b(?:московско(?:му|е|го) врем(?:ени|я)|мск|msk)\b\)?", "msk"),
        (r"(?<!:\d\d) *,[ ,]*", ", "),
        (r"[ ,;]+$|^[ ,;]+", ""),
        (r"(?<=[\d\w])\.$", ""),
    )
)
# The dates of programs, and the most usual ones of people, need no mending.
_usual = re.compile(
    r"\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d)?(?:z|[+-]\d\d:\d\d)?)?"
    r"|\d\d?\.\d\d?\.\d{4}(?: \d\d?:\d\d)?",
    re.ASCII,
)
_digit = re.compile("[0-9]")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_raised = re.compile(r"(\d{1,2})([⁰¹²³⁴⁵⁶⁷⁸⁹]{2})(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")
# What lacks something that a date must have.
_no_year = re.compile(
    rf"(?:\d{{1,2}}[./](?:0?\d|1[0-2])|\d{{1,2}} {_NAME})(?:,? (?:в )?\d{{1,2}}[:.]\d\d.*)?",
    re.ASCII,
)
_short_year = re.compile(
    rf"(?P<day>\d{{1,2}})(?:([./-])(?P<month>\d{{1,2}})\2| {_NAME} )(?P<year>\d{{2}})(?!\d)"
    r"(?! ?(?:ч|мин|:))",
    re.ASCII,
)
_no_day = re.compile(rf"(?:{_NAME} \d{{4}}|\d{{1,2}}[./-]\d{{4}})(?!\d)", re.ASCII)
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


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """What is known of a date that somebody wrote.

    `moment` is None if it cannot be read. `fault` is '' or the code of a problem, and `values`
    fill in its texts; beside a moment it is only a warning.
    """

    moment: datetime | None
    fault: str = ""
    values: dict[str, str] = field(default_factory=dict)


# Of a date that has day, month and year.
_WRONG = frozenset(
    ("date-short-year", "date-no-such-day", "date-no-month", "date-month", "date-order")
)


class _WrongDateError(Exception):
    """The date does not exist, or may be another one."""

    def __init__(self, code: str = "bad-date", **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def parse_date(text: str, zone: ZoneInfo) -> datetime | None:
    """Parse a date, or a date with a time, as people and programs write it.

    Accepts ISO 8601 extended dates and RFC 3339 times (`2014-08-13`,
    `2014-08-13T15:30:00+04:00`; fractions of a second are dropped), RFC 2822 dates, dates that
    begin with the year (`2014/08/13`), the day (`13.08.2014`, `13 августа 2014 г. в 15:30`,
    `13/08/2014` where that is certain) or the name of the month (`August 13, 2014`), with the
    day of the week before or behind them. A date without a time means its midnight. A time
    without a zone is local time in `zone`, by the zone's history; one that a clock change skips
    moves forward by the length of the gap, and of one that occurs twice the first is meant.
    Years are 1900 to 2999.

    Returns the moment in `zone`, or None if `text` is not a complete, existing date. Where the
    zone's offset has seconds, the moment is in a fixed offset of whole minutes instead.
    """
    return read_date(text, zone).moment


def is_meant(text: str, zone: ZoneInfo) -> bool:
    """Return whether a text is a date, or has all that a date has but cannot be one."""
    found = read_date(text, zone)
    return found.moment is not None or found.fault in _WRONG


def read_date(text: str, zone: ZoneInfo) -> WrittenDate:
    """Read a date as `parse_date` does, and say what is wrong with it."""
    mended, names = _mended(text)
    value = " ".join(text.split())
    try:
        moment, local = _read(mended, zone)
    except _WrongDateError as error:
        return WrittenDate(None, error.code, {"value": value, **error.values})
    except (ValueError, OverflowError):
        return WrittenDate(None, "bad-date", {"value": value})
    for name in names:
        if _WEEKDAYS[name] != local.weekday():
            values = {"value": value, "right": _weekday_name(name, local)}
            return WrittenDate(moment, "date-weekday", values)
    return WrittenDate(moment)


def _mended(text: str) -> tuple[str, list[str]]:
    """Return a date in one of the ways to write it, and the days of the week that it named."""
    text = " ".join(text.lower().split())
    if _usual.fullmatch(text):
        return text, []
    if len(text) > _MAX_LENGTH or not _digit.search(text):
        return "", []
    text = _raised.sub(lambda found: f"{found[1]}:{found[2].translate(_SUPERSCRIPT)}", text)
    names = [found["name"] for found in _weekday.finditer(text)]
    text = _weekday.sub(",", text) if names else text
    for pattern, replacement in _MENDED:
        text = pattern.sub(replacement, text)
    return " ".join(text.split()), names


def _read(text: str, zone: ZoneInfo) -> tuple[datetime, date]:
    """Return the moment and the date that were written. Raises _WrongDateError, ValueError."""
    match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    if match is None:
        raise _lacking(text)
    parts = match.groupdict()
    local = _local(parts)
    written = _zone(parts["zone"]) if parts["zone"] else None
    written = None if written == zone else written
    if _is_until(parts):
        raise _WrongDateError("date-time")
    if not 1900 <= local.year < 3000:
        raise ValueError(local.year)
    moment = local.replace(tzinfo=written or zone)
    if not isinstance(written, timezone):  # clocks change in a zone, but not at an offset
        moment = resolve_imaginary(moment)
    if written is None:
        return moment.replace(tzinfo=_writable(moment)), local.date()
    moment = moment.astimezone(zone)
    return moment.astimezone(_writable(moment)), local.date()


def _is_until(parts: dict[str, str | None]) -> bool:
    """Return whether what looks like an offset is the end of a time, as in `10:00-12:00`.

    Offsets stand behind the dates of programs, which begin with the year or are in English.
    """
    name = parts.get("name") or "я"
    is_of_program = name.isascii() or ("mark" in parts and "first" not in parts)
    return (parts["zone"] or "").startswith("-") and not is_of_program


def _lacking(text: str) -> _WrongDateError:
    """Return what a text that has no form of a date lacks."""
    if found := _short_year.match(text):
        number = found["month"] or _MONTHS.get(found["name"])
        if number:
            full = f"{int(found['day']):02}.{int(number):02}.20{found['year']}"
            return _WrongDateError("date-short-year", full=full)
    found = _no_year.fullmatch(text)
    if found and (found["name"] is None or found["name"] in _MONTHS):
        return _WrongDateError("date-no-year")
    found = _no_day.match(text)
    if found and (found["name"] is None or found["name"] in _MONTHS):
        return _WrongDateError("date-no-day")
    is_date = any(form.match(text) for form in _ONLY_DATES)
    return _WrongDateError("date-time" if is_date else "bad-date")


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
    text, _ = _mended(text)
    match = next(filter(None, (form.fullmatch(text) for form in _FORMS)))
    return match["hour"] is not None


def _local(parts: dict[str, str | None]) -> datetime:
    """Return the date and time of day that were written. Raises _WrongDateError, ValueError."""
    year, month, day = int(parts["year"] or 0), _month(parts), int(parts.get("day") or 0)
    if parts.get("first"):
        day, month = _day_and_month(int(parts["first"] or 0), int(parts["then"] or 0))
    if not 1 <= month <= 12:
        raise _WrongDateError("date-no-month", month=str(month))
    # Of a year that the calendar does not have, nothing but that is wrong.
    last = monthrange(year, month)[1] if year else 31
    if not 1 <= day <= last:
        raise _WrongDateError("date-no-such-day", last=str(last))
    try:
        return datetime.combine(date(year, month, day), _time_of_day(parts))
    except ValueError as error:
        raise _WrongDateError("date-time" if year else "bad-date") from error


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("name")
    if not name:
        return int(parts.get("month") or 0)
    if name not in _MONTHS:
        near = get_close_matches(name, _MONTHS, n=1, cutoff=0.7)
        raise _WrongDateError("date-month", near=near[0]) if near else _WrongDateError
    return _MONTHS[name]


def _day_and_month(first: int, then: int) -> tuple[int, int]:
    if first <= 12 and then <= 12 and first != then:
        raise _WrongDateError("date-order")
    return (then, first) if then > 12 else (first, then)


def _time_of_day(parts: dict[str, str | None]) -> time:
    """Return the time of day that was written, or midnight. Raises ValueError."""
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    return time(hour, int(parts["minute"] or 0), int(parts["second"] or 0))


def _weekday_name(like: str, day: date) -> str:
    language = "en" if like.isascii() else "ru"
    return str(get_day_names("wide", locale=language)[day.weekday()])


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
