"""Atom (RFC 4287), with archives (RFC 5005) and tombstones (RFC 6721)."""

from feedsvc.feeds.channel import Channel
from feedsvc.feeds.feedgen_fixes import generator
from feedsvc.settings import Settings


def render(channel: Channel, settings: Settings) -> bytes:
    """Render a channel, with the full content of its entries, as UTF-8."""
    return bytes(generator(channel, settings, "application/atom+xml").atom_str(pretty=True))
