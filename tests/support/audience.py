"""Reports of who reads the feeds, as tests need them."""

from datetime import date, timedelta

from feedsvc.audience.claims import Claimed
from feedsvc.audience.report import Day, FeedDay, Report


def a_day(day: date, reported: int, single: int) -> Day:
    """Return a day with two feeds, on which services report so many, and so many read alone."""
    atom = FeedDay(
        feed="/feeds/atom.xml",
        services={"Feedly": Claimed(reported, 1_000_000)},
        readers={"Newsboat": single - single // 4, "": single // 4},
        browsers=3,
        robots=2,
        others=1,
        unnamed=0,
    )
    category = FeedDay(
        feed="/feeds/category/sport/rss.xml",
        services={},
        readers={},
        browsers=1,
        robots=0,
        others=0,
        unnamed=4,
    )
    return Day(day, (atom, category))


def a_report(days: int = 30) -> Report:
    """Return a report of so many days; the last one but one has 35 and 11 subscribers."""
    last = date(2026, 11, 29)
    ago = [days - number - 1 for number in range(days)]
    return Report(
        days=tuple(
            a_day(last - timedelta(each), max(36 - each, 1), max(12 - each, 1)) for each in ago
        ),
        lines=123_456,
        not_understood=7,
        requests=4567,
        left_out=3,
        is_exact=False,
        unavailable=(),
    )
