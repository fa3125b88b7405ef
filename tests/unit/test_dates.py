"""Dates as people write them, and every change of Moscow's clocks since 1900."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.dates import (
    from_microseconds,
    is_meant,
    parse_date,
    parse_end,
    read_date,
    to_microseconds,
)

MOSCOW = ZoneInfo("Europe/Moscow")
RUSSIAN = (
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()
)
NOMINATIVE = (
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь".split()
)
WEEKDAYS = "понедельник вторник среда четверг пятница суббота воскресенье".split()
SHORT = "пн вт ср чт пт сб вс".split()
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
ENGLISH = (
    "January February March April May June July August September October November December".split()
)


def parse(text: str, zone: ZoneInfo = MOSCOW) -> str | None:
    moment = parse_date(text, zone)
    return moment.isoformat() if moment else None


def spellings(local: datetime) -> list[str]:
    """Return every accepted spelling of a local minute."""
    iso = f"{local:%Y-%m-%d}"
    clock = f"{local:%H:%M}"
    days = [
        f"{local:%d.%m.%Y}",
        f"{local.day}.{local.month}.{local.year}",
        f"{local.day} {RUSSIAN[local.month - 1]} {local.year}",
        f"{local.day} {RUSSIAN[local.month - 1].upper()} {local.year} г.",
        f"{local.day:02} {RUSSIAN[local.month - 1]} {local.year} года",
        f"{local.day} {ENGLISH[local.month - 1]} {local.year}",
        f"{local:%d.%m.%Y}г.",
        f"{local:%d.%m.%Y} год",
        f"{local:%d.%m.%Y} г",
    ]
    joints = (" ", ", ", " в ", ", в ")
    clocks = (clock, clock.replace(":", "."), f"{clock}:00", f"{local.hour}:{local:%M}")
    return [
        f"{iso}T{clock}",
        f"{iso} {clock}",
        f"{iso}t{clock}:00",
        f"{iso}T{clock}:00.5",
        f"{iso}T{clock}:00,999999999",
        *(f"{day}{joint}{time}" for day in days for joint in joints for time in clocks),
        f"{local.day} {ENGLISH[local.month - 1]} {local.year} at {clock}",
        f"  {local.day}  {RUSSIAN[local.month - 1]}\t{local.year}  {clock} ",
        *(
            f"{day}{joint}{clock}"
            for day in official(local)
            for joint in (" ", ", ", ", в ", " — ")
        ),
        *(f"{local:%d.%m.%Y} {time}" for time in hours(local)),
        *(f"{clock}{joint}{local:%d.%m.%Y}" for joint in (" ", ", ")),
        f"в {clock}, {local.day} {RUSSIAN[local.month - 1]} {local.year} г.",
        # Word processors put U+00A0 into dates.
        f"{local.day}\u00a0{RUSSIAN[local.month - 1]}\u00a0{local.year}\u00a0г. в\u00a0{clock}",
    ]


def official(local: datetime) -> list[str]:
    """Return dates as they stand in papers, and in what people type."""
    month = RUSSIAN[local.month - 1]
    weekday = WEEKDAYS[local.weekday()]
    return [
        f"«{local.day}» {month} {local.year} г.",
        f'"{local.day}" {month} {local.year} года',
        f"“{local.day:02}” {month} {local.year}",
        f"от {local.day} {month} {local.year} года",
        f"{local.day}-го {month} {local.year}г.",
        f"{local.day} {month}, {local.year}",
        f"{local.day} {NOMINATIVE[local.month - 1]} {local.year}",
        f"{local.day} {month[:3]}. {local.year}",
        f"{local.day}. {local.month}. {local.year}",
        f"{weekday}, {local:%d.%m.%Y}",
        f"{weekday.upper()} {local.day} {month} {local.year}",
        f"{local:%d.%m.%Y}, {weekday}",
        f"{local:%d.%m.%Y} ({SHORT[local.weekday()]})",
        f"{SHORT[local.weekday()]}. {local:%d.%m.%Y}",
    ]


def hours(local: datetime) -> list[str]:
    """Return times of day with words; with a hyphen where that means no span of hours."""
    found = [
        f"{local.hour} ч {local.minute} мин",
        f"{local.hour} ч. {local:%M} мин.",
        f"в {local.hour}ч{local:%M}",
        f"в {local.hour} часов {local.minute} минут",
        f"{local:%H:%M} МСК",
        f"{local:%H:%M} (мск)",
        f"{local:%H:%M} по московскому времени.",
        f"{local.hour}{f'{local:%M}'.translate(SUPERSCRIPT)}",
    ]
    if local.minute == 0:
        found += [f"{local.hour} ч.", f"в {local.hour} часов", f"{local.hour} час"]
    if local.minute == 0 or local.minute > 24:
        found += [f"{local.hour}-{local:%M}", f"{local.hour}–{local:%M}"]
    return found


def expected(local: datetime) -> str:
    # PEP 495: in a gap fold 0 has the offset before it and fold 1 the one after.
    before = local.replace(tzinfo=MOSCOW, fold=0).utcoffset()
    after = local.replace(tzinfo=MOSCOW, fold=1).utcoffset()
    assert before is not None
    assert after is not None
    offset = before
    if after > before:
        local += after - before
        offset = after
    minutes = offset // timedelta(minutes=1)
    return f"{local:%Y-%m-%dT%H:%M:%S}+{minutes // 60:02}:{minutes % 60:02}"


def transitions() -> list[datetime]:
    """Return the moments at which Moscow's clocks changed, to the second."""
    days = [datetime(1899, 12, 31, tzinfo=UTC) + timedelta(days=n) for n in range(50_000)]
    found = []
    for (earlier, offset), (_, later_offset) in pairwise(
        (day, day.astimezone(MOSCOW).utcoffset()) for day in days
    ):
        if later_offset == offset:
            continue
        first, last = 0, 24 * 3600
        while last - first > 1:
            middle = (first + last) // 2
            moment = earlier + timedelta(seconds=middle)
            if moment.astimezone(MOSCOW).utcoffset() == offset:
                first = middle
            else:
                last = middle
        found.append(earlier + timedelta(seconds=last))
    return found


