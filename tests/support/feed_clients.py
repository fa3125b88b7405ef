"""Feed readers and libraries, each subscribed to one feed over HTTP."""

import json
import os
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from typing import ClassVar, NamedTuple

import feedparser
import lxml.html
from reader import make_reader

from tests.support.newsroom import ROOT

ATOM, RSS, JSON, YANDEX = (
    f"/feeds/{name}" for name in "atom.xml rss.xml feed.json yandex.xml".split()
)
SCRIPTS = ROOT / "tests" / "support" / "clients"
PACKAGES = "tests/support/clients/node_modules"
TIMEOUT = 60


class Item(NamedTuple):
    """What a client stores of an entry; `text` is HTML if the feed contains HTML."""

    title: str
    text: str
    link: str
    enclosure: str = ""


class Client(ABC):
    """A client with its own home folder, subscribed to one address.

    `tools` are the programs and packages it needs, `feeds` the paths it can read,
    `enclosures` those of them whose pictures it stores as enclosures. `unchanged` is the
    status it gets if nothing has changed, `changed` if something has. `keeps_withdrawn` is
    true of clients that delete nothing, `corrects` of those that replace the text of an id
    they know.
    """

    name: ClassVar[str]
    tools: ClassVar[tuple[str, ...]] = ()
    feeds: ClassVar[tuple[str, ...]]
    enclosures: ClassVar[tuple[str, ...]]
    unchanged: ClassVar[int] = 200
    changed: ClassVar[int] = 200
    keeps_withdrawn: ClassVar[bool] = False
    corrects: ClassVar[bool] = True

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url

    @abstractmethod
    def poll(self) -> None:
        """Request the feed as the user of the client does."""

    @abstractmethod
    def items(self) -> dict[str, Item]:
        """Return the entries it has stored, by the id it knows them by."""

    def run(self, *command: str | Path) -> str:
        """Run a program of the client that must not fail; return its output and its errors."""
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
    enclosures = ()  # it stores only audio and video; pictures are in the text
    unchanged = 304
    changed = 226
    keeps_withdrawn = True

    def poll(self) -> None:
        (self.home / "urls").write_text(f"{self.url}\n")
        (self.home / "config").touch()
        files = ("-u", self.home / "urls", "-c", self.home / "cache", "-C", self.home / "config")
        self.run("newsboat", *files, "-x", "reload")

    def items(self) -> dict[str, Item]:
        columns = "guid, title, content, url, coalesce(enclosure_url, '')"
        query = f"SELECT {columns} FROM rss_item WHERE deleted = 0"
        with closing(sqlite3.connect(self.home / "cache")) as cache:
            return {row[0]: Item(*row[1:]) for row in cache.execute(query)}


class Rss2email(Client):
    name = "rss2email"
    tools = ("r2e",)
    feeds = (ATOM, RSS)
    enclosures = (ATOM, RSS)
    unchanged = 304
    changed = 200  # its library asks for a delta (226), which rss2email takes for an error
    keeps_withdrawn = True

    def poll(self) -> None:
        mail = self.home / "mail"
        mail.mkdir(exist_ok=True)
        (self.home / "config").write_text(
            "[DEFAULT]\nto = reader@reader.example\nemail-protocol = maildir\n"
            f"maildir-path = {mail}\nhtml-mail = True\nreply-changes = True\n"
            f"[feed.news]\nurl = {self.url}\n"
        )
        output = self.run("r2e", "-c", self.home / "config", "-d", self.home / "data", "run")
        assert "ERROR" not in output, output

    def items(self) -> dict[str, Item]:
        """Return the last mail of each entry; a correction is a reply to the first mail."""
        found = {}
        for file in sorted((self.home / "mail" / "INBOX" / "new").iterdir(), key=self._arrival):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            text = str(mail.get_content())
            found[str(mail["X-RSS-ID"])] = Item(
                str(mail["Subject"]), text, str(mail["X-RSS-URL"]), _enclosure_of_mail(text)
            )
        return found

    def _arrival(self, file: Path) -> tuple[int, int]:
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
    corrects = False  # it keeps the old text if id, title and link are equal

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
    """A library that stores nothing: used here by a program with a name that knows 226."""

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
        feed = feedparser.parse(self.url, agent="reader.example/1.0", **self._validators)
        assert not feed.bozo, feed.bozo_exception
        if feed.status == 200:
            self._held.clear()
        names = {"etag", "modified"} & feed.keys()
        self._validators = {name: feed[name] for name in names}
        for entry in feed.entries:
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
    """A parser for Node.js: it stores nothing, and shows the feed it got last."""

    def poll(self) -> None:
        script = SCRIPTS / f"{self.name.removeprefix('npm-')}.mjs"
        (self.home / "shown").write_text(self.run("node", "--no-warnings", script, self.url))

    def items(self) -> dict[str, Item]:
        shown = json.loads((self.home / "shown").read_text())
        return {entry.pop("id"): Item(**entry) for entry in shown}


class RssParser(OnNode):
    name = "rss-parser"
    tools = ("node", f"{PACKAGES}/rss-parser")
    feeds = (ATOM, RSS, YANDEX)
    enclosures = (RSS, YANDEX)  # of Atom's links it reads only that of the page


class NpmFeedparser(OnNode):
    name = "npm-feedparser"
    tools = ("node", f"{PACKAGES}/feedparser")
    feeds = (ATOM, RSS, YANDEX)
    enclosures = (ATOM, RSS, YANDEX)


class FeedExtractor(OnNode):
    name = "feed-extractor"
    tools = ("node", f"{PACKAGES}/@extractus/feed-extractor")
    feeds = (ATOM, RSS, JSON, YANDEX)
    enclosures = (ATOM, RSS, JSON, YANDEX)


CLIENTS: tuple[type[Client], ...] = (
    *(Newsboat, Rss2email, Sfeed),
    *(Feedparser, Reader),
    *(RssParser, NpmFeedparser, FeedExtractor),
)
