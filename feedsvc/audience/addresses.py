"""Which feed a request asks for, by the addresses that the service has."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from feedsvc import urls
from feedsvc.feeds import FEEDS
from feedsvc.settings import Settings

# Feeds of searches are counted together: how many there are is up to whoever asks, and what
# people search for is nobody's business.
SEARCHES = urls.SEARCH_FEED.partition("<")[0]
_NAMES = "|".join(map(re.escape, FEEDS))
_VARIABLES = {"<name>": f"(?:{_NAMES})", "<path:words>": ".+"}
# What slugs and tags of languages are made of, and so nothing that a terminal would obey.
_WORD = "[A-Za-z0-9_.~-]{1,100}"


def _pattern(rule: str) -> str:
    parts = re.split("(<[a-z:]+>)", rule)
    return "".join(
        _VARIABLES.get(part, _WORD) if part.startswith("<") else re.escape(part) for part in parts
    )


_feed = re.compile("|".join(map(_pattern, (urls.FEED, urls.CATEGORY_FEED, urls.LANGUAGE_FEED))))
_search = re.compile(_pattern(urls.SEARCH_FEED))
# The most characters of the address of a feed.
_MAX_LENGTH = 300


def feed_finder(settings: Settings) -> Callable[[bytes], str | None]:
    """Return a function of the target of a request: it returns the address of the feed, or None.

    Archives (RFC 5005) are none: a reader fetches them once.
    """
    other = {old: new for new, olds in urls.ALIASES.items() for old in olds.split()}
    other |= dict(settings.redirects)

    def find(target: bytes) -> str | None:
        path = target.partition(b"?")[0]
        if len(path) > _MAX_LENGTH:
            return None
        text = path.decode("utf-8", "replace")
        text = other.get(text, text)
        if not text.startswith(urls.SUBSCRIBE):
            return None
        text = unquote(text)
        if _search.fullmatch(text):
            return SEARCHES
        return text if _feed.fullmatch(text) else None

    return find