TRANSITIONS = transitions()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2014-08-13", "2014-08-13T00:00:00+04:00"),
        ("13.08.2014", "2014-08-13T00:00:00+04:00"),
        ("2014-08-13 15:30 EST", "2014-08-14T00:30:00+04:00"),
        ("2014-08-13 15:30:00 +0200 CEST", "2014-08-13T17:30:00+04:00"),
        ("Wed Aug 13 2014 15:30:00 GMT+0400 (MSK)", "2014-08-13T15:30:00+04:00"),
        ("Wed Aug 13 15:30:00 2014", "2014-08-13T15:30:00+04:00"),
        ("Wed Aug 13 15:30:00 UTC 2014", "2014-08-13T19:30:00+04:00"),
        ("2014-08-13 15:30 -4", "2014-08-13T23:30:00+04:00"),
        ("2014-08-13T15:30:00+04", "2014-08-13T15:30:00+04:00"),
        ("3.8.2014", "2014-08-03T00:00:00+04:00"),
        ("13.08.2014г.", "2014-08-13T00:00:00+04:00"),
        ("13.08.2014 года", "2014-08-13T00:00:00+04:00"),
        ("13.08.2014 15:30", "2014-08-13T15:30:00+04:00"),
        ("13.08.2014, 15.30", "2014-08-13T15:30:00+04:00"),
        ("13.08.2014 в 9:05:07", "2014-08-13T09:05:07+04:00"),
        ("13 августа 2014", "2014-08-13T00:00:00+04:00"),
        ("13 августа 2014 г.", "2014-08-13T00:00:00+04:00"),
        ("13 августа 2014 года в 15:30", "2014-08-13T15:30:00+04:00"),
        ("13 Августа 2014 г., в 15:30", "2014-08-13T15:30:00+04:00"),
        ("13 August 2014 at 15:30", "2014-08-13T15:30:00+04:00"),
        ("2014-08-13 15:30", "2014-08-13T15:30:00+04:00"),
        ("2014-08-13T15:30:59", "2014-08-13T15:30:59+04:00"),
    ],
)
def test_a_date_is_parsed_as_people_write_it(text: str, moment: str) -> None:
    assert parse(text) == moment


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_known_by_its_name_in_russian_and_english(month: int) -> None:
    names = (RUSSIAN[month - 1], RUSSIAN[month - 1].upper(), ENGLISH[month - 1])

    found = {parse_date(f"1 {name} 2020", MOSCOW) for name in names}

    assert found == {datetime(2020, month, 1, tzinfo=MOSCOW)}


