"""Feed formats: a channel in, the bytes of a feed out. Pure.

To add a format, write a module with `render(channel, settings)` and add a line to `FEEDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from feedsvc.feeds import atom, channel, jsonfeed, rss, yandex
from feedsvc.feeds.channel import Channel, Select
from feedsvc.settings import Settings


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed format: its title for people, its media type, how to select and render it.

    People subscribe to the feeds with `for_readers`, of the whole site and of each category.
    The others are for aggregators, and exist for the whole site only.
    """

    title: str
    media_type: str
    render: Callable[[Channel, Settings], bytes]
    select: Select = channel.newest
    for_readers: bool = True

    @property
    def served_as(self) -> str:
        """The media type of the response.

        For XML the generic one (RFC 7303 section 9.1): given their own, browsers show feeds
        as source text, without the style sheet that makes them readable.
        """
        return "application/xml" if self.media_type.endswith("+xml") else self.media_type


FEEDS = {
    "atom.xml": Feed("Atom", "application/atom+xml", atom.render),
    "rss.xml": Feed("RSS", "application/rss+xml", rss.render),
    "feed.json": Feed("JSON Feed", "application/feed+json", jsonfeed.render),
    "yandex.xml": Feed(
        "Yandex", "application/rss+xml", yandex.render, channel.recent, for_readers=False
    ),
}
# The one that people are recommended: all readers know it.
MAIN_FEED = "atom.xml"
FOR_READERS = {name: feed for name, feed in FEEDS.items() if feed.for_readers}
