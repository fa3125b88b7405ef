"""The command `export`: once or following, and what it did as text."""

import signal
import sys
from collections.abc import Iterator
from typing import NoReturn

import click

from feedsvc.export.following import follow
from feedsvc.export.run import export
from feedsvc.export.writing import Outcome
from feedsvc.i18n import translations
from feedsvc.problems import printable
from feedsvc.settings import Settings
from feedsvc.sync.coordination import writer_is_alive
from feedsvc.sync.scan_now import scan_now

# So many of what was left out are named.
_NAMED = 20


def describe(outcome: Outcome, language: str) -> Iterator[str]:
    """Yield the lines that describe an export: what is left out or held back, totals."""
    _ = translations(language).gettext
    named = sorted(outcome.left_out.items())
    for path, why in named[:_NAMED]:
        yield printable(_("{path} was left out: {why}").format(path=path, why=why.text(language)))
    if len(named) > _NAMED:
        yield _("… and {count} more of this kind").format(count=len(named) - _NAMED)
    if outcome.foreign:
        text = _("{count} files in the target are not of this site; they stay")
        yield text.format(count=outcome.foreign)
    if outcome.held:
        text = _(
            "{count} documents are not on the site any more, but so many that it looks like a"
            " mishap: they stay. If it was meant: feedsvc export --accept-removals"
        )
        yield text.format(count=outcome.held)
    text = _("{documents} documents; {written} written ({files} files), {deleted} deleted")
    yield text.format(
        documents=outcome.documents,
        written=outcome.written,
        files=outcome.files,
        deleted=outcome.deleted,
    )


def export_site(target: str, settings: Settings, *, accepts_removals: bool) -> Outcome:
    """Export once what is in the entries folder now.

    Raises ExportFailed, or OSError or CatalogueUnavailable if the instance folder cannot be used.
    """
    _end_in_order()
    if not writer_is_alive(settings.instance):
        scan_now(settings, accept_removals=False)
    return export(target, settings, accepts_removals=accepts_removals)


def follow_site(target: str, settings: Settings, *, accepts_removals: bool) -> NoReturn:
    """Export, and go on until the process is ended; show each export.

    Raises ExportFailed if that cannot even begin.
    """
    told: set[str] = set()

    def report(outcome: Outcome) -> None:
        *wrong, totals = describe(outcome, settings.language)
        for line in wrong:
            # What stays wrong is shown once.
            if line not in told:
                click.echo(line, err=True)
        told.clear()
        told.update(wrong)
        click.echo(totals)

    _end_in_order()
    follow(target, settings, report, accepts_removals=accepts_removals)


def _end_in_order() -> None:
    """Have SIGTERM end the process as an error would, so that the lock is given up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