def test_a_date_in_iso_order_is_never_reversed() -> None:
    assert parse("2026-07-12") == "2026-07-12T00:00:00+03:00"


def test_a_date_with_dots_has_its_day_first() -> None:
    assert parse("07.12.2026") == "2026-12-07T00:00:00+03:00"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2014-08-13T15:30:00Z", "2014-08-13T19:30:00+04:00"),
        ("2014-08-13t15:30:00z", "2014-08-13T19:30:00+04:00"),
        ("2014-08-13 15:30Z", "2014-08-13T19:30:00+04:00"),
        ("2014-08-13T15:30:00+04:00", "2014-08-13T15:30:00+04:00"),
        ("2014-08-13T15:30:00+0400", "2014-08-13T15:30:00+04:00"),
        ("2014-08-13T15:30:00 +04:00", "2014-08-13T15:30:00+04:00"),
        ("2014-08-13T15:30:00-03:30", "2014-08-13T23:00:00+04:00"),
        ("2014-08-13T23:30:00.123-00:00", "2014-08-14T03:30:00+04:00"),
        ("2015-08-13T15:30:00+05:45", "2015-08-13T12:45:00+03:00"),
        ("2014-08-13T15:30:00+23:59", "2014-08-12T19:31:00+04:00"),
        # Both halves of an hour that occurred twice.
        ("2010-10-30T22:30:00Z", "2010-10-31T02:30:00+04:00"),
        ("2010-10-30T23:30:00Z", "2010-10-31T02:30:00+03:00"),
    ],
)
def test_a_time_with_an_offset_is_converted_to_the_zone(text: str, moment: str) -> None:
    assert parse(text) == moment


@pytest.mark.parametrize("text", ["1905-01-01T00:00:00Z", "1917-12-01T12:00:00-05:00"])
def test_a_time_with_an_offset_stays_the_same_moment_where_offsets_had_seconds(text: str) -> None:
    assert parse_date(text, MOSCOW) == datetime.fromisoformat(text)


def test_a_moment_is_returned_in_the_given_zone() -> None:
    moment = parse_date("13.08.2014", MOSCOW)

    assert moment is not None
    assert moment.tzinfo is MOSCOW
    assert parse("13.08.2014", ZoneInfo("Asia/Kathmandu")) == "2014-08-13T00:00:00+05:45"


