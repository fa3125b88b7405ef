"""What programs call themselves (User-Agent, RFC 9110 section 10.1.5), and what that tells.

Only names in the tables below come out of here: nothing that a client has written is ever shown.
Where the forms come from: docs/decisions/0063-audience.md.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

# The most characters that are looked at.
MAX_LENGTH = 400
# Services that fetch a feed once for all who read it there, by what their agents contain. The
# service's own name stands first; Feedly ends with «like FeedFetcher-Google».
_SERVICES = {
    "feedly": "Feedly",
    "feedbin": "Feedbin",
    "newsblur": "NewsBlur",
    "inoreader": "Inoreader",
    "theoldreader": "The Old Reader",
    "bazqux": "BazQux",
    "dreamwidth": "Dreamwidth",
    "livejournal": "LiveJournal",
    "yandexblogs": "Yandex Blogs",
    "bloglovin": "Bloglovin",
    "feed wrangler": "Feed Wrangler",
    "g2reader": "G2Reader",
    "livedoor": "livedoor Reader",
    "hanrss": "HanRSS",
    "netvibes": "Netvibes",
    "feedspot": "Feedspot",
    "blogtrottr": "Blogtrottr",
    "feedburner": "FeedBurner",
    "feedfetcher-google": "Google FeedFetcher",
}
# Those that fetch one feed under several ids, such as one with and one without a query.
_WITH_IDS = frozenset({"Feedbin", "The Old Reader"})
OTHER_SERVICES = ""
# Programs of single readers, and servers that people set up for themselves.
_READERS = {
    "akregator": "Akregator",
    "aggregator": "Aggregator",
    "commafeed": "CommaFeed",
    "elfeed": "Elfeed",
    "feedbro": "Feedbro",
    "feedme": "FeedMe",
    "feeder": "Feeder",
    "feedreader": "FeedReader",
    "fluent reader": "Fluent Reader",
    "fraidycat": "Fraidycat",
    "freshrss": "FreshRSS",
    "gnus": "Gnus",
    "liferea": "Liferea",
    "miniflux": "Miniflux",
    "netnewswire": "NetNewsWire",
    "newsboat": "Newsboat",
    "newsflash": "NewsFlash",
    "nextcloud-news": "Nextcloud News",
    "outlook": "Outlook",
    "quiterss": "QuiteRSS",
    "readkit": "ReadKit",
    "reeder": "Reeder",
    "rss2email": "rss2email",
    "rssguard": "RSS Guard",
    "rssowl": "RSSOwl",
    "selfoss": "selfoss",
    "sfeed": "sfeed",
    "thunderbird": "Thunderbird",
    "tiny tiny rss": "Tiny Tiny RSS",
    "unread": "Unread",
    "vienna": "Vienna",
    "windows-rss-platform": "Windows",
    "yarr": "yarr",
}
OTHER_READERS = ""
_service = re.compile("|".join(map(re.escape, _SERVICES)))
_reader = re.compile("|".join(map(re.escape, _READERS)))
# Search engines, checkers, monitors, libraries and tools.
_robot = re.compile(
    r"bot\b|bots\b|bot[/_-]|crawl|spider|slurp|archive|monitor|uptime|pingdom|valid|check|preview"
    r"|scan|lighthouse|headless|externalhit|feedparser|simplepie|wordpress|magpie"
)
_likely_reader = re.compile(r"rss|feed|atom|news|reader|podcast|syndicat")
_tool = re.compile(
    r"\A(?:curl|wget|python|java|okhttp|go-http|ruby|php|perl|lwp|libwww|axios|node|undici|guzzle|apache-http"
    r"|aiohttp|httpx?|scrapy|postman|dart|faraday|typhoeus|mechanize|w3m|lynx)|python-requests|httpclient"
)
_claim = re.compile(r"\b(\d{1,9}) (?:subscriber|reader)s?\b")
_feed_id = re.compile(r"feed-id[:=] ?(\w{1,40})")


class Kind(StrEnum):
    """What a program is: only services and readers are counted as subscribers."""

    SERVICE = "service"
    READER = "reader"
    BROWSER = "browser"
    ROBOT = "robot"
    OTHER = "other"
    # The log has no field for it.
    UNNAMED = "unnamed"


class Agent(NamedTuple):
    """What a program told of itself: for a service how many read there, if it says so."""

    kind: Kind
    name: str = ""
    claim: int | None = None
    feed_id: str = ""


def identify(agent: bytes | None) -> Agent:
    """Return what the value of a header `User-Agent`, as a log has it, tells."""
    return Agent(Kind.UNNAMED) if agent is None else _identified(agent[:MAX_LENGTH])


@lru_cache(maxsize=10_000)
def _identified(agent: bytes) -> Agent:
    text = agent.decode("ascii", "replace").lower()
    claim = _claim.search(text)
    service = _service.search(text)
    if service or claim:
        name = _SERVICES[service[0]] if service else OTHER_SERVICES
        number = int(claim[1]) if claim else None
        feed_id = _feed_id.search(text) if name in _WITH_IDS else None
        return Agent(Kind.SERVICE, name, number, feed_id[1] if feed_id else "")
    reader = _reader.search(text)
    if reader:
        return Agent(Kind.READER, _READERS[reader[0]])
    if text in {"", "-"} or _robot.search(text):
        return Agent(Kind.ROBOT)
    if _tool.search(text):
        return Agent(Kind.ROBOT)
    if text.startswith(("mozilla/", "opera/")):
        return Agent(Kind.BROWSER)
    return Agent(Kind.READER, OTHER_READERS) if _likely_reader.search(text) else Agent(Kind.OTHER)
