"""The argument and the options of `feedsvc import`."""

from collections.abc import Callable
from typing import Any

import click

from feedsvc.i18n import N_

_OPTIONS = (
    click.argument("source", metavar=N_("SOURCE")),
    click.option(
        "--into",
        type=click.Path(file_okay=False),
        metavar=N_("FOLDER"),
        help=N_("Folder to write to; without it, the entries folder."),
    ),
    click.option(
        "--as",
        "kind",
        type=click.Choice(["wordpress", "feed", "pages", "folder"]),
        metavar=N_("KIND"),
        help=N_(
            "What the source is, if that is not seen: wordpress (an export), feed, pages (saved"
            " ones) or folder (of another generator)."
        ),
    ),
    click.option(
        "--type",
        "types",
        multiple=True,
        metavar=N_("NAME"),
        help=N_("A type of content of WordPress that is news; without it, «post»."),
    ),
    click.option(
        "--files",
        type=click.Path(exists=True, file_okay=False),
        metavar=N_("FOLDER"),
        help=N_("Folder with pictures and documents of the old site."),
    ),
    click.option(
        "--host",
        "hosts",
        multiple=True,
        metavar=N_("NAME"),
        help=N_("Host in the own network from which files may be fetched."),
    ),
    click.option("--offline", is_flag=True, help=N_("Fetch no files from the old site.")),
    click.option("--dry-run", is_flag=True, help=N_("Only say what would be done.")),
)


def import_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add them to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