def test_an_offset_west_of_greenwich_loses_its_seconds_too() -> None:
    # Monrovia kept -0:44:30 until 1972.
    assert parse("01.01.1970 12:00", ZoneInfo("Africa/Monrovia")) == "1970-01-01T12:00:00-00:45"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2013-11-22 5:00:00 +0000", "2013-11-22T09:00:00+04:00"),
        ("2024/05/07", "2024-05-07T00:00:00+03:00"),
        ("2024/5/7 10:00 Z", "2024-05-07T13:00:00+03:00"),
        ("Wed, 13 Aug 2014 15:30:00 +0400", "2014-08-13T15:30:00+04:00"),
        ("13 aug. 2014 15:30:00 GMT", "2014-08-13T19:30:00+04:00"),
        ("May 7, 2024", "2024-05-07T00:00:00+03:00"),
        ("May 7th, 2024 at 12:05 AM", "2024-05-07T00:05:00+03:00"),
        ("Tuesday, May 7 2024, 3:30 p.m.", "2024-05-07T15:30:00+03:00"),
        ("7 мая 2024, 10:00", "2024-05-07T10:00:00+03:00"),
        ("вт, 7 мая 2024 10:00", "2024-05-07T10:00:00+03:00"),
        ("2014-08-13 10:00 Europe/Berlin", "2014-08-13T12:00:00+04:00"),
        ("2014-08-13 10:00 america/port-au-prince", "2014-08-13T18:00:00+04:00"),
        ("2014-08-13T15:30:00 MSK", "2014-08-13T15:30:00+04:00"),
        ("2014-08-13T1:30", "2014-08-13T01:30:00+04:00"),
        ("13-08-2014", "2014-08-13T00:00:00+04:00"),
        ("13 сент. 2014", "2014-09-13T00:00:00+04:00"),
    ],
)
def test_a_date_is_parsed_as_programs_write_it(text: str, moment: str) -> None:
    assert parse(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "10",
        "2014",
        "08.2014",
        "2014-08",
        "август 2014",
        "13 августа",
        "31.02.2015",
        "29.02.2100",
        "2015-02-29",
        "00.01.2015",
        "01.00.2015",
        "2015-13-01",
        "завтра",
        "вчера в 15:30",
        "01/02/2024",
        "13.08.14",
        "2014-W33-3",
        "2014-225",
        "20140813",
        "1407873600",
        "13 мартобря 2014",
        "13 дня 2014",
        "13.08.2014 24:00",
        "2014-08-13T24:00:00",
        "13.08.2014 15:60",
        "2014-08-13T15:60",
        "2014-08-13T15:30:60",
        "2014-08-13T15",
        "2014-08-13T15:30:00+24:00",
        "2014-08-13T15:30:00+04:60",
        "2014-08-13T15:30:00 Europe/Nowhere",
        "2014-08/13",
        "13.08.2014" + "0" * 100,
        "August 13 2014 13:30 PM",
        "August 13 2014 0:30 AM",
        "2014-08-13Z",
        "13.08.201415:30",
        "31.12.1899",
        "1899-12-31T23:59:59Z",
        "01.01.3000",
        "3000-01-01T00:00:00+23:59",
        "0000-01-01",
        "13.08.2014 и 14.08.2014",
        "13.08.2014 (праздник)",
        "до 13.08.2014",
        "внимание 13 августа 2014",
        "13.08.2014 10:00-12:00",
        "13.08.2014 10:00 — 12:00",
        "13.08.2014 10:00–12:00",
        "2014-08-13 10:00–12:00",
        "13 августа 2014 10:00-12",
        "13.08.2014 10-12",
        "13-15 августа 2014",
        "13.08.2014, 14 и 15 ч",
        "вторник",
        # Arabic-Indic digits, which \d and int() accept.
        "\u0661\u0663.\u0660\u0668.\u0662\u0660\u0661\u0664",
        "\u0662\u0660\u0661\u0664-\u0660\u0668-\u0661\u0663",
        "\u0661\u0663 августа 2014",
        "13.08.2014\x00",
    ],
)
def test_what_is_not_a_complete_existing_date_is_refused(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("text", ["01.01.1900", "31.12.2999 23:59"])
def test_the_first_and_the_last_year_are_accepted(text: str) -> None:
    assert parse(text) is not None


def test_a_time_that_a_clock_change_skips_moves_forward_by_the_gap() -> None:
    assert parse("27.03.2011 02:30") == "2011-03-27T03:30:00+04:00"


def test_a_time_that_occurs_twice_means_the_first() -> None:
    assert parse("31.10.2010 02:30") == "2010-10-31T02:30:00+04:00"


def test_a_midnight_that_a_clock_change_skips_moves_forward_by_the_gap() -> None:
    # Moscow's local mean time was corrected by 62 seconds that night.
    assert parse("03.07.1916") == "1916-07-03T00:01:02+02:31"


def test_moscow_has_changed_its_clocks_as_often_as_history_says() -> None:
    # Otherwise the next test would search in the wrong places, or nowhere.
    assert (len(TRANSITIONS), TRANSITIONS[0].year, TRANSITIONS[-1].isoformat()) == (
        76,
        1916,
        "2014-10-25T22:00:00+00:00",
    )


def test_every_minute_around_a_clock_change_is_parsed_as_itself() -> None:
    for transition in TRANSITIONS:
        offset = transition.astimezone(MOSCOW).utcoffset()
        assert offset is not None
        change = (transition.replace(tzinfo=None) + offset).replace(second=0)
        minutes = [change + timedelta(minutes=n) for n in range(-200, 201)]

        found = [parse(f"{minute:%d.%m.%Y %H:%M}") for minute in minutes]

        assert found == [expected(minute) for minute in minutes], f"{transition:%Y-%m-%d}"


@settings(derandomize=True, max_examples=100)
@given(
    st.one_of(
        st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31, 23, 59)),  # noqa: DTZ001
        st.builds(
            lambda change, minutes: change.replace(tzinfo=None) + timedelta(minutes=minutes),
            st.sampled_from(TRANSITIONS),
            st.integers(-600, 600),
        ),
    )
)
def test_any_minute_in_any_spelling_is_parsed_as_itself(minute: datetime) -> None:
    minute = minute.replace(second=0, microsecond=0)

    found = {text: parse(text) for text in spellings(minute)}

    assert found == dict.fromkeys(found, expected(minute))


