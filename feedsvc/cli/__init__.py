"""The command line.

Each command imports what it needs when it runs, so that help, mistakes and small commands
are answered without the web framework, the parsers and the server.
"""
# ruff: noqa: PLC0415 - for the reason above

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from feedsvc import __version__
from feedsvc.cli import click_translations
from feedsvc.cli.common import (
    WRONG,
    fail,
    format_option,
    print_json,
    require_entries,
    settings_or_fail,
)
from feedsvc.cli.init_options import init_options
from feedsvc.cli.wings import audience, export, hub, import_
from feedsvc.errors import (
    CatalogueUnavailable,
    EntriesUnavailable,
    ReadersUnavailable,
    SettingsError,
)
from feedsvc.i18n import N_, Message, reason
from feedsvc.settings import FILE_VARIABLE, PREFIX, load


class _Commands(click.Group):
    """The commands, with help and error messages in the site's language."""

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as in click
        """Run the command that the arguments name, or show help."""
        _choose_file(arguments[0] if arguments else options.get("args") or sys.argv[1:])
        try:
            language = load().language
        except SettingsError as error:
            language = error.language
        click_translations.translate(self, language)
        return super().main(*arguments, **options)


@click.group(
    cls=_Commands,
    # The first is the one that error messages recommend.
    context_settings={"help_option_names": ["--help", "-h"]},
    help=N_("Publish a folder of text files as feeds and permanent pages."),
)
@click.version_option(
    __version__,
    prog_name="feedsvc",
    message="%(prog)s %(version)s",
    help=N_("Show the version and exit."),
)
@click.option(
    "--config",
    metavar=N_("FILE"),
    expose_value=False,
    help=N_("The settings file; without it, feedsvc.toml in this folder."),
)
def main() -> None:
    """Run a command."""


def _choose_file(words: Sequence[str]) -> None:
    """Take the settings from the file that the option `--config` names.

    It is looked for before click reads the options, as help, too, is in the site's language. The
    processes that a command starts inherit it.
    """
    following = iter(words)
    for word in following:
        if not word.startswith("-"):
            return
        name, is_given, value = word.partition("=")
        if name == "--config":
            os.environ[FILE_VARIABLE] = value if is_given else next(following, "")


def _up_to(most: int) -> click.IntRange:
    kind = click.IntRange(1, most)
    # What help and error messages call the value.
    kind.name = N_("number")
    return kind


