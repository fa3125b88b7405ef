"""The dialects: an edition in, the bytes of a feed out. Pure.

A new dialect is a new module with `render(edition, settings, url)` and a line in
`FEEDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from feedsvc.edition import Edition
from feedsvc.feeds import atom, rss
from feedsvc.settings import Settings

Render = Callable[[Edition, Settings, str], bytes]


@dataclass(frozen=True, slots=True)
class Feed:
    """A dialect: its name for people, its media type, and how it is rendered."""

    title: str
    media_type: str
    render: Render


FEEDS = {
    "atom.xml": Feed("Atom", "application/atom+xml", atom.render),
    "rss.xml": Feed("RSS", "application/rss+xml", rss.render),
}


def path(name: str) -> str:
    """Give the path of a feed; `name` is a key of `FEEDS`."""
    return f"/feeds/{name}"
