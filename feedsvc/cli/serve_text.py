"""What `feedsvc serve` says when it starts, and what it does in a folder where nothing is yet."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import suppress

import click

from feedsvc import clock
from feedsvc.errors import CatalogueUnavailable
from feedsvc.i18n import translations
from feedsvc.setting_tables import Log
from feedsvc.settings import PREFIX, Settings, settings_file
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.schema import FILE

_log = logging.getLogger("feedsvc")


def prepare(settings: Settings) -> bool:
    """Return whether nothing is set up here; if so, make the entries folder if there is none.

    That is never so where there was a catalogue before, where there are settings, or where
    somebody has named the folder: then one that is gone is a fault.
    """
    if settings_file().exists() or f"{PREFIX}ENTRIES" in os.environ:
        return False
    with suppress(OSError):  # that the folder cannot be read is said later
        if not (settings.instance / FILE).exists():
            settings.entries.mkdir(exist_ok=True)
        return not any(settings.entries.iterdir()) and not _has_had_entries(settings)
    return False


def say(line: str, log: Log) -> None:
    """Print a line; where programs read what is said, log it as they read it."""
    if log.format == "json":
        _log.info("%s", line)
    else:
        click.echo(line)


def _has_had_entries(settings: Settings) -> bool:
    try:
        with Catalogue(settings.instance).snapshot() as snapshot:
            return any(snapshot.counts(clock.now()).values())
    except CatalogueUnavailable:
        return False


def describe(settings: Settings, listening: socket.socket, *, is_new: bool) -> Iterator[str]:
    """Yield the lines that say which settings are read, where the site is, and how to begin."""
    _ = translations(settings.language).gettext
    file = settings_file().absolute()
    if file.exists():
        yield _("Settings: {file}").format(file=file)
    else:
        yield _("There is no settings file {file}: every setting has its default").format(file=file)
    url, address = settings.site + "/", _listening_at(listening)
    if url == address:
        yield _("Serving at {url}").format(url=url)
    else:
        text = _("Serving at {url}, listening at {address}")
        yield text.format(url=url, address=address)
    if is_new:
        text = _(
            "Nothing is set up here yet: texts go into the folder {folder}. Stop with Ctrl+C and"
            " type feedsvc init, or open {url}: it says how to begin."
        )
        yield text.format(folder=settings.entries, url=address)
        if settings.language != "ru":
            yield "По-русски: Ctrl+C, затем feedsvc init — первый вопрос будет о языке."


def _listening_at(listening: socket.socket) -> str:
    """Return the address that a socket listens on, as a browser takes it."""
    name = listening.getsockname()
    if not isinstance(name, tuple):  # a socket in the file system, from the service manager
        return os.fsdecode(name)
    host, port = name[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