@settings(derandomize=True, max_examples=100)
@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2999, 12, 30)),  # noqa: DTZ001
    st.integers(-1439, 1439),
)
def test_any_moment_with_any_offset_is_parsed_as_itself(local: datetime, minutes: int) -> None:
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    text = f"{local:%Y-%m-%dT%H:%M:%S}{sign}{hours:02}:{rest:02}"

    moment = parse_date(text, MOSCOW)

    assert moment == datetime.fromisoformat(text)
    # RFC 3339 section 5.6: an offset is hours and minutes.
    offset = moment.utcoffset()
    assert offset is not None
    assert offset % timedelta(minutes=1) == timedelta(0)


@settings(derandomize=True, max_examples=100)
@given(st.one_of(st.text(), st.text("0123456789.-:TZ+ гв", max_size=30)))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    moment = parse_date(text, MOSCOW)

    assert moment is None or moment.utcoffset() is not None


@pytest.mark.parametrize(
    ("text", "fault", "values"),
    [
        ("24.11.26", "date-short-year", {"full": "24.11.2026"}),
        ("4/1/26 15:30", "date-short-year", {"full": "04.01.2026"}),
        ("24 ноября 26 г.", "date-short-year", {"full": "24.11.2026"}),
        ("24 дня 26", "bad-date", {}),
        ("24 ноября", "date-no-year", {}),
        ("24 ноября в 15:30", "date-no-year", {}),
        ("24.11", "date-no-year", {}),
        ("24.11, 15:30", "date-no-year", {}),
        ("2 дня", "bad-date", {}),
        ("24-25 ноября 2026", "bad-date", {}),
        ("ноябрь 2026 г.", "date-no-day", {}),
        ("11.2026", "date-no-day", {}),
        ("осень 2026", "bad-date", {}),
        ("31.11.2026", "date-no-such-day", {"last": "30"}),
        ("29 февраля 2100 г.", "date-no-such-day", {"last": "28"}),
        ("00.11.2026", "date-no-such-day", {"last": "30"}),
        ("24.13.2026", "date-no-month", {"month": "13"}),
        ("24/13/2026", "date-no-month", {"month": "24"}),
        ("07/12/2026", "date-order", {}),
        ("01-02-2024", "date-order", {}),
        ("24 ноебря 2026", "date-month", {"near": "ноября"}),
        ("Novembre 24, 2026", "date-month", {"near": "november"}),
        ("24 мартобря 2026", "bad-date", {}),
        ("24.11.2026 25:70", "date-time", {}),
        ("24.11.2026 10-12", "date-time", {}),
        ("24.11.2026 10:00-12:00", "date-time", {}),
        ("24.11.2026 и 25.11.2026", "date-time", {}),
        ("24.11.2026 15:30 Europe/Nowhere", "bad-date", {}),
        ("0000-01-01", "bad-date", {}),
        ("01.01.1800", "bad-date", {}),
        ("завтра", "bad-date", {}),
        ("", "bad-date", {}),
    ],
)
def test_what_is_wrong_with_a_date_is_said(text: str, fault: str, values: dict[str, str]) -> None:
    found = read_date(text, MOSCOW)

    assert (found.moment, found.fault, found.values) == (None, fault, {"value": text, **values})


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("среда, 24 ноября 2026", "вторник"),
        ("в пятницу, 24 ноября 2026 г. в 15:30", "вторник"),
        ("24.11.2026 (сб)", "вторник"),
        ("Wed, 24 Nov 2026 23:30:00 -0500", "Tuesday"),
        ("вт ср 24.11.2026", "вторник"),
    ],
)
def test_a_wrong_day_of_the_week_is_told(text: str, right: str) -> None:
    found = read_date(text, MOSCOW)

    assert found.moment is not None
    assert (found.fault, found.values) == ("date-weekday", {"value": text, "right": right})


