"""Previews: the page and the feeds of an entry as they will be, before readers have them.

They are rendered as all others are, at the moment of publication. The page only gets a line on
top, and its addresses lead to the preview's own files, or to the site.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from feedsvc import urls
from feedsvc.desk import addresses
from feedsvc.edition import Edition
from feedsvc.feeds import FEEDS
from feedsvc.feeds.channel import Channel
from feedsvc.feeds.common import media
from feedsvc.media.thumbnails import WIDTHS
from feedsvc.model import Attachment, Entry
from feedsvc.pages import html
from feedsvc.settings import Settings

# A tag of our own pages and of the sanitizer, which quote every value.
_tag = re.compile(r"<[a-z][a-z0-9]*(?: [a-z:-]+(?:=\"[^\"]*\")?)*>")
_address = re.compile(r' (href|src|action|poster)="(/(?!/)[^"]*)"| (srcset)="([^"]*)"')
# The note comes after the link to the content, which must be the first on the page.
_top = re.compile(r"<body>\n(?:<a class=\"skip\".*</a>\n)?")


def _as_published(entry: Entry) -> Entry:
    """Return a draft or a scheduled entry as it will be once it is public."""
    return replace(entry, status="published")


def page(entry: Entry, edition: Edition, settings: Settings, *, token: str, note: str) -> bytes:
    """Return the page of an entry as it will be, with `note`, which is HTML, on top.

    `edition` is that of the moment of publication.
    """
    neighbours = edition.neighbours(entry)
    related = edition.related(entry, neighbours)
    rendered = html.entry(_as_published(entry), neighbours, settings, related=related).decode()
    rendered = _moved(rendered, _Moves(entry, token, settings))
    return _top.sub(lambda top: top[0] + note, rendered, count=1).encode()


def feed(name: str, entry: Entry, settings: Settings, *, token: str) -> bytes:
    """Return a feed, by its name, with the entry alone, as it will be there.

    Only the address of the style sheet, for browsers, is the preview's own.
    """
    path = urls.feed_path(name)
    channel = Channel(
        path=path,
        id_path=path,
        page=urls.HOME,
        title=settings.title,
        entries=(_as_published(entry),),
    )
    style = urls.fill(addresses.PREVIEW_FEED_STYLE, token=token, entry_id=entry.id)
    rendered = FEEDS[name].render(channel, settings)
    return rendered.replace(urls.FEED_STYLE.encode(), style.encode(), 1)


class _Moves:
    """Where the addresses of a page lead in its preview."""

    def __init__(self, entry: Entry, token: str, settings: Settings) -> None:
        self._site = settings.site
        values = {"token": token, "entry_id": entry.id}
        self._moved = {
            urls.STYLE: urls.fill(addresses.PREVIEW_STYLE, **values),
            entry.page: urls.fill(addresses.PREVIEW, **values),
        }
        for file in media(entry):
            self._add_file(file, entry.id, values)

    def _add_file(self, file: Attachment, entry_id: str, values: dict[str, str]) -> None:
        path = urls.media_path(entry_id, file.name)
        self._moved[path] = urls.fill(addresses.PREVIEW_MEDIA, **values, name=file.name)
        for width in WIDTHS if file.width else ():
            path = urls.thumbnail_path(width, entry_id, file.name)
            self._moved[path] = urls.fill(
                addresses.PREVIEW_THUMBNAIL, **values, width=width, name=file.name
            )

    def __call__(self, path: str) -> str:
        return self._moved.get(path) or self._site + path


def _moved(page: str, move: Callable[[str], str]) -> str:
    def attribute(match: re.Match[str]) -> str:
        name, path, is_set, variants = match.groups()
        if not is_set:
            return f' {name}="{move(path)}"'
        pairs = (variant.partition(" ") for variant in variants.split(", "))
        moved = (f"{move(path)}{space}{width}" for path, space, width in pairs)
        return f' srcset="{", ".join(moved)}"'

    return _tag.sub(lambda tag: _address.sub(attribute, tag[0]), page)
