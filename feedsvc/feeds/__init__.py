"""The dialects: a channel in, the bytes of a feed out. Pure.

A new dialect is a new module with `render(channel, settings)` and a line in `FEEDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from feedsvc.feeds import atom, channel, jsonfeed, rss, yandex
from feedsvc.feeds.channel import Channel, Select
from feedsvc.settings import Settings


@dataclass(frozen=True, slots=True)
class Feed:
    """A dialect: its name for people, its media type, how it is rendered, what it tells of.

    Readers subscribe to those of `for_readers`, of the whole site and of each
    category; the others are for machines, and of the site alone.
    """

    title: str
    media_type: str
    render: Callable[[Channel, Settings], bytes]
    select: Select = channel.newest
    for_readers: bool = True

    @property
    def served_as(self) -> str:
        """Give the media type it is sent with.

        For XML the general one (RFC 7303 section 9.1): with their own, browsers show
        feeds as source text, without the style sheet that makes them readable.
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
FOR_READERS = {name: feed for name, feed in FEEDS.items() if feed.for_readers}