@pytest.mark.parametrize("text", ["24.11.2026", "31.11.2026", "24.11.26", "07/12/2026"])
def test_what_has_all_parts_of_a_date_is_meant_to_be_one(text: str) -> None:
    assert is_meant(text, MOSCOW)


@pytest.mark.parametrize("text", ["24 ноября", "9 мая: праздник", "11.2026", "завтра", ""])
def test_what_lacks_a_part_may_be_something_else(text: str) -> None:
    assert not is_meant(text, MOSCOW)


def test_a_day_may_only_stand_behind_the_month_where_that_is_certain() -> None:
    assert parse("11/24/2026") == parse("24/11/2026") == "2026-11-24T00:00:00+03:00"
    assert parse("11-11-2026") == "2026-11-11T00:00:00+03:00"


NUMBERS = st.one_of(
    *(st.integers(0, limit).map(str) for limit in (31, 60, 3000)), st.just("00"), st.just("2026")
)
PIECES = st.one_of(
    NUMBERS,
    NUMBERS,
    st.sampled_from([*"./-:, ,«»()", " ", " ", ". ", " г.", " в ", "–", " — ", "т", "t"]),
    st.sampled_from(
        [*RUSSIAN, *NOMINATIVE, *ENGLISH, *WEEKDAYS, *SHORT, "ч", " мин", "от ", "мск"]
    ),
)


@settings(derandomize=True, max_examples=500)
@given(
    st.one_of(
        st.lists(PIECES, max_size=12).map("".join),
        st.builds(
            lambda day, tail: day + "".join(tail),
            st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)).flatmap(  # noqa: DTZ001
                lambda local: st.sampled_from(spellings(local) + official(local))
            ),
            st.lists(PIECES, max_size=4),
        ),
    )
)
def test_no_number_in_a_date_is_passed_over(text: str) -> None:
    moment = parse_date(text, ZoneInfo("UTC"))
    # Offsets and zones move the day; fractions are dropped.
    has_zone = re.search(
        r"[+]|мск|msk|-[\d:]+\s*[.,;]*$|[.,]\d{3,}|[⁰¹²³⁴⁵⁶⁷⁸⁹]|московск", text.lower()
    )
    if moment is None or has_zone:
        return
    meant = {moment.year, moment.day, moment.hour, moment.minute, moment.second, moment.month}

    assert {int(number) for number in re.findall(r"\d+", text)} <= meant
    assert moment.year in {int(number) for number in re.findall(r"\d+", text)}


@pytest.mark.parametrize("count", [0, 1, -1, 1_782_907_200_000_000, -62_135_596_800_000_000])
def test_a_moment_stays_the_same_in_microseconds(count: int) -> None:
    assert to_microseconds(from_microseconds(count)) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30.11.2026", "2026-12-01T00:00:00+03:00"),
        ("до 30.11.2026", "2026-12-01T00:00:00+03:00"),
        ("до 30 ноября 2026 г.", "2026-12-01T00:00:00+03:00"),
        ("2026-11-30", "2026-12-01T00:00:00+03:00"),
        ("until 2026-12-31", "2027-01-01T00:00:00+03:00"),
        ("30.11.2026 18:00", "2026-11-30T18:00:00+03:00"),
        ("30.11.2026 0:00", "2026-11-30T00:00:00+03:00"),
        ("30.11.2026 в 00.00", "2026-11-30T00:00:00+03:00"),
        ("2026-11-30T00:00", "2026-11-30T00:00:00+03:00"),
        ("2026-11-30T00:00:00+03:00", "2026-11-30T00:00:00+03:00"),
        ("завтра", None),
        ("до", None),
        ("", None),
    ],
)
def test_a_day_until_which_something_holds_counts_as_a_whole(
    text: str, expected: str | None
) -> None:
    moment = parse_end(text, ZoneInfo("Europe/Moscow"))
    assert (moment and moment.isoformat()) == expected


def test_the_last_day_ends_at_the_midnight_that_there_is() -> None:
    # In Cairo clocks went forward at midnight.
    moment = parse_end("24.04.2025", ZoneInfo("Africa/Cairo"))
    assert moment is not None
    assert moment.isoformat() == "2025-04-25T01:00:00+03:00"
