"""RSS 2.0, with the modules that feed readers support."""

from threading import Lock

from feedsvc.feeds.channel import Channel
from feedsvc.feeds.feedgen_fixes import generator
from feedsvc.settings import Settings

# To format dates, feedgen switches the whole process to the C locale and back. Two threads
# doing so at once could leave the process in the C locale.
_locale_lock = Lock()


def render(channel: Channel, settings: Settings) -> bytes:
    """Render a channel, with the full content of its entries, as UTF-8."""
    feed = generator(channel, settings, "application/rss+xml")
    with _locale_lock:
        return bytes(feed.rss_str(pretty=True))
