"""Atom (RFC 4287)."""

from feedsvc.edition import Edition
from feedsvc.feeds.generator import generator
from feedsvc.settings import Settings


def render(edition: Edition, settings: Settings, url: str) -> bytes:
    """Render the newest entries in full, as UTF-8; `url` is where this is fetched from."""
    feed = generator(edition.newest(settings.feed_size), settings, url, "application/atom+xml")
    return bytes(feed.atom_str(pretty=True))
