"""The pages of the desk as bytes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files as resources
from typing import NamedTuple

from feedsvc import problems
from feedsvc.desk import addresses
from feedsvc.desk.states import Files, FileState
from feedsvc.feeds import offered
from feedsvc.i18n import clock_time, long_date
from feedsvc.model import Entry
from feedsvc.pages import theme
from feedsvc.pages.environment import environment
from feedsvc.settings import Settings
from feedsvc.storage.status import Status
from feedsvc.urls import fill

# In seconds: a scan that is so much overdue does not take place.
LATE = 120
_PACKAGE = "feedsvc.desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the links of the desk lead: `preview` returns the URL of an entry's preview."""

    key: str
    preview: Callable[[str], str]


class Told(NamedTuple):
    """A search engine or a hub: how much it is still to be told, and what is in the way."""

    name: str
    queued: int
    fault: str


def desk(
    files: Files,
    status: Status,
    settings: Settings,
    where: Addresses,
    receivers: Sequence[Told] = (),
) -> bytes:
    """Render the list of files."""
    after = files.after and f"{files.after.changed} {files.after.path}"
    return _render(
        "desk.html",
        settings,
        files=files,
        status=status,
        receivers=receivers,
        is_late=status.scan_age is None or status.scan_age > LATE + 3 * settings.rescan,
        home=fill(addresses.HOME, key=where.key),
        style=fill(addresses.STYLE, key=where.key),
        script=fill(addresses.SCRIPT, key=where.key),
        feed=fill(addresses.FEED, key=where.key),
        after=after,
        preview_url=where.preview,
        remarks=lambda file: _remarks(file, settings.language),
    )


def not_ready(settings: Settings) -> bytes:
    """Render what is shown until the folder has been read for the first time."""
    return _render("not_ready.html", settings)


def preview_over(entry: Entry, settings: Settings, *, token: str) -> bytes:
    """Render what stands at the address of a preview once its entry is public."""
    style = fill(addresses.PREVIEW_STYLE, token=token, entry_id=entry.id)
    return _render("preview_over.html", settings, entry=entry, style=style)


def preview_note(entry: Entry, settings: Settings, *, token: str) -> str:
    """Return the line on top of a preview, as HTML: what it is, and links to its feeds."""
    values = {"token": token, "entry_id": entry.id}
    feeds = {
        feed.title: fill(addresses.PREVIEW_FEED, **values, name=name)
        for name, feed in offered(settings).items()
    }
    return _render("preview_note.html", settings, entry=entry, preview_feeds=feeds).decode()


def style(settings: Settings) -> bytes:
    """Render the style sheet of the desk, in the site's colour."""
    return _render("desk.css", settings, **theme.readable(settings.colour))


@cache
def script() -> bytes:
    """Return the script of the desk."""
    return (resources(_PACKAGE) / "templates" / "desk.js").read_bytes()


def _remarks(file: FileState, language: str) -> list[dict[str, object]]:
    """Return what is to be said of a file, errors first, each with its line and advice."""
    return [
        {
            "line": each.line,
            "severity": problems.severity(each),
            "what": problems.what(each, language),
            "advice": problems.advice(each, language),
        }
        for each in problems.errors_first(file.problems)
    ]


def _render(template: str, settings: Settings, **variables: object) -> bytes:
    def moment(value: datetime) -> str:
        local = value.astimezone(settings.timezone)
        day = long_date(local, settings.language)
        # A date without a time is that of midnight.
        at = f", {clock_time(local, settings.language)}" if local.hour or local.minute else ""
        return day + at

    loaded = environment(settings.language, _PACKAGE).get_template(template)
    return loaded.render(settings=settings, moment=moment, **variables).encode()
