"""What commands have in common: exit statuses, the settings, how they print and fail."""
# ruff: noqa: PLC0415 - what not every command needs is not loaded

import json
import os
import sys
from typing import NoReturn

import click

from feedsvc.errors import SettingsError
from feedsvc.i18n import N_
from feedsvc.settings import Settings, load

# Exit statuses: something is wrong with the news, or the command could not do its work.
WRONG, FAILED = 1, 2
format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    help=N_("Output for people (text) or for programs (json)."),
)


def settings_or_fail() -> Settings:
    """Return the settings; exit with what is wrong with them."""
    try:
        return load()
    except SettingsError as error:
        fail(str(error))


def require_entries(settings: Settings) -> None:
    """Exit with the reason if the entries folder cannot be opened."""
    from feedsvc.sync.scanner import entries_unavailable

    try:
        os.scandir(settings.entries).close()
    except OSError as error:
        fail(entries_unavailable(settings.entries, error).message.text(settings.language))


def print_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def fail(text: str) -> NoReturn:
    """Print what is wrong, and exit."""
    click.echo(text, err=True)
    sys.exit(FAILED)
