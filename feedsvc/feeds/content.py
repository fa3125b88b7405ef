"""What the dialects say alike of an entry and of the site."""

from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from feedsvc import markup
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.texts import translations

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def entry_id(entry: Entry, settings: Settings) -> str:
    """Give the permanent id of an entry: a tag URI (RFC 4151), or the one it came with."""
    return entry.guid or f"tag:{settings.authority}:{entry.id}"


def feed_id(path: str, settings: Settings) -> str:
    """Give the permanent id of a feed; no entry's can equal it, for want of the slash."""
    return f"tag:{settings.authority}:{path}"


def entry_url(entry: Entry, settings: Settings) -> str:
    """Give the absolute URL of an entry's page."""
    return settings.site + settings.page(entry.id)


def media_url(entry: Entry, name: str, settings: Settings) -> str:
    """Give the absolute URL of a file that belongs to an entry."""
    return f"{settings.site}/media/{entry.id}/{quote(name, safe='')}"


def entry_author(entry: Entry) -> str | None:
    """Name whoever answers for an entry, if it is not simply the site's author."""
    return entry.author or entry.publisher


def entry_html(entry: Entry, settings: Settings) -> str:
    """Give the whole content as HTML with absolute URLs; a correction is said first."""
    html = markup.place(entry.html, settings.site)
    if entry.correction is None:
        return html
    label = translations(settings.language).gettext("Correction:")
    return f"<p><strong>{escape(label)}</strong> {escape(entry.correction)}</p>\n{html}"


def last_updated(entries: tuple[Entry, ...]) -> datetime:
    """Say when the newest change among the entries was; the epoch where there are none."""
    return max((entry.updated for entry in entries), default=NEVER)
