"""The commands."""

import dataclasses
import json
import os
import sys
from typing import Any, NoReturn

import click
import msgspec

from feedsvc import clock, problems
from feedsvc.cli import click_texts
from feedsvc.errors import CatalogueUnavailable, EntriesUnavailable, SettingsError
from feedsvc.i18n import N_, Message, reason
from feedsvc.settings import PREFIX, Settings, load
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.status import describe, take_status
from feedsvc.sync.check import check as check_entries
from feedsvc.sync.coordination import writer_is_alive
from feedsvc.sync.scan_now import scan_now
from feedsvc.sync.scanner import entries_unavailable

_CANNOT = 2
_FORMAT = click.Choice(["text", "json"])


def _up_to(most: int) -> click.IntRange:
    kind = click.IntRange(1, most)
    # What the help shows, and what click says that a wrong value is not.
    kind.name = N_("number")
    return kind


class _Commands(click.Group):
    """The commands; what is said of them is in the site's language."""

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as in click
        """Run the command that was asked for, or say which there are."""
        try:
            language = load().language
        except SettingsError as error:
            language = error.language
        click_texts.speak(language)
        for command in (self, *self.commands.values()):
            _translate(command, language)
        return super().main(*arguments, **options)


def _translate(command: click.Command, language: str) -> None:
    # To an empty text gettext answers with the heading of the catalogue.
    def said(text: str | None) -> str | None:
        return Message(text).text(language) if text else text

    command.help = said(command.help)
    command.options_metavar = said(N_("[OPTIONS]"))
    if isinstance(command, click.Group):
        command.subcommand_metavar = Message(N_("COMMAND [ARGS]...")).text(language)
    for option in command.params:
        if isinstance(option, click.Option):
            option.help = said(option.help)
            option.metavar = said(option.metavar)
            option.type.name = Message(option.type.name).text(language)


@click.group(
    cls=_Commands, help=N_("Publish a directory of text files as feeds and permanent pages.")
)
def main() -> None:
    """Run a command."""


def _settings() -> Settings:
    try:
        return load()
    except SettingsError as error:
        _fail(str(error))


def _fail(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(_CANNOT)


@main.command(help=N_("Serve the feeds and pages, and keep them true to the entries."))
@click.option("--host", metavar=N_("ADDRESS"), help=N_("The address to listen on."))
@click.option("--port", type=_up_to(65535), help=N_("The port to listen on."))
@click.option("--workers", type=_up_to(256), help=N_("How many processes serve."))
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve until the process is ended."""
    for key, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            # The workers load the settings anew, as under any other server.
            os.environ[f"{PREFIX}SERVE__{key}"] = str(value)
    settings = _settings()
    _require_entries(settings)
    from feedsvc import server  # noqa: PLC0415 - the other commands start faster without

    try:
        listening = server.listen(settings)
    except OSError as error:
        values = {**dataclasses.asdict(settings.serve), "reason": reason(error)}
        text = N_("cannot listen on {host} port {port}: {reason}; choose another with --port")
        _fail(Message(text, values).text(settings.language))
    click.echo(Message(N_("Serving {url}"), {"url": settings.site + "/"}).text(settings.language))
    server.serve(settings, listening)


@main.command(help=N_("Say what is wrong with the entry files, and what to do about it."))
@click.option("--format", "form", type=_FORMAT, default="text", help=N_("For people or programs."))
@click.option("--strict", is_flag=True, help=N_("Exit with 1 for warnings too."))
def check(form: str, *, strict: bool) -> None:
    """Exit with 1 if a file cannot be published, with 2 if none could be looked at."""
    settings = _settings()
    try:
        found = check_entries(settings)
    except EntriesUnavailable as error:
        _fail(error.message.text(settings.language))
    errors = [problem for problem in found if problems.severity(problem) == "error"]
    if form == "json":
        rows = [problems.as_json(problem, settings.language) for problem in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for problem in found:
            click.echo(problems.sentence(problem, settings.language))
    sys.exit(1 if errors or (strict and found) else 0)


@main.command(help=N_("Say what the catalogue knows, and whether all is in order."))
@click.option("--format", "form", type=_FORMAT, default="text", help=N_("For people or programs."))
def status(form: str) -> None:
    """Exit with 1 if something is not in order, with 2 if there is no catalogue."""
    settings = _settings()
    try:
        with Catalogue(settings.instance).snapshot() as snapshot:
            taken = take_status(snapshot, clock.now())
    except CatalogueUnavailable:
        _fail(Message(N_("there is no finished catalogue yet")).text(settings.language))
    alive = writer_is_alive(settings.instance)
    if form == "json":
        row = msgspec.to_builtins(taken) | {"writer_alive": alive}
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
    else:
        for line in describe(taken, settings, writer_alive=alive):
            click.echo(line)
    sys.exit(0 if alive and taken.degraded is None else 1)


@main.command(
    help=N_("Look at the entries folder now, and bring the catalogue up to date with it.")
)
@click.option(
    "--accept-removals", is_flag=True, help=N_("Remove what is gone, however much it is.")
)
def sync(*, accept_removals: bool) -> None:
    """Exit with 2 if that could not be done."""
    settings = _settings()
    try:
        if not scan_now(settings, accept_removals=accept_removals):
            _fail(Message(N_("the writer does not answer")).text(settings.language))
    except CatalogueUnavailable as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{settings.instance}: {reason(error).text(settings.language)}")


def _require_entries(settings: Settings) -> None:
    try:
        os.scandir(settings.entries).close()
    except OSError as error:
        _fail(entries_unavailable(settings.entries, error).message.text(settings.language))
