"""Whole logs, counted."""

import random
import tracemalloc
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedsvc.audience import counters
from feedsvc.audience.claims import Claimed
from feedsvc.audience.count import count
from feedsvc.audience.report import Report, as_json
from feedsvc.settings import Settings

FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers; )"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SETTINGS = Settings(timezone=ZoneInfo("Europe/Moscow"))


def line(
    address: str = "192.0.2.7",
    at: str = "29/Nov/2026:12:00:00 +0300",
    request: str = "GET /feeds/atom.xml HTTP/1.1",
    status: int = 200,
    agent: str | None = "Newsboat/2.13",
) -> str:
    common = f'{address} - - [{at}] "{request}" {status} 5'
    return common if agent is None else f'{common} "-" "{agent}"'


def counted(folder: Path, *lines: str) -> Report:
    (folder / "log").write_text("".join(f"{each}\n" for each in lines))
    return count([str(folder / "log")], SETTINGS, lambda _lines: None)


def subscribers(report: Report) -> list[tuple[date, int]]:
    return [(day.day, day.total("subscribers")) for day in report.days]


def test_single_readers_count_once_a_day_by_address_and_program(tmp_path: Path) -> None:
    report = counted(
        tmp_path,
        *[line()] * 3,
        line(status=304),
        line(agent="Newsboat/2.14"),
        line(address="192.0.2.8"),
        line(agent="Akregator/5.24"),
    )
    (day,) = report.days
    (feed,) = day.feeds
    assert feed.readers == {"Newsboat": 2, "Akregator": 1}
    assert (feed.feed, feed.subscribers, report.requests) == ("/feeds/atom.xml", 3, 7)


@pytest.mark.parametrize(
    ("request_line", "status", "counts"),
    [
        ("GET /feeds/atom.xml HTTP/1.1", 200, True),
        ("GET /feeds/atom.xml HTTP/1.1", 226, True),
        ("GET /feeds/atom.xml HTTP/1.1", 304, True),
        ("GET /feed HTTP/1.1", 301, False),
        ("GET /feeds/atom.xml HTTP/1.1", 503, False),
        ("GET /feeds/atom.xml HTTP/1.1", 206, False),
        ("HEAD /feeds/atom.xml HTTP/1.1", 200, False),
        ("POST /feeds/atom.xml HTTP/1.1", 200, False),
        ("GET / HTTP/1.1", 200, False),
    ],
)
def test_only_a_feed_that_was_fetched_counts(
    tmp_path: Path, request_line: str, status: int, *, counts: bool
) -> None:
    report = counted(tmp_path, line(request=request_line, status=status))
    assert report.requests == len(report.days) == counts
    assert report.not_understood == 0


def test_days_are_those_of_the_site(tmp_path: Path) -> None:
    report = counted(
        tmp_path,
        line(at="28/Nov/2026:20:59:59 +0000"),
        line(at="28/Nov/2026:21:00:00 +0000"),
        line(at="29/Nov/2026:23:59:59 +0300"),
        line(at="29/Nov/2026:10:00:00 -1100"),
    )
    assert subscribers(report) == [
        *((date(2026, 11, 28), 1), (date(2026, 11, 29), 1), (date(2026, 11, 30), 1)),
    ]


def test_services_count_as_they_report_and_others_are_apart(tmp_path: Path) -> None:
    report = counted(
        tmp_path,
        line(agent=FEEDLY.format(30), at="29/Nov/2026:09:00:00 +0300"),
        line(agent=FEEDLY.format(35), at="29/Nov/2026:21:00:00 +0300", address="192.0.2.9"),
        line(agent=FEEDLY.format(33), at="29/Nov/2026:15:00:00 +0300"),
        line(agent=FEEDLY.format(999_999_999), at="29/Nov/2026:23:00:00 +0300"),
        line(agent=FEEDLY.format(4), request="GET /feeds/rss.xml HTTP/1.1"),
        line(agent=BROWSER),
        line(agent="Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"),
        line(agent="ZmEu"),
        line(),
    )
    (day,) = report.days
    atom, rss = day.feeds
    assert atom.services == {"Feedly": Claimed(35, 999_999_999)}
    assert (atom.subscribers, atom.reported, atom.single) == (36, 35, 1)
    assert (atom.browsers, atom.robots, atom.others, atom.unnamed) == (1, 1, 1, 0)
    assert (rss.feed, rss.subscribers) == ("/feeds/rss.xml", 4)
    assert day.services == {"Feedly": Claimed(39, 999_999_999)}


def test_a_format_without_programs_counts_nobody_as_a_subscriber(tmp_path: Path) -> None:
    report = counted(tmp_path, line(agent=None), line(agent=None, address="192.0.2.8"))
    assert subscribers(report) == [(date(2026, 11, 29), 0)]
    assert report.days[0].total("unnamed") == 2


def test_the_order_of_lines_and_logs_and_repeated_logs_make_no_difference(tmp_path: Path) -> None:
    chance = random.Random(14)
    lines = [
        line(
            address=f"192.0.2.{chance.randrange(50)}",
            at=f"{chance.randrange(1, 30):02}/Nov/2026:{chance.randrange(24):02}:00:00 +0300",
            agent=chance.choice(["Newsboat/2", FEEDLY.format(30), BROWSER]),
        )
        for _ in range(2000)
    ]
    (tmp_path / "one").write_text("\n".join(lines[:1000]))
    (tmp_path / "two").write_text("\n".join(lines[1000:]))
    chance.shuffle(lines)
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    expected = count([one, two], SETTINGS, lambda _lines: None).days
    assert expected == count([two, one, two], SETTINGS, lambda _lines: None).days
    assert expected == counted(tmp_path, *lines).days


def test_a_log_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(line())
    logs = [str(tmp_path / "none"), str(tmp_path / "log")]
    report = count(logs, SETTINGS, lambda _lines: None)
    assert subscribers(report) == [(date(2026, 11, 29), 1)]
    assert [each.name for each in report.unavailable] == [logs[0]]


def test_memory_does_not_grow_with_lines_agents_feeds_or_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "MOST_COUNTERS", 50)
    monkeypatch.setattr(counters, "MOST", 256)
    chance = random.Random(14)
    with (tmp_path / "log").open("w") as log:
        for number in range(60_000):
            path = f"/feeds/category/{number}/atom.xml" if number % 2 else "/feeds/atom.xml"
            log.write(
                line(
                    address=f"10.{number >> 16}.{(number >> 8) % 256}.{number % 256}",
                    request=f"GET {path} HTTP/1.1",
                    agent=f"reader {number} {'x' * chance.randrange(300)}",
                )
                + "\n"
            )
    tracemalloc.start()
    try:
        report = count([str(tmp_path / "log")], SETTINGS, lambda _lines: None)
        # Most of it are agents that were seen before.
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert report.left_out == 30_000 - 49


def test_no_address_is_in_what_comes_out(tmp_path: Path) -> None:
    report = counted(tmp_path, line(), line(agent=BROWSER), line(agent=FEEDLY.format(3)))
    assert "192.0.2" not in repr(report)
    assert "192.0.2" not in repr(as_json(report, "UTC"))
