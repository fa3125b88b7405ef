"""Real clients, each subscribed over HTTP to a real service.

A history is told once: the clients subscribe, poll again while nothing has
changed, and poll after an entry was added, corrected and withdrawn, and after
the site has moved. What each of them held and was answered then is compared
with what it should hold; where clients differ, their classes say so.
"""

import json
import os
import re
import sqlite3
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

import feedparser
import lxml.html
import pytest
from PIL import Image
from reader import make_reader

from tests.support.faults import needs, press_item, served
from tests.support.newsroom import ROOT, item
from tests.support.relay import Relay
from tests.support.service import Service, soon

ATOM, RSS, JSON, YANDEX = (
    f"/feeds/{name}" for name in "atom.xml rss.xml feed.json yandex.xml".split()
)
OLD, NEW = "http://old.example", "https://new.example"
TAG = "tag:chertanovo-juzhnoe.mos.ru,2014:"
PRESS_ID, AGAIN_ID, ADDED_ID = "1204713", "1204714", "added"
PICTURES = {PRESS_ID: "1204713.jpg", AGAIN_ID: "fresh.jpg"}
FIRST_TEXT, SECOND_TEXT = "Проход закрыт до вторника.", "Проход закрыт до среды."
TIMEOUT = 30


class Item(NamedTuple):
    """What a client holds of an entry; `text` is HTML where the feed has HTML."""

    title: str
    text: str
    link: str
    enclosure: str = ""


def link(entry_id: str, site: str = OLD) -> str:
    return f"{site}/presscenter/news/detail/{entry_id}.html"


class Client(ABC):
    """A client with its own home, subscribed to one address.

    `unchanged` is what it is answered where nothing has changed, `changed` where
    something has. `keeps_withdrawn` holds for clients that delete nothing,
    `corrects` for those that take another text for an id they know.
    """

    name: ClassVar[str]
    tools: ClassVar[tuple[str, ...]] = ()
    feeds: ClassVar[tuple[str, ...]]
    enclosures: ClassVar[tuple[str, ...]]
    unchanged: ClassVar = 200
    changed: ClassVar = 200
    keeps_withdrawn: ClassVar = False
    corrects: ClassVar = True

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url

    @abstractmethod
    def poll(self) -> None:
        """Ask for the feed as its user does."""

    @abstractmethod
    def items(self) -> dict[str, Item]:
        """Give what it holds, by the id it knows an entry by."""

    def run(self, *command: str | Path) -> str:
        """Run a program of the client that must not fail."""
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            timeout=TIMEOUT,
            env={**kept, "HOME": str(self.home), "LC_ALL": "C.UTF-8"},
        )
        return done.stdout.decode() + done.stderr.decode()


class Newsboat(Client):
    name = "newsboat"
    tools = ("newsboat",)
    feeds = (ATOM, RSS)
    enclosures = ()  # it keeps only sound and films; pictures stand in the text
    unchanged = 304
    changed = 226
    keeps_withdrawn = True

    def poll(self) -> None:
        (self.home / "urls").write_text(f"{self.url}\n")
        (self.home / "config").touch()
        files = ("-u", self.home / "urls", "-c", self.home / "cache", "-C", self.home / "config")
        self.run("newsboat", *files, "-x", "reload")

    def items(self) -> dict[str, Item]:
        wanted = "SELECT guid, title, content, url, coalesce(enclosure_url, '') FROM rss_item"
        with closing(sqlite3.connect(self.home / "cache")) as cache:
            return {row[0]: Item(*row[1:]) for row in cache.execute(f"{wanted} WHERE deleted = 0")}


class Rss2email(Client):
    name = "rss2email"
    tools = ("r2e",)
    feeds = (ATOM, RSS)
    enclosures = (ATOM, RSS)
    unchanged = 304
    changed = 200  # its library asks for only what is new, but it takes 226 for a failure
    keeps_withdrawn = True

    def poll(self) -> None:
        mail = self.home / "mail"
        mail.mkdir(exist_ok=True)
        (self.home / "config").write_text(
            "[DEFAULT]\nto = reader@reader.example\nemail-protocol = maildir\n"
            f"maildir-path = {mail}\nhtml-mail = True\nreply-changes = True\n"
            f"[feed.news]\nurl = {self.url}\n"
        )
        said = self.run("r2e", "-c", self.home / "config", "-d", self.home / "data", "run")
        assert "ERROR" not in said, said

    def items(self) -> dict[str, Item]:
        """Give the last mail of each entry; a corrected one comes as an answer to the first."""
        found = {}
        for file in sorted((self.home / "mail" / "INBOX" / "new").iterdir(), key=self._arrived):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            text = str(mail.get_content())
            found[str(mail["X-RSS-ID"])] = Item(
                str(mail["Subject"]), text, str(mail["X-RSS-URL"]), _enclosure_of_mail(text)
            )
        return found

    def _arrived(self, file: Path) -> tuple[int, int]:
        seconds, rest, *_ = file.name.split(".")
        return int(seconds), int(rest[1:].partition("P")[0])


