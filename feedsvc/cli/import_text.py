"""What an import did, and how far it is, as text for the command `import`."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from feedsvc.cli.check_text import described
from feedsvc.i18n import translations
from feedsvc.problems import printable

if TYPE_CHECKING:
    from feedsvc.importing.report import Progress, Report

# Of one kind of thing that is left out, so many are named.
_NAMED = 5


def progress(language: str) -> "Progress":
    """Return what shows progress: a line that is overwritten, on a terminal."""
    text = translations(language).gettext("Importing: {done} of {count}")

    def show(done: int, count: int) -> None:
        line = text.format(done=done, count=count)
        click.echo(f"\r{line}", err=True, nl=done == count)

    return show if sys.stderr.isatty() else lambda _done, _count: None


def describe(report: "Report", language: str, *, is_dry_run: bool) -> Iterator[str]:
    """Yield the lines that describe an import: what is left out, what is wrong, totals."""
    _ = translations(language).gettext
    kinds: dict[str, list[tuple[str, str]]] = {}
    for each in report.left_out:
        same = kinds.setdefault(each.why.template, [])
        same.append((each.where, each.why.text(language)))
    if kinds:
        yield _("Left out, or not as it was:")
    for same in kinds.values():
        for where, why in same[:_NAMED]:
            yield printable(f"  {where}: {why}")
        if len(same) > _NAMED:
            text = _("… and {count} more of this kind")
            yield "  " + text.format(count=len(same) - _NAMED)
    yield from described(report.problems, language)
    if is_dry_run:
        yield _("Nothing was written; without --dry-run this would be:")
    text = _("Texts: {written}, of them drafts: {drafts}; files: {files}; there before: {present}")
    yield text.format(
        written=report.written, drafts=report.drafts, files=report.files, present=report.present
    )
    if report.settings:
        yield _("With these lines in feedsvc.toml the old addresses go on working:")
        yield from (f"  {line}" for line in report.settings)
