"""Topics: the feeds of this site that can be subscribed to, and what is in them now.

The application answers within this process, so whoever is told gets what it serves: the same
bytes, media type and entity tag. Its deltas (RFC 3229) are what is new for a subscriber.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, TypeVar

from werkzeug.test import Client

from feedsvc import clock, urls
from feedsvc.app import build_uncached
from feedsvc.feeds import FOR_READERS
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue

# How many bodies are kept, for deliveries that come together.
_KEPT = 16
_NAMES = "|".join(map(re.escape, FOR_READERS))
# Not those of searches: they have no end, and each would cost at every change.
_RULES = f"{urls.FEED}|{urls.CATEGORY_FEED}|{urls.LANGUAGE_FEED}"
_PATH = re.compile(re.sub("<(?!name)[a-z]+>", "[^/?#]+", _RULES).replace("<name>", f"(?:{_NAMES})"))
# "For Atom and RSS feeds, the hub MAY remove already-delivered [...] elements" (section 7).
_WITH_DELTAS = (".xml",)
T = TypeVar("T")


class NotNow(Exception):
    """The service cannot answer yet; later it can."""


class Content(NamedTuple):
    """What is in a feed, or what is new in it; `tag` is the entity tag of the whole."""

    tag: str
    media_type: str
    body: bytes


class Topics:
    """The feeds, for one event loop; `tags` are those of the topics of the last `look`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._catalogue = Catalogue(settings.instance)
        app, self._cache = build_uncached(settings)
        self._client = Client(app, use_cookies=False)
        # One at a time: all of them wait for the same documents.
        self._thread = ThreadPoolExecutor(1, "topics")
        self._version: object = None
        self._until: int | None = None
        self._topics: set[str] = set()
        self._kept: OrderedDict[tuple[str, str], Content] = OrderedDict()
        self._lock = asyncio.Lock()
        self.tags: dict[str, str] = {}

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def is_ours(self, topic: str) -> bool:
        """Return whether a topic is at the address of this site."""
        return topic.startswith(f"{self._settings.site}/")

    def may_have_changed(self) -> bool:
        """Return whether there may be something new since the last `look`. Costs no query.

        Raises CatalogueUnavailable.
        """
        is_due = self._until is not None and self._until <= clock.now()
        return is_due or self._catalogue.data_version() != self._version

    def is_behind(self, topics: Iterable[str]) -> bool:
        """Return whether there may be something new, or other topics than at the last `look`."""
        return set(topics) != self._topics or self.may_have_changed()

    async def look(self, topics: Iterable[str], changed: Callable[[str], None]) -> None:
        """Find the tags of topics, and call `changed` with each that has another one than before.

        Raises CatalogueUnavailable or NotNow; then it is to be called again.
        """
        version = self._catalogue.data_version()
        until = await self._in_thread(self._refresh)
        topics = dict.fromkeys(topics)
        for topic in self.tags.keys() - topics.keys():
            del self.tags[topic]
        for topic in topics:
            content = await self.find(topic)
            if content is None:
                self.tags.pop(topic, None)
            elif content.tag != self.tags.get(topic):
                self.tags[topic] = content.tag
                self._keep((topic, ""), content)
                changed(topic)
        self._version, self._until, self._topics = version, until, set(topics)

    async def find(self, topic: str) -> Content | None:
        """Return what is in a feed now; None if there is no such topic. Raises NotNow."""
        return await self._in_thread(partial(self._ask, topic, ""))

    async def content(self, topic: str, known: str) -> Content | None:
        """Return what is in a feed, or with `known`, a tag, what is new since then.

        Returns None if there is no such feed any more. Raises NotNow.
        """
        if self._settings.hub.content != "new" or not topic.endswith(_WITH_DELTAS):
            known = ""
        async with self._lock:
            kept = self._kept.get((topic, known))
            if kept is not None and kept.tag == self.tags.get(topic):
                self._kept.move_to_end((topic, known))
                return kept
            content = await self._in_thread(partial(self._ask, topic, known))
            if content is not None:
                self._keep((topic, known), content)
            return content

    def _keep(self, key: tuple[str, str], content: Content) -> None:
        self._kept[key] = content
        self._kept.move_to_end(key)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _refresh(self) -> int | None:
        """Have later answers be of the catalogue as it is now; return until when that holds."""
        with self._catalogue.snapshot() as snapshot:
            until = snapshot.next_transition(clock.now())
        self._cache.refresh()
        return until

    def _ask(self, topic: str, known: str) -> Content | None:
        path = topic.removeprefix(self._settings.site)
        if not self.is_ours(topic) or not _PATH.fullmatch(path):
            return None
        headers = {"A-IM": "feed", "If-None-Match": f'"{known}"'} if known else {}
        with self._client.get(path, headers=headers) as response:
            if response.status_code >= 500:
                raise NotNow(path)
            # The address that discovery gives, and no other.
            if f'<{topic}>; rel="self"' not in response.headers.getlist("Link"):
                return None
            tag, _ = response.get_etag()
            return Content(tag or "", response.content_type or "", response.data)
