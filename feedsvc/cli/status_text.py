"""The status of the catalogue as text, for the command `status`."""

from collections.abc import Iterator

from feedsvc.i18n import clock_time, long_date, translations
from feedsvc.settings import Settings
from feedsvc.storage.status import DEGRADED, Status, watch_fault


def describe(status: Status, settings: Settings, *, writer_alive: bool) -> Iterator[str]:
    """Yield the lines that describe a status, in the site's language and time zone."""
    _ = translations(settings.language).gettext
    yield _("Entries:")
    names = (
        ("published", _("published: {count}")),
        ("scheduled", _("scheduled: {count}")),
        ("draft", _("drafts: {count}")),
        ("withdrawn", _("withdrawn: {count}")),
        ("expired", _("no longer valid: {count}")),
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
    yield _("Revision of the catalogue: {count}").format(count=status.revision)
    if status.scan_age is None:
        yield _("The folder has never been scanned successfully")
    else:
        text = _("Last successful scan of the folder: {seconds} s ago")
        yield text.format(seconds=round(status.scan_age))
    if writer_alive:
        yield _("The writer process is running")
    else:
        yield _("THE WRITER PROCESS IS NOT RUNNING")
    if status.reader_deaths:
        yield _("Reading processes that died: {count}").format(count=status.reader_deaths)
    if status.watch_fault:
        yield watch_fault(status.watch_fault).text(settings.language)
    if status.degraded:
        yield _("DEGRADED: {why}").format(why=_(DEGRADED[status.degraded]))
        yield _("No entries are removed. If this was intended: feedsvc sync --accept-removals")
