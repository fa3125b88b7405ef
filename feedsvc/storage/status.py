"""What the catalogue knows, for operators: on the command line and over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from feedsvc.dates import from_microseconds
from feedsvc.i18n import N_, clock_time, long_date, translations
from feedsvc.problems import severity
from feedsvc.settings import Settings
from feedsvc.storage.snapshot import Snapshot

# Why the writer holds removals back: the words that `Sync` stores, and what they mean.
DEGRADED = {
    "closed": N_("the entries folder is missing or cannot be opened"),
    "empty": N_("the entries folder is empty"),
    "vanished": N_("more than a third of the entries vanished at once"),
}


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An entry that is not public yet, and when it will be."""

    id: str
    title: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """The catalogue at one moment.

    `entries` counts by 'published', 'scheduled', 'draft', 'withdrawn' and
    'removed', `problems` by severity. `scan_age` is the seconds since the folder
    was last found in order (None: never); `degraded` is a key of `DEGRADED` or None.
    """

    revision: int
    entries: dict[str, int]
    scheduled: tuple[Scheduled, ...]
    problems: dict[str, int]
    scan_age: float | None
    degraded: str | None


def take_status(snapshot: Snapshot, now: int) -> Status:
    """Sum up a catalogue; `now` in microseconds since the epoch."""
    problems = {"error": 0, "warning": 0}
    for problem in snapshot.problems():
        problems[severity(problem)] += 1
    return Status(
        revision=snapshot.revision,
        entries=snapshot.counts(now),
        scheduled=tuple(
            Scheduled(entry_id, title, from_microseconds(published))
            for entry_id, title, published in snapshot.scheduled(now)
        ),
        problems=problems,
        scan_age=max(0, now - snapshot.scanned) / 1_000_000 if snapshot.scanned else None,
        degraded=snapshot.degraded or None,
    )


def describe(status: Status, settings: Settings, *, writer_alive: bool) -> Iterator[str]:
    """Write a status in lines for a person, in the site's language and zone."""
    _ = translations(settings.language).gettext
    yield _("Entries:")
    names = (
        ("published", _("published: {count}")),
        ("scheduled", _("scheduled: {count}")),
        ("draft", _("drafts: {count}")),
        ("withdrawn", _("withdrawn: {count}")),
        ("removed", _("removed: {count}")),
    )
    for key, text in names:
        yield "  " + text.format(count=status.entries[key])
    for entry in status.scheduled:
        moment = entry.published.astimezone(settings.timezone)
        day, hour = long_date(moment, settings.language), clock_time(moment, settings.language)
        yield f"    {day} {hour}: {entry.id} «{entry.title}»"
    yield _("Problems:")
    yield "  " + _("errors: {count}").format(count=status.problems["error"])
    yield "  " + _("warnings: {count}").format(count=status.problems["warning"])
    yield _("Revision: {count}").format(count=status.revision)
    if status.scan_age is None:
        yield _("The folder was never in order yet")
    else:
        text = _("The folder was in order {seconds} s ago")
        yield text.format(seconds=round(status.scan_age))
    yield _("The writer is running") if writer_alive else _("THE WRITER IS NOT RUNNING")
    if status.degraded:
        yield _("DEGRADED: {why}").format(why=_(DEGRADED[status.degraded]))
        yield _("Nothing is removed. If it was meant: feedsvc sync --accept-removals")