def _enclosure_of_mail(text: str) -> str:
    for paragraph in lxml.html.document_fromstring(text).iter("p"):
        if (paragraph.text or "").startswith("Enclosure:"):
            return str(paragraph[0].get("href"))
    return ""


class Sfeed(Client):
    name = "sfeed"
    tools = ("sfeed_update", "curl")
    feeds = (ATOM, RSS)
    enclosures = (ATOM, RSS)
    keeps_withdrawn = True
    corrects = False  # of equal id, title and link it keeps what it had

    def poll(self) -> None:
        config = self.home / "sfeedrc"
        config.write_text(f'sfeedpath="{self.home}/feeds"\nfeeds() {{\nfeed news {self.url}\n}}\n')
        self.run("sfeed_update", config)

    def items(self) -> dict[str, Item]:
        found = {}
        for line in (self.home / "feeds" / "news").read_text().splitlines():
            _, title, url, text, _, entry_id, _, enclosure, _ = line.split("\t")
            found[entry_id] = Item(title, text.replace("\\n", "\n"), url, enclosure)
        return found


class Feedparser(Client):
    """It keeps nothing itself: here it serves a program that names itself and knows 226."""

    name = "feedparser"
    feeds = (ATOM, RSS, YANDEX)
    enclosures = (ATOM, RSS, YANDEX)
    unchanged = 304
    changed = 226
    keeps_withdrawn = True

    def __init__(self, home: Path, url: str) -> None:
        super().__init__(home, url)
        self._held: dict[str, Item] = {}
        self._validators: dict[str, str] = {}

    def poll(self) -> None:
        told = feedparser.parse(self.url, agent="reader.example/1.0", **self._validators)
        assert not told.bozo, told.bozo_exception
        if told.status == 200:
            self._held.clear()
        names = {"etag", "modified"} & told.keys()
        self._validators = {name: told[name] for name in names}
        for entry in told.entries:
            texts = [part.value for part in entry.get("content", ())]
            text = texts[0] if texts else entry.get("yandex_full-text", "")
            files = [file.href for file in entry.enclosures]
            self._held[entry.get("id", entry.link)] = Item(
                entry.title, text, entry.link, files[0] if files else ""
            )

    def items(self) -> dict[str, Item]:
        return dict(self._held)


class Reader(Client):
    name = "reader"
    feeds = (ATOM, RSS, JSON)
    enclosures = (ATOM, RSS, JSON)
    unchanged = 304
    changed = 226
    keeps_withdrawn = True

    def poll(self) -> None:
        with closing(make_reader(str(self.home / "reader.sqlite"))) as reader:
            reader.add_feed(self.url, exist_ok=True)
            reader.update_feed(self.url)

    def items(self) -> dict[str, Item]:
        with closing(make_reader(str(self.home / "reader.sqlite"))) as reader:
            found = {}
            for entry in reader.get_entries():
                content = entry.get_content()
                files = [file.href for file in entry.enclosures]
                found[entry.id] = Item(
                    entry.title or "",
                    (content and content.value) or "",
                    entry.link or "",
                    files[0] if files else "",
                )
            return found


class OnNode(Client):
    """A parser for Node.js: it keeps nothing, and shows what it was given last."""

    def poll(self) -> None:
        script = ROOT / "tests" / "clients" / f"{self.name.removeprefix('npm-')}.mjs"
        (self.home / "shown").write_text(self.run("node", "--no-warnings", script, self.url))

    def items(self) -> dict[str, Item]:
        shown = json.loads((self.home / "shown").read_text())
        return {entry.pop("id"): Item(**entry) for entry in shown}


class RssParser(OnNode):
    name = "rss-parser"
    tools = ("node", "tests/clients/node_modules/rss-parser")
    feeds = (ATOM, RSS, YANDEX)
    enclosures = (RSS, YANDEX)  # of Atom's links it reads none but the page's


class NpmFeedparser(OnNode):
    name = "npm-feedparser"
    tools = ("node", "tests/clients/node_modules/feedparser")
    feeds = (ATOM, RSS, YANDEX)
    enclosures = (ATOM, RSS, YANDEX)


class FeedExtractor(OnNode):
    name = "feed-extractor"
    tools = ("node", "tests/clients/node_modules/@extractus/feed-extractor")
    feeds = (ATOM, RSS, JSON, YANDEX)
    enclosures = (ATOM, RSS, JSON, YANDEX)


