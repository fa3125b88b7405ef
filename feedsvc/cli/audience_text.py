"""Who reads the feeds, as text for the command `audience`."""

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from feedsvc.i18n import long_date, translations
from feedsvc.problems import printable
from feedsvc.settings import Settings

if TYPE_CHECKING:
    from feedsvc.audience.report import Day, Report

# The newest days are shown; JSON and the page have all.
_DAYS = 14
_WIDTH = 98
_EVERY = 1_000_000


def progress(language: str) -> Callable[[int], None]:
    """Return what shows progress: a line that is overwritten, on a terminal."""
    text = translations(language).gettext("Lines read: {count}")
    shown = 0

    def show(lines: int) -> None:
        nonlocal shown
        if lines - shown >= _EVERY:
            shown = lines
            click.echo(f"\r{text.format(count=lines)}", err=True, nl=False)

    return show if sys.stderr.isatty() else lambda _lines: None


def describe(report: "Report", settings: Settings) -> Iterator[str]:
    """Yield the lines that describe a report, in the site's language."""
    from feedsvc.audience.notes import notes  # noqa: PLC0415 - a wing

    _ = translations(settings.language).gettext
    full = report.full_day
    if full is None:
        yield _("The logs tell of nobody who read a feed.")
    else:
        yield _("Subscribers, at least:")
        yield from _by_day(report.days[-_DAYS:], settings)
        yield ""
        yield _("By feed, on {day}:").format(day=_date(full, settings))
        yield from _by_feed(full, settings)
        yield from _programs(full, settings)
    for note in notes(report, settings.timezone.key):
        yield ""
        yield from wrap(note.text(settings.language), _WIDTH)


def unavailable(report: "Report", language: str) -> Iterator[str]:
    """Yield a line for each log that could not be read, or not to its end."""
    for each in report.unavailable:
        yield printable(f"{each.name}: {each.why.text(language)}")


def _date(day: "Day", settings: Settings) -> str:
    return long_date(datetime.combine(day.day, time.min), settings.language)


def _by_day(days: "Sequence[Day]", settings: Settings) -> Iterator[str]:
    _ = translations(settings.language).gettext
    names = ("subscribers", "reported", "single", "browsers", "robots")
    head = (
        _("Day"),
        _("Subscribers"),
        _("By services"),
        _("Single readers"),
        _("Browsers"),
        _("Robots"),
    )
    rows = [(_date(day, settings), *(day.total(name) for name in names)) for day in days]
    yield from _table(head, rows)


def _by_feed(day: "Day", settings: Settings) -> Iterator[str]:
    _ = translations(settings.language).gettext
    head = (
        _("Feed"),
        _("Subscribers"),
        _("By services"),
        _("Single readers"),
        _("Browsers"),
        _("Robots"),
    )
    rows = [
        (feed.feed, feed.subscribers, feed.reported, feed.single, feed.browsers, feed.robots)
        for feed in day.feeds
    ]
    yield from _table(head, rows)


def _programs(day: "Day", settings: Settings) -> Iterator[str]:
    _ = translations(settings.language).gettext
    if day.services:
        yield ""
        rows = [
            (name or _("other services"), each.subscribers, each.set_aside or "")
            for name, each in day.services.items()
        ]
        yield from _table((_("Service"), _("Subscribers"), _("Not believed")), rows)
    if day.readers:
        yield ""
        named = [(name or _("other programs"), number) for name, number in day.readers.items()]
        yield from _table((_("Program"), _("Single readers")), named)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table: the first column to the left, numbers to the right."""
    cells = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for first, *others in cells:
        numbers = (each.rjust(width) for each, width in zip(others, widths[1:], strict=True))
        yield "  ".join(("  " + first.ljust(widths[0]), *numbers)).rstrip()
