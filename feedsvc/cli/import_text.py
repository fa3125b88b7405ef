"""The command `import`: what it asks of `feedsvc.importing`, and what it shows."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from feedsvc.cli.check_text import described
from feedsvc.errors import EntriesUnavailable, ImportFailed, ReadersUnavailable
from feedsvc.i18n import N_, Message, reason, translations
from feedsvc.settings import Settings

if TYPE_CHECKING:
    from feedsvc.importing.report import Progress, Report

# Exit statuses, as those of the other commands.
_WRONG, _FAILED = 1, 2
# Of one kind of thing that is left out, so many are named.
_NAMED = 5


def run(settings: Settings, into: str | None, options: Mapping[str, Any]) -> NoReturn:
    """Import, show what was done, and exit."""
    language = settings.language
    try:
        from feedsvc.importing.run import Options, import_source  # noqa: PLC0415 - an extra
    except ImportError as error:
        text = N_("this needs more libraries ({name}): pip install 'feedsvc[import]'")
        _fail(Message(text, {"name": error.name}).text(language))
    if into is not None:
        settings = replace(settings, entries=Path(into).absolute())
    chosen = Options(
        source=options["source"],
        kind=options["kind"],
        types=tuple(options["types"]) or ("post",),
        files=Path(options["files"]) if options["files"] else None,
        hosts=tuple(options["hosts"]),
        is_online=not options["offline"],
        is_dry_run=options["dry_run"],
    )
    try:
        if not chosen.is_dry_run:
            settings.entries.mkdir(exist_ok=True)
        report = import_source(settings, chosen, _progress(language))
    except (EntriesUnavailable, ImportFailed, ReadersUnavailable) as error:
        _fail(error.message.text(language))
    except OSError as error:
        _fail(f"{settings.entries}: {reason(error).text(language)}")
    for line in describe(report, language, is_dry_run=chosen.is_dry_run):
        click.echo(line)
    sys.exit(_WRONG if report.left_out or report.problems else 0)


def _progress(language: str) -> "Progress":
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
            yield "  " + "".join(c if c.isprintable() else "?" for c in f"{where}: {why}")
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


def _fail(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(_FAILED)
