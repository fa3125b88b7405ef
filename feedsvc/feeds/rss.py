"""RSS 2.0, with the modules that readers know."""

from threading import Lock

from feedsvc.feeds.channel import Channel
from feedsvc.feeds.feedgen_fixes import generator
from feedsvc.settings import Settings

# feedgen writes RSS dates by switching the whole process to the C locale and back.
# Two at once could leave it there for good.
_locale_is_switched = Lock()


def render(channel: Channel, settings: Settings) -> bytes:
    """Render a channel, its entries in full, as UTF-8."""
    feed = generator(channel, settings, "application/rss+xml")
    with _locale_is_switched:
        return bytes(feed.rss_str(pretty=True))
