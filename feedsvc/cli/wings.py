"""The commands of the wings: they bring news in, write the site out, and count its readers."""
# ruff: noqa: PLC0415 - each imports its wing when it runs

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from feedsvc.cli.common import FAILED, WRONG, fail, print_json, require_entries, settings_or_fail
from feedsvc.cli.import_options import import_options
from feedsvc.errors import (
    CatalogueUnavailable,
    EntriesUnavailable,
    ExportFailed,
    ImportFailed,
    ReadersUnavailable,
)
from feedsvc.i18n import N_, Message, reason


@click.command("import", help=N_("Bring the texts of another system into the entries folder."))
@import_options
def import_(into: str | None, **options: Any) -> None:  # noqa: ANN401 - as click gives them
    """Exit with 1 if something was left out, with 2 if nothing could be imported."""
    from feedsvc.cli.import_text import describe, progress

    settings = settings_or_fail()
    if into is not None:
        settings = replace(settings, entries=Path(into).absolute())
    try:
        from feedsvc.importing.run import Options, import_source
    except ImportError as error:
        text = N_("this needs more libraries ({name}): pip install 'feedsvc[import]'")
        fail(Message(text, {"name": error.name}).text(settings.language))
    chosen = Options(
        source=options["source"],
        kind=options["kind"],
        types=options["types"] or ("post",),
        files=Path(options["files"]) if options["files"] else None,
        hosts=options["hosts"],
        is_online=not options["offline"],
        is_dry_run=options["dry_run"],
    )
    try:
        if not chosen.is_dry_run:
            settings.entries.mkdir(exist_ok=True)
        report = import_source(settings, chosen, progress(settings.language))
    except (EntriesUnavailable, ImportFailed, ReadersUnavailable) as error:
        fail(error.message.text(settings.language))
    except OSError as error:
        fail(f"{settings.entries}: {reason(error).text(settings.language)}")
    for line in describe(report, settings.language, is_dry_run=chosen.is_dry_run):
        click.echo(line)
    sys.exit(WRONG if report.left_out or report.problems else 0)


@click.command(help=N_("Write the whole site as files, to a folder or to a store (s3://…)."))
@click.argument("target", metavar=N_("TARGET"))
@click.option("--follow", "follows", is_flag=True, help=N_("Go on, and export what changes."))
@click.option(
    "--accept-removals",
    is_flag=True,
    help=N_("Delete all that is not on the site any more, however much."),
)
def export(target: str, *, follows: bool, accept_removals: bool) -> None:
    """Exit with 1 if something was left out or held back, with 2 if it was not possible."""
    from feedsvc.cli.export_site import describe, export_site, follow_site

    settings = settings_or_fail()
    require_entries(settings)
    try:
        if follows:
            follow_site(target, settings, accepts_removals=accept_removals)
        outcome = export_site(target, settings, accepts_removals=accept_removals)
    except ExportFailed as error:
        fail(error.message.text(settings.language))
    except CatalogueUnavailable as error:
        fail(str(error))
    except OSError as error:
        fail(f"{settings.instance}: {reason(error).text(settings.language)}")
    for line in describe(outcome, settings.language):
        click.echo(line)
    sys.exit(WRONG if outcome.left_out or outcome.held else 0)


@click.command(help=N_("Be the WebSub hub of the site: tell subscribers at once what is new."))
def hub() -> None:
    """Exit with 2 if that was not possible."""
    from feedsvc import logs

    settings = settings_or_fail()
    if not settings.hub.port:
        text = N_("there is no hub of our own: set hub.url and hub.port, such as 8002")
        fail(Message(text).text(settings.language))
    try:
        from feedsvc.hub.process import HubFailed, run
    except ImportError as error:
        text = N_("this needs more libraries ({name}): pip install 'feedsvc[outbox]'")
        fail(Message(text, {"name": error.name}).text(settings.language))
    logs.set_up(settings.log.format)
    try:
        run(settings)
    except HubFailed as error:
        fail(error.message.text(settings.language))


@click.command(
    help=N_("Count who reads the feeds, from access logs: a lower bound, by feed and day.")
)
@click.argument("logs", metavar=N_("LOG..."), nargs=-1, required=True)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    help=N_("Output for people (text, html: a page with a plot) or for programs (json)."),
)
def audience(logs: tuple[str, ...], output: str) -> None:
    """Exit with 1 if a log could not be read to its end, with 2 if nothing could be counted."""
    from feedsvc.audience import count, page, report
    from feedsvc.cli.audience_text import describe, progress, unavailable

    settings = settings_or_fail()
    counted = count.count(logs, settings, progress(settings.language))
    for line in unavailable(counted, settings.language):
        click.echo(line, err=True)
    if counted.not_understood == counted.lines:
        if not counted.unavailable:
            text = N_("no line of these logs is of a form that is known: see docs/operator.md")
            fail(Message(text).text(settings.language))
        sys.exit(FAILED)
    if output == "json":
        print_json(report.as_json(counted, settings.timezone.key))
    elif output == "html":
        click.echo(page.page(counted, settings), nl=False)
    else:
        for line in describe(counted, settings):
            click.echo(line)
    sys.exit(WRONG if counted.unavailable else 0)
