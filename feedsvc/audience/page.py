"""A report as one HTML page without script, with a plot in SVG. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from math import ceil, log10
from typing import NamedTuple

from feedsvc.audience.notes import notes
from feedsvc.audience.report import Day, Report
from feedsvc.i18n import long_date
from feedsvc.pages import theme
from feedsvc.pages.environment import environment
from feedsvc.settings import Settings

# The newest days are plotted.
MAX_DAYS = 366
_PACKAGE = "feedsvc.audience"
# Of the plot, in the units of its SVG.
WIDTH, HEIGHT = 800, 200


class Bar(NamedTuple):
    """A day in the plot: two rectangles, one upon the other."""

    x: float
    width: float
    reported: float
    single: float
    day: date
    subscribers: int


class Plot(NamedTuple):
    """The bars, and the values that lines are drawn at: the number, and its height."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[int, float], ...]


def plot(days: Sequence[Day]) -> Plot:
    """Return the plot of the newest days; a day of which there is nothing stays empty."""
    last = days[-1].day
    first = max(days[0].day, last - timedelta(days=MAX_DAYS - 1))
    shown = [day for day in days if day.day >= first]
    top = _rounded_up(max(day.total("subscribers") for day in shown))
    step = WIDTH / ((last - first).days + 1)
    bars = (
        Bar(
            x=round((day.day - first).days * step + step * 0.1, 2),
            width=round(min(step * 0.8, 60), 2),
            reported=round(day.total("reported") / top * HEIGHT, 2),
            single=round(day.total("single") / top * HEIGHT, 2),
            day=day.day,
            subscribers=day.total("subscribers"),
        )
        for day in shown
    )
    return Plot(tuple(bars), tuple((number, number / top * HEIGHT) for number in (top // 2, top)))


def _rounded_up(number: int) -> int:
    """Return the next number of the form 2, 4, 6, 8 or 10 times a power of ten, at least 2."""
    power: int = 10 ** max(0, ceil(log10(max(number, 1))) - 1)
    return next(step * power for step in (2, 4, 6, 8, 10, 12) if step * power >= number)


def page(report: Report, settings: Settings) -> bytes:
    """Render a report in the site's language."""
    template = environment(settings.language, _PACKAGE).get_template("audience.html")
    return template.render(
        settings=settings,
        report=report,
        full=report.full_day,
        notes=[each.text(settings.language) for each in notes(report, settings.timezone.key)],
        plot=plot(report.days) if report.days else None,
        width=WIDTH,
        height=HEIGHT,
        date=lambda day: long_date(datetime.combine(day, time.min), settings.language),
        by_day=asdict(theme.PLAIN.day),
        by_night=asdict(theme.PLAIN.night),
        **theme.readable(settings.colour),
    ).encode()
