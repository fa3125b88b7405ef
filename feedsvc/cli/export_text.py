"""What an export did, as text for the command `export`."""

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from feedsvc.i18n import translations
from feedsvc.problems import printable
from feedsvc.settings import Settings

if TYPE_CHECKING:
    from feedsvc.export.writing import Outcome

# So many of what was left out are named.
_NAMED = 20


def describe(outcome: "Outcome", language: str) -> Iterator[str]:
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


def reporter(settings: Settings) -> Callable[["Outcome"], None]:
    """Return what shows each export that goes on; what stays wrong is shown once."""
    told: set[str] = set()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    def report(outcome: "Outcome") -> None:
        *wrong, totals = describe(outcome, settings.language)
        for line in wrong:
            if line not in told:
                click.echo(line, err=True)
        told.clear()
        told.update(wrong)
        click.echo(totals)

    return report