@main.command(help=N_("Serve the feeds and pages, and keep them up to date."))
@click.option("--host", metavar=N_("ADDRESS"), help=N_("Address to listen on."))
@click.option("--port", type=_up_to(65535), help=N_("Port to listen on."))
@click.option("--workers", type=_up_to(256), help=N_("Number of serving processes."))
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve until the process is ended."""
    for key, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            # The workers load the settings themselves, as under any other server.
            os.environ[f"{PREFIX}SERVE__{key}"] = str(value)
    settings = settings_or_fail()
    from feedsvc import logs, server
    from feedsvc.cli.serve_text import describe, prepare, say

    is_new = prepare(settings)
    require_entries(settings)
    try:
        listening = server.listen(settings)
    except OSError as error:
        text = N_(
            "cannot listen on {host}, port {port}: {reason}; choose others with --host or --port"
        )
        values = {"host": settings.serve.host, "port": settings.serve.port, "reason": reason(error)}
        fail(Message(text, values).text(settings.language))
    logs.set_up(settings.log.format)
    for line in describe(settings, listening, is_new=is_new):
        say(line, settings.log)
    server.serve(settings, listening)


@main.command(help=N_("Check the entry files: show what is wrong, and what to do about it."))
@format_option
@click.option("--strict", is_flag=True, help=N_("Exit with status 1 on warnings, too."))
def check(output: str, *, strict: bool) -> None:
    """Exit with 1 if a file cannot be published, with 2 if the folder cannot be read."""
    from feedsvc import problems
    from feedsvc.cli.check_text import describe
    from feedsvc.sync.check import check as check_entries

    settings = settings_or_fail()
    try:
        checked = check_entries(settings)
    except (EntriesUnavailable, ReadersUnavailable) as error:
        fail(error.message.text(settings.language))
    found = checked.problems
    if output == "json":
        print_json([problems.as_json(problem, settings.language) for problem in found])
    else:
        for line in describe(checked, settings.language):
            click.echo(line)
    sys.exit(WRONG if found and (strict or problems.has_errors(found)) else 0)


@main.command(help=N_("Show the state of the catalogue, and whether anything is wrong."))
@format_option
def status(output: str) -> None:
    """Exit with 1 if something is wrong, with 2 if there is no catalogue."""
    import msgspec

    from feedsvc import clock
    from feedsvc.cli.status_text import describe
    from feedsvc.cli.told_text import told
    from feedsvc.storage.catalogue import Catalogue
    from feedsvc.storage.status import take_status
    from feedsvc.sync.coordination import writer_is_alive

    settings = settings_or_fail()
    try:
        with Catalogue(settings.instance).snapshot() as snapshot:
            taken = take_status(snapshot, clock.now())
            receivers = told(settings, snapshot)
    except CatalogueUnavailable:
        fail(Message(N_("the catalogue is not ready yet")).text(settings.language))
    alive = writer_is_alive(settings.instance)
    if output == "json":
        print_json(msgspec.to_builtins(taken) | {"writer_alive": alive} | receivers.as_json())
    else:
        for line in describe(taken, settings, writer_alive=alive):
            click.echo(line)
        for line in receivers.describe(settings.language, clock.now()):
            click.echo(line)
        if settings.mail.host:
            from feedsvc.cli.mail_text import undelivered
            from feedsvc.telling.incidents import Incidents

            letters = undelivered(Incidents(settings.instance).deliveries(100), settings.language)
            if letters:
                click.echo(letters)
        if settings.hub.port:
            from feedsvc.cli.hub_text import subscriptions

            click.echo(subscriptions(settings))
    is_well = alive and taken.degraded is None and taken.watch_fault is None
    sys.exit(0 if is_well else WRONG)


@main.command(help=N_("Show the link to the desk, and how Prometheus reads the metrics."))
def desk() -> None:
    """Exit with 2 if there is no desk."""
    from feedsvc.cli.desk_text import describe
    from feedsvc.desk.keys import load_key

    settings = settings_or_fail()
    if not settings.desk.port:
        text = N_("there is no desk: set desk.port, such as 8001, and start the service again")
        fail(Message(text).text(settings.language))
    try:
        for line in describe(settings, load_key(settings)):
            click.echo(line)
    except OSError as error:
        fail(f"{settings.instance}: {reason(error).text(settings.language)}")


@main.command(help=N_("Scan the entries folder now, and update the catalogue."))
@click.option(
    "--accept-removals",
    is_flag=True,
    help=N_("Remove all entries whose files are gone, however many."),
)
def sync(*, accept_removals: bool) -> None:
    """Exit with 2 if that was not possible."""
    from feedsvc.sync.scan_now import scan_now

    settings = settings_or_fail()
    try:
        if not scan_now(settings, accept_removals=accept_removals):
            fail(Message(N_("the writer process does not respond")).text(settings.language))
    except CatalogueUnavailable as error:
        fail(str(error))
    except OSError as error:
        fail(f"{settings.instance}: {reason(error).text(settings.language)}")


@main.command(help=N_("Set up a folder: ask a few questions, write the settings and an example."))
@click.argument("folder", metavar=N_("[FOLDER]"), default=".")
@init_options
@click.option("--yes", is_flag=True, help=N_("Ask nothing: what is not given has its default."))
def init(folder: str, *, yes: bool, **given: str | None) -> None:
    """Exit with 2 if that was not possible. Nothing that exists is changed."""
    from feedsvc.cli.init_site import InitFailed, init_site

    try:
        init_site(Path(folder), given, asks=not yes)
    except InitFailed as error:
        fail(str(error))


@main.command(help=N_("Write a file for a new text, ready to be filled in."))
@click.argument("title", metavar=N_("[TITLE]"), default="")
@click.option(
    "--kind",
    type=click.Choice(["md", "txt"]),
    default="md",
    help=N_("Kind of the file: md (with a header) or txt (plain text)."),
)
def new(title: str, kind: str) -> None:
    """Exit with 2 if that was not possible. Nothing that exists is changed."""
    from feedsvc.cli.new_entry import NewFailed, write_new

    settings = settings_or_fail()
    require_entries(settings)
    try:
        lines = write_new(settings, title, kind)
    except NewFailed as error:
        fail(str(error))
    for line in lines:
        click.echo(line)


@main.command(help=N_("Show what became of letters; with --test, send one to see if it arrives."))
@click.option("--test", is_flag=True, help=N_("Send a test letter to all recipients now."))
def mail(*, test: bool) -> None:
    """Exit with 1 if a letter was not delivered, with 2 if there is no mail or no server."""
    from feedsvc.cli.mail_text import describe, tried, undelivered

    settings = settings_or_fail()
    if not settings.mail.host:
        text = N_("letters are not set up: see mail.host in the settings")
        fail(Message(text).text(settings.language))
    if not test:
        from feedsvc.telling.incidents import Incidents

        found = Incidents(settings.instance).deliveries(100)
        for line in describe(found, settings):
            click.echo(line)
        sys.exit(WRONG if undelivered(found, settings.language) else 0)
    from feedsvc.telling.smtp import Away, Patience
    from feedsvc.telling.trial import send_test

    is_wrong = False
    try:
        for recipient, fault in send_test(settings, Patience()):
            click.echo(tried(recipient, fault, settings.language))
            is_wrong = is_wrong or fault is not None
    except Away as error:
        fail(error.message.text(settings.language))
    sys.exit(WRONG if is_wrong else 0)


for _wing in (audience, export, hub, import_):
    main.add_command(_wing)