CLIENTS: tuple[type[Client], ...] = (
    *(Newsboat, Rss2email, Sfeed),
    *(Feedparser, Reader),
    *(RssParser, NpmFeedparser, FeedExtractor),
)


@dataclass
class Subscription:
    """A client, and what it held and was answered at each stage."""

    client: Client
    relay: Relay
    held: dict[str, dict[str, Item]] = field(default_factory=dict)
    answers: dict[str, list[int]] = field(default_factory=dict)
    fault: Exception | None = None

    def poll(self, stage: str) -> None:
        if self.fault is not None:
            return
        self.relay.answers.clear()
        try:
            self.client.poll()
            self.held[stage] = self.client.items()
        except Exception as fault:  # noqa: BLE001 - the tests of this client tell it
            self.fault = fault
        self.answers[stage] = list(self.relay.answers)

    def at(self, stage: str) -> dict[str, Item]:
        """Give what it held at a stage."""
        if stage not in self.held:
            assert self.fault is not None
            raise self.fault
        return self.held[stage]

    def entries(self, stage: str) -> dict[str, Item]:
        """Give the same by the entries' own ids, which their links end in."""
        held = self.at(stage).values()
        return {entry.link.rpartition("/")[2].removesuffix(".html"): entry for entry in held}


PAIRS = [(kind, feed) for kind in CLIENTS for feed in kind.feeds]
Pair = tuple[type[Client], str]
Story = dict[Pair, Subscription]


def ago(**long: float) -> str:
    """Give a moment in the last days, as entries say it."""
    return (datetime.now(ZoneInfo("Europe/Moscow")) - timedelta(**long)).isoformat()


def fill(entries: Path) -> None:
    """Lay out the real item, and again as of yesterday for the portals, with a picture each."""
    (entries / "1204713.txt").write_bytes(press_item())
    yesterday = datetime.now(ZoneInfo("Europe/Moscow")) - timedelta(days=1)
    fresh = press_item().decode().replace("13.08.2014", f"{yesterday:%d.%m.%Y}")
    (entries / "fresh.txt").write_text(fresh.replace("1204713.html", "1204714.html"))
    for name in PICTURES.values():
        Image.new("RGB", (640, 480), "green").save(entries / name)


def shows(service: Service, condition: Callable[[str], bool]) -> None:
    """Wait until every feed is as it should be, in every worker.

    And until the second of the change is past, after which answers are dated: newsboat
    drops an answer whose date is not later than that of the one before.
    """
    soon(lambda: all(condition(service.get(path)[1]) for path in (ATOM, RSS, JSON, YANDEX)))
    time.sleep(1.1)


def plain(html: str) -> str:
    return " ".join(lxml.html.fragment_fromstring(html, "div").text_content().split())


@contextmanager
def polling(folder: Path) -> Iterator[Story]:
    """Subscribe every client that is there to all its feeds."""
    story: Story = {}
    try:
        for kind, feed in PAIRS:
            home = folder / kind.name / Path(feed).name
            home.mkdir(parents=True)
            relay = Relay()
            story[kind, feed] = Subscription(kind(home, relay.url + feed), relay)
        yield story
    finally:
        for subscription in story.values():
            subscription.relay.close()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Tell the history once, to every client that is here."""
    folder = tmp_path_factory.mktemp("clients")
    site = tmp_path_factory.mktemp("site")
    (site / "entries").mkdir()
    fill(site / "entries")
    file = site / "entries" / f"{ADDED_ID}.md"
    added = partial(item, "Ремонт подземного перехода", ago(hours=5))
    with polling(folder) as told, ThreadPoolExecutor(4) as pool:

        def poll(stage: str) -> None:
            list(pool.map(lambda subscription: subscription.poll(stage), told.values()))

        with served(site, "env", f"FEEDSVC_BASE_URL={OLD}") as service:
            for subscription in told.values():
                subscription.relay.port = service.port
            shows(service, lambda text: "fresh.jpg" in text)
            poll("subscribed")
            # Twice: newsboat keeps a validator only from its second poll on.
            poll("unchanged")
            poll("unchanged")
            file.write_bytes(added(FIRST_TEXT))
            shows(service, lambda text: FIRST_TEXT in text)
            poll("added")
            file.write_bytes(added(SECOND_TEXT, updated=ago(hours=3), correction="день"))
            shows(service, lambda text: SECOND_TEXT in text)
            poll("corrected")
            keys = {"updated": ago(hours=2), "status": "withdrawn", "reason": "перенесено"}
            file.write_bytes(added(SECOND_TEXT, **keys))
            shows(service, lambda text: SECOND_TEXT not in text)
            poll("withdrawn")
        with served(site, "env", f"FEEDSVC_BASE_URL={NEW}") as service:
            for subscription in told.values():
                subscription.relay.port = service.port
            shows(service, lambda text: NEW in text and OLD not in text)
            poll("moved")
        yield told


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0].name}-{Path(pair[1]).name}")
def pair(request: pytest.FixtureRequest) -> Pair:
    """Give a client that is here, and the feed it is subscribed to."""
    kind, feed = request.param
    needs(*kind.tools, root=False)
    return kind, feed


@pytest.fixture
def subscription(pair: Pair, request: pytest.FixtureRequest) -> Subscription:
    told: Story = request.getfixturevalue("story")
    return told[pair]


def first(feed: str) -> set[str]:
    """Give the ids of what a feed holds in the beginning: the portals' knows eight days."""
    return {AGAIN_ID} if feed == YANDEX else {PRESS_ID, AGAIN_ID}


