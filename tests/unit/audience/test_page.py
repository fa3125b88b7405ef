import re
from datetime import date, timedelta

import pytest

from feedsvc.audience.claims import Claimed
from feedsvc.audience.page import HEIGHT, MAX_DAYS, WIDTH, page, plot
from feedsvc.audience.report import Day, FeedDay, Report
from feedsvc.settings import Settings
from tests.support.audience import a_day, a_report


def test_bars_stand_where_their_days_are_and_as_high_as_their_numbers() -> None:
    first = date(2026, 11, 1)
    drawn = plot([a_day(first, 30, 10), a_day(first + timedelta(3), 60, 20)])
    assert list(drawn.lines) == [(40, HEIGHT / 2), (80, HEIGHT)]
    assert [(bar.x, bar.reported, bar.single) for bar in drawn.bars] == [
        (WIDTH / 4 * 0.1, HEIGHT * 30 / 80, HEIGHT * 10 / 80),
        (WIDTH / 4 * 3.1, HEIGHT * 60 / 80, HEIGHT * 20 / 80),
    ]


@pytest.mark.parametrize("number", [0, 1, 2, 9, 10, 11, 99, 101, 119, 1201, 999_999, 8_000_000])
def test_no_bar_is_higher_than_the_plot_nor_far_below_it(number: int) -> None:
    drawn = plot([a_day(date(2026, 11, 1), number, 0)])
    assert drawn.bars[0].reported <= HEIGHT
    assert number < 2 or drawn.bars[0].reported >= HEIGHT / 2
    assert drawn.lines[1][0] % 2 == 0


def test_the_newest_days_are_plotted() -> None:
    first = date(2020, 1, 1)
    drawn = plot([a_day(first + timedelta(number), 5, 5) for number in range(1000)])
    assert len(drawn.bars) == MAX_DAYS
    assert drawn.bars[-1].x + drawn.bars[-1].width <= WIDTH


def test_the_page_has_the_numbers_of_the_day_that_is_over() -> None:
    html = page(a_report(), Settings(title="News <&>", language="ru")).decode()
    assert "<script" not in html
    assert "News &lt;&amp;&gt;" in html
    assert '<p class="sum">46</p>' in html
    text = " ".join(re.sub("<[^>]*>", " ", html).split())
    assert "Feedly 35 1000000" in text
    assert "Newsboat 9" in text
    assert "другие программы 2" in text


def test_a_report_of_nothing_is_a_page_as_well() -> None:
    empty = Report(
        days=(), lines=0, not_understood=0, requests=0, left_out=0, is_exact=True, unavailable=()
    )
    assert "tell of nobody" in page(empty, Settings()).decode()


def test_a_report_with_one_day_only_shows_that() -> None:
    feed = FeedDay(
        feed="/feeds/atom.xml",
        services={"": Claimed(1, 0)},
        readers={},
        browsers=0,
        robots=0,
        others=0,
        unnamed=0,
    )
    report = Report(
        days=(Day(date(2026, 11, 29), (feed,)),),
        lines=1,
        not_understood=0,
        requests=1,
        left_out=0,
        is_exact=True,
        unavailable=(),
    )
    html = page(report, Settings()).decode()
    assert '<p class="sum">1</p>' in html
    assert "other services" in html
