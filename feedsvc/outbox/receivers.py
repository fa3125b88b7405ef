"""Receivers: who is told of changed addresses, in which words, and what the answers mean."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

from feedsvc import urls
from feedsvc.feeds import offered
from feedsvc.outgoing import Answer, Request
from feedsvc.settings import Settings

_SECOND = 1_000_000
# In microseconds: search engines want no address again before (Yandex, "IndexNow").
TEN_MINUTES = 600 * _SECOND
# IndexNow: the most addresses of one request. The hubs' form sets no limit.
MOST_PAGES = 10_000
MOST_TOPICS = 50
# In seconds: how long to leave a search engine alone that takes no key, or no more requests.
FORBIDDEN_PAUSE = 600.0


class Changed(NamedTuple):
    """The pages and the feeds that one change concerns, as paths; main feeds are not named."""

    pages: tuple[str, ...]
    topics: tuple[str, ...]


class Outcome(NamedTuple):
    """What an answer means: one of `state.OUTCOMES`, and how many seconds to wait at least."""

    name: str
    wait: float = 0.0


class Receiver(Protocol):
    """Somebody who is told.

    `name` is its address, `secret` a digest of what it is told by. It takes `at_once` addresses
    in a request, and none again before `rest` microseconds have passed.
    """

    name: str
    secret: bytes
    at_once: int
    rest: int

    def addresses(self, changed: Changed) -> Sequence[str]:
        """Return the addresses that it is to be told of a change."""

    def request(self, addresses: Sequence[str]) -> Request:
        """Return the request that tells it of addresses."""

    def outcome(self, answer: Answer) -> Outcome:
        """Return what an answer means."""


def receivers(settings: Settings) -> list[Receiver]:
    """Return those that the settings name."""
    found: list[Receiver] = []
    if settings.indexnow.key:
        found += [SearchEngine(url, settings) for url in settings.indexnow.endpoints]
    if settings.foreign_hub and settings.foreign_hub not in {each.name for each in found}:
        found.append(ForeignHub(settings.foreign_hub, settings))
    return found


class SearchEngine:
    """A search engine that is told which pages to look at (IndexNow)."""

    at_once = MOST_PAGES

    def __init__(self, url: str, settings: Settings) -> None:
        self.name = url
        self.rest = TEN_MINUTES
        self._site, self._key = settings.site, settings.indexnow.key
        self.secret = _digest(f"{self._site} {self._key}")

    def addresses(self, changed: Changed) -> Sequence[str]:
        """Return the pages: they are in the sitemap, or have left it."""
        return [self._site + path for path in changed.pages]

    def request(self, addresses: Sequence[str]) -> Request:
        """Return the request that tells it of addresses."""
        told = {
            "host": urlsplit(self._site).netloc,
            "key": self._key,
            "keyLocation": self._site + urls.fill(urls.INDEXNOW_KEY, key=self._key),
            "urlList": list(addresses),
        }
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return Request(url=self.name, body=json.dumps(told).encode(), headers=headers)

    def outcome(self, answer: Answer) -> Outcome:
        """Return what an answer means; with 202, the key is still to be looked at."""
        if answer.status == 403:
            return Outcome("forbidden", FORBIDDEN_PAUSE)
        # The addresses are not those of this host, or the form is not that of the protocol.
        if answer.status in (400, 422):
            return Outcome("refused")
        return _outcome(answer)


class ForeignHub:
    """A WebSub hub of somebody else's, which is told which feeds to fetch.

    WebSub leaves open how; all hubs know the form of PubSubHubbub 0.4, section 6.
    """

    at_once = MOST_TOPICS
    rest = 0

    def __init__(self, url: str, settings: Settings) -> None:
        self.name = url
        self._site = settings.site
        self._main = tuple(map(urls.feed_path, offered(settings)))
        self.secret = _digest(self._site)

    def addresses(self, changed: Changed) -> Sequence[str]:
        """Return the feeds: the main ones, and those of the categories and the language."""
        return [self._site + path for path in (*self._main, *changed.topics)]

    def request(self, addresses: Sequence[str]) -> Request:
        """Return the request that tells it of addresses."""
        told = [("hub.mode", "publish"), *(("hub.url", each) for each in addresses)]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request(url=self.name, body=urlencode(told).encode(), headers=headers)

    def outcome(self, answer: Answer) -> Outcome:
        """Return what an answer means."""
        return _outcome(answer)


def _outcome(answer: Answer) -> Outcome:
    if 200 <= answer.status < 300:
        return Outcome("accepted")
    # A server in front does not know what became of it.
    if answer.status in (502, 504):
        return Outcome("unconfirmed")
    return Outcome("limited" if answer.status == 429 else "failed")


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()