def shown_id(feed: str) -> str:
    """Give the id under which a feed has the real item."""
    return AGAIN_ID if feed == YANDEX else PRESS_ID


def changed(pair: Pair) -> list[int]:
    """Give how a client is answered that asks once, when something has changed."""
    kind, feed = pair
    return [200 if feed == YANDEX else kind.changed]


def test_it_shows_the_real_news_in_full(pair: Pair, subscription: Subscription) -> None:
    held = subscription.entries("subscribed")
    assert held.keys() == first(pair[1])
    press = press_item().decode()
    entry_id = shown_id(pair[1])
    shown = held[entry_id]
    assert shown.title == press.strip().partition("\n")[0]
    assert shown.link == link(entry_id)
    paragraphs = re.findall(r"^(?:Приятную|Сейчас|Например) .*", press, re.MULTILINE)
    assert len(paragraphs) == 3
    assert " ".join(" ".join(paragraphs).split()) in plain(shown.text)
    if pair[1] != YANDEX:
        assert {TAG + name for name in held} == subscription.at("subscribed").keys()


def test_it_shows_the_picture(pair: Pair, subscription: Subscription) -> None:
    kind, feed = pair
    entry_id = shown_id(feed)
    shown = subscription.entries("subscribed")[entry_id]
    url = f"{OLD}/media/{entry_id}/{PICTURES[entry_id]}"
    assert shown.enclosure == (url if feed in kind.enclosures else "")
    if feed != YANDEX:
        (picture,) = lxml.html.fragment_fromstring(shown.text, "div").iter("img")
        assert picture.get("src") == url


def test_where_nothing_changed_nothing_is_sent(pair: Pair, subscription: Subscription) -> None:
    assert subscription.at("unchanged") == subscription.at("subscribed")
    assert subscription.answers["unchanged"] == [pair[0].unchanged]


def test_an_added_entry_comes(pair: Pair, subscription: Subscription) -> None:
    held = subscription.entries("added")
    assert held.keys() == first(pair[1]) | {ADDED_ID}
    assert FIRST_TEXT in held[ADDED_ID].text
    assert subscription.answers["added"] == changed(pair)


def test_a_corrected_entry_is_replaced(pair: Pair, subscription: Subscription) -> None:
    held = subscription.entries("corrected")
    assert held.keys() == first(pair[1]) | {ADDED_ID}
    assert (SECOND_TEXT in held[ADDED_ID].text) == pair[0].corrects
    assert (FIRST_TEXT in held[ADDED_ID].text) != pair[0].corrects
    assert subscription.answers["corrected"] == changed(pair)


def test_a_withdrawn_entry_is_given_no_more(pair: Pair, subscription: Subscription) -> None:
    kind, feed = pair
    held = subscription.entries("withdrawn")
    assert subscription.answers["withdrawn"] == changed(pair)
    if feed == YANDEX:
        # The portals are told what they are to delete.
        assert held.keys() == first(feed) | {ADDED_ID}
        assert held[ADDED_ID].text == ""
    elif kind.keeps_withdrawn:
        assert held == subscription.entries("corrected")
    else:
        assert held.keys() == first(feed)


def test_a_moved_site_announces_nothing_again(pair: Pair, subscription: Subscription) -> None:
    held = subscription.entries("moved")
    assert subscription.answers["moved"] == [200]
    assert held.keys() >= first(pair[1])
    if pair[1] == YANDEX:
        # To the portals an entry is its link, and a moved one is another.
        assert all(entry.link.startswith(NEW) for entry in held.values())
        return
    assert subscription.at("moved").keys() <= subscription.at("withdrawn").keys()
    if pair[0].corrects:
        assert held[PRESS_ID].link == link(PRESS_ID, NEW)
