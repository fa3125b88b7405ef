"""RSS 2.0, with the modules that readers know."""

from threading import Lock

from feedsvc.edition import Edition
from feedsvc.feeds.generator import generator
from feedsvc.settings import Settings

# feedgen writes RSS dates by switching the whole process to the C locale and back.
# Two at once could leave it there for good.
_locale_is_switched = Lock()


def render(edition: Edition, settings: Settings, url: str) -> bytes:
    """Render the newest entries in full, as UTF-8; `url` is where this is fetched from."""
    feed = generator(edition.newest(settings.feed_size), settings, url, "application/rss+xml")
    with _locale_is_switched:
        return bytes(feed.rss_str(pretty=True))
