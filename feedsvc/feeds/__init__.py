"""Feed formats: a channel in, the bytes of a feed out. Pure.

To add a format, write a module with `render(channel, settings)` and add a line to `FEEDS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from feedsvc.feeds import atom, channel, dzen, jsonfeed, rss, yandex
from feedsvc.feeds.channel import Channel, Select
from feedsvc.settings import Settings


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed format: its title for people, its media type, how to select and render it.

    People subscribe to the feeds with `for_readers`, of the whole site and of each category.
    The others are for aggregators, and exist for the whole site only; one with a `setting` if
    that is set.
    """

    title: str
    media_type: str
    render: Callable[[Channel, Settings], bytes]
    select: Select = channel.newest
    for_readers: bool = True
    setting: str = ""

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
    "dzen.xml": Feed(
        "Dzen",
        "application/rss+xml",
        dzen.render,
        partial(channel.recent, span=channel.DZEN_SPAN),
        for_readers=False,
        setting="dzen",
    ),
}
# The one that people are recommended: all readers know it.
MAIN_FEED = "atom.xml"
FOR_READERS = {name: feed for name, feed in FEEDS.items() if feed.for_readers}


def offered(settings: Settings) -> Mapping[str, Feed]:
    """Return the feed formats that the site has."""
    return {
        name: feed
        for name, feed in FEEDS.items()
        if not feed.setting or getattr(settings, feed.setting)
    }
