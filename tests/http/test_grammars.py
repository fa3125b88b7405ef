"""Documents against what their specifications say, and against what portals take."""

import io
import json
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from feedsvc import clock, urls
from feedsvc.app import build_app
from feedsvc.dates import from_microseconds
from feedsvc.feeds import FOR_READERS, channel, yandex
from feedsvc.pages import sitemaps
from feedsvc.settings import Settings
from feedsvc.storage.batch import FileUpdate
from feedsvc.sync.reading import read_all
from feedsvc.sync.scanner import Scan
from feedsvc.web import freshness
from tests.support.attacks import ATTACKS, attacked, dangers, parsed
from tests.support.newsroom import NOW, ROOT, SECOND, SITE, Newsroom, item

DATA = ROOT / "tests" / "data"
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
YANDEX = "{http://news.yandex.ru}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
FULL_TEXTS = (
    f"{YANDEX}full-text",
    "{http://news.rambler.ru}fulltext",
    "{http://news.mail.ru/}full-text",
)
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
GRAMMAR = etree.RelaxNG(file=str(DATA / "atom.rng"))
DAY = 86400 * SECOND
TODAY = from_microseconds(NOW)
# RFC 3986: an absolute URI has a scheme, and only characters that one may hold.
URI = re.compile(r"[a-z][a-z0-9+.-]*:[!#-;=?-Z\[\]_a-z~%]+", re.IGNORECASE)
# The profile of ISO 8601 that sitemaps use, with a time.
W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def moment(text: str | None) -> datetime:
    """Read a date that carries its offset."""
    assert text
    assert RFC_3339.fullmatch(text), text
    return datetime.fromisoformat(text)


def texts(root: etree._Element, name: str) -> list[str]:
    return [element.text or "" for element in root.iter(name)]


# What no grammar can say


def judge_html(html: str) -> None:
    """Hold content to be harmless, and without relative addresses."""
    assert dangers(html) == []
    for element in parsed(f"<html><body>{html}</body></html>").iter(etree.Element):
        for name in ("href", "src", "cite"):
            value = element.get(name)
            assert value is None or URI.fullmatch(value), value


def judge_atom(body: bytes, url: str) -> etree._Element:
    """Hold a document against RFC 4287 and, as far as it claims them, 5005 and 6721."""
    root = etree.fromstring(body)
    assert GRAMMAR.validate(root), GRAMMAR.error_log.last_error
    entries = root.findall(f"{ATOM}entry")
    ids = [element.text or "" for entry in entries for element in entry.iter(f"{ATOM}id")]
    assert len(ids) == len(entries) == len(set(ids))
    own = root.findtext(f"{ATOM}id") or ""
    assert own not in ids
    assert all(map(URI.fullmatch, [own, *ids]))
    assert root.find(f"{ATOM}author") is not None
    assert root.get(XML_LANG) in ("ru", "en")
    links = judge_links(root)
    assert links.get("self") == [url]
    assert len(links.get("alternate", [])) == 1
    archived = root.find(f"{HISTORY}archive") is not None
    assert ("current" in links) == archived
    assert root.find(f"{HISTORY}complete") is None
    updated = moment(root.findtext(f"{ATOM}updated"))
    assert updated <= TODAY
    for entry in entries:
        changed = judge_entry(entry)
        assert changed <= updated
    for dead in root.findall(f"{TOMBSTONE}deleted-entry"):
        assert dead.get("ref") not in ids
        assert moment(dead.get("when")) <= updated
    return root


def judge_links(element: etree._Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    seen = set()
    for link in element.findall(f"{ATOM}link"):
        relation, href = link.get("rel", "alternate"), link.get("href", "")
        assert URI.fullmatch(href), href
        found.setdefault(relation, []).append(href)
        key = (relation, link.get("type"), link.get("hreflang"))
        assert relation == "enclosure" or key not in seen
        seen.add(key)
        if relation == "enclosure":
            assert link.get("type")
            assert int(link.get("length", "")) > 0
    assert all(len(set(hrefs)) == len(hrefs) for hrefs in found.values())
    return found


def judge_entry(entry: etree._Element) -> datetime:
    links = judge_links(entry)
    assert len(links.get("alternate", [])) == 1
    assert links.keys() <= {"alternate", "enclosure"}
    published, updated = (moment(entry.findtext(f"{ATOM}{name}")) for name in TIMES)
    assert published <= updated <= TODAY
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.get("type") == "html"
    judge_html(content.text or "")
    assert (entry.findtext(f"{ATOM}title") or "").strip()
    for name in ("title", "summary"):
        element = entry.find(f"{ATOM}{name}")
        assert element is not None
        assert element.get("type", "text") == "text"
    return updated


TIMES = ("published", "updated")


def judge_rss(body: bytes, url: str) -> etree._Element:
    """Hold a document against RSS 2.0, and what readers mind beyond it."""
    root = etree.fromstring(body)
    assert (root.tag, root.get("version"), len(root)) == ("rss", "2.0", 1)
    top = root[0]
    names = [str(element.tag) for element in top]
    items = top.findall("item")
    assert names[len(names) - len(items) :] == ["item"] * len(items)
    for name in ("title", "link", "description"):
        assert names.count(name) == 1
        assert top.findtext(name)
    for name in ("language", "lastBuildDate", "ttl", "managingEditor", "image"):
        assert names.count(name) <= 1
    assert top.findtext("language") in ("ru", "en")
    selves = [link for link in top.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert [link.get("href") for link in selves] == [url]
    assert judge_mail_date(top.findtext("lastBuildDate")) <= TODAY
    assert re.fullmatch(r"[^ ]+@[^ ]+ \(.+\)", top.findtext("managingEditor") or "a@b (c)")
    assert re.fullmatch("[0-9]+", top.findtext("ttl") or "")
    image = top.find("image")
    if image is not None:
        assert [image.findtext(name) for name in ("title", "link")] == [
            top.findtext(name) for name in ("title", "link")
        ]
        assert not (image.findtext("url") or "").endswith("svg")
    guids = [each.findtext("guid") for each in items]
    assert len(set(guids)) == len(guids)
    for each in items:
        judge_item(each)
    return root


def judge_item(element: etree._Element) -> None:
    names = [str(child.tag) for child in element]
    for name in ("title", "link", "description", "pubDate", "guid", f"{CONTENT}encoded"):
        assert names.count(name) == 1, name
    assert names.index("description") < names.index(f"{CONTENT}encoded")
    for name in ("enclosure", "author", "comments", "source"):
        assert names.count(name) <= 1, name
    assert "author" not in names or "@" in (element.findtext("author") or "")
    guid = element.find("guid")
    assert guid is not None
    assert guid.get("isPermaLink") == "false"
    assert URI.fullmatch(guid.text or "")
    assert URI.fullmatch(element.findtext("link") or "")
    assert judge_mail_date(element.findtext("pubDate")) <= TODAY
    judge_html(element.findtext(f"{CONTENT}encoded") or "")
    assert "<" not in (element.findtext("description") or "")
    for enclosure in element.findall("enclosure"):
        assert set(enclosure.keys()) == {"url", "length", "type"}
        assert URI.fullmatch(enclosure.get("url", ""))


def judge_mail_date(text: str | None) -> datetime:
    assert text
    assert RFC_822.fullmatch(text), text
    found = parsedate_to_datetime(text)
    assert found.strftime("%a") == text[:3]
    return found


def judge_json(body: bytes, url: str) -> dict[str, Any]:
    """Hold a document against JSON Feed 1.1, as far as no schema is needed."""
    feed: dict[str, Any] = json.loads(body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == url
    assert feed.get("next_url") != url
    ids = [each["id"] for each in feed["items"]]
    assert all(isinstance(identity, str) for identity in ids)
    assert len(set(ids)) == len(ids)
    for each in feed["items"]:
        judge_html(each["content_html"])
        assert moment(each["date_published"]) <= moment(each["date_modified"]) <= TODAY
        assert all(set(file) >= {"url", "mime_type"} for file in each.get("attachments", ()))
    return feed


JUDGES: dict[str, Callable[[bytes, str], object]] = {
    "atom.xml": judge_atom,
    "rss.xml": judge_rss,
    "feed.json": judge_json,
}


# The documents of one newsroom


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (4, 3)).save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def lively(newsroom: Newsroom) -> Newsroom:
    """Publish entries of every kind, in several months and years."""
    entries = newsroom.settings.entries
    files = {
        "a.md": item("A & <b>", date="2026-06-30 23:00", categories="Спорт", author="Иван"),
        "b.md": item("B", date="2026-06-01", lang="en", correction="Нет <i>", categories="Спорт"),
        "c.md": item("C", date="2026-05-05", updated="2027-01-01", body="[x](/y) ![](c.png)"),
        "d.md": item("D", date="1901-05-05", guid="https://old.example/d", summary="S & <s>"),
        "gone.md": item("G", date="2026-06-15", status="withdrawn", reason="Ошибка & <b>"),
        "old.md": item("O", date="2026-05-01", status="withdrawn", categories="Спорт"),
        "draft.md": item("Draft", status="draft"),
        "later.md": item("Later", date="2026-07-02"),
        "e.txt": "Заголовок\n30.06.2026\nТекст www.mos.ru\n\n[Управа](#)".encode(),
    }
    files |= {f"x{n}.md": attacked(attack, id=f"x{n}") for n, attack in enumerate(ATTACKS)}
    for name, data in files.items():
        (entries / name).write_bytes(data)
    for name in ("a.png", "c.png", "d.png"):
        (entries / name).write_bytes(picture())
    (entries / "a").mkdir()
    (entries / "a" / "план.pdf").write_bytes(b"%PDF-1.4")
    found = sorted(Scan(entries), key=lambda file: file.path)
    newsroom.writer.apply(list(read_all(found, newsroom.settings)), (), NOW - DAY)
    newsroom.writer.finish_first_index()
    return newsroom


ATOM_PATHS = [
    "/feeds/atom.xml",
    "/feeds/category/sport/atom.xml",
    "/feeds/archive/2026/06/atom.xml",
    "/feeds/archive/2026/05/atom.xml",
    "/feeds/archive/1901/05/atom.xml",
]


@pytest.mark.usefixtures("lively")
@pytest.mark.parametrize("path", ATOM_PATHS)
def test_every_atom_document_follows_its_grammar(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    root = judge_atom(answer.data, SITE + path)
    assert len(root.findall(f"{ATOM}entry")) > 0


@pytest.mark.usefixtures("lively")
@pytest.mark.parametrize("name", FOR_READERS)
@pytest.mark.parametrize("slug", [None, "sport"])
def test_every_feed_follows_its_rules(client: FlaskClient, name: str, slug: str | None) -> None:
    path = urls.feed_path(name, slug)
    JUDGES[name](client.get(path).data, SITE + path)


@pytest.mark.parametrize("name", FOR_READERS)
def test_a_feed_of_nothing_follows_its_rules(
    newsroom: Newsroom, client: FlaskClient, name: str
) -> None:
    newsroom.publish({"draft.md": item(status="draft")})
    path = urls.feed_path(name)
    JUDGES[name](client.get(path).data, SITE + path)


@pytest.mark.parametrize("name", FOR_READERS)
def test_a_feed_of_a_site_with_logos_and_a_contact_follows_its_rules(
    lively: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture())
    settings = replace(
        lively.settings, icon=logo, logo=logo, logo_square=logo, contact="press@news.example"
    )
    path = urls.feed_path(name)
    body = build_app(settings).test_client().get(path).data
    JUDGES[name](body, SITE + path)
    assert b"/logo/logo" in body
    assert name == "feed.json" or b"press@news.example" in body


@pytest.mark.usefixtures("lively")
@pytest.mark.parametrize("name", FOR_READERS)
def test_a_feed_of_only_what_is_new_follows_its_rules(client: FlaskClient, name: str) -> None:
    path = urls.feed_path(name)
    tag = client.get(path).headers["ETag"].strip('"')
    # As whoever has seen all but the first entry: a digest, and four bytes for each.
    codes = urlsafe_b64decode(tag + "=" * (-len(tag) % 4))
    known = urlsafe_b64encode(codes[:12] + codes[16:]).decode().rstrip("=")
    answer = client.get(path, headers={"A-IM": "feed", "If-None-Match": f'"{known}"'})
    assert answer.status_code == 226
    JUDGES[name](answer.data, SITE + path)
    if name == "atom.xml":
        assert texts(etree.fromstring(answer.data)[-1], f"{ATOM}title") == ["A & <b>"]


def broken(change: Callable[[etree._Element], None]) -> bytes:
    root = etree.fromstring((DATA / "atom.xml").read_bytes())
    change(root)
    return etree.tostring(root)


def drop(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = root.find(name)
        assert element is not None
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return change


def double(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = root.find(name)
        assert element is not None
        element.addnext(deepcopy(element))

    return change


def put(name: str, text: str = "", **attributes: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = root.find(name)
        assert element is not None
        element.text = text or element.text
        for key, value in attributes.items():
            element.set(key, value)

    return change


def add(name: str, parent: str = ".") -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        found = root.find(parent)
        assert found is not None
        found.insert(0, found.makeelement(name, {}))

    return change


ENTRY = f"{ATOM}entry"
MISTAKES = {
    "no id": drop(f"{ATOM}id"),
    "no title": drop(f"{ATOM}title"),
    "no date": drop(f"{ATOM}updated"),
    "no author": drop(f"{ATOM}author"),
    "an entry without id": drop(f"{ENTRY}/{ATOM}id"),
    "an entry without title": drop(f"{ENTRY}/{ATOM}title"),
    "an entry without date": drop(f"{ENTRY}/{ATOM}updated"),
    "two titles": double(f"{ATOM}title"),
    "two generators": double(f"{ATOM}generator"),
    "two contents": double(f"{ENTRY}/{ATOM}content"),
    "two alternates": double(f"{ENTRY}/{ATOM}link"),
    "one entry twice": double(ENTRY),
    "a date in words": put(f"{ATOM}updated", "yesterday"),
    "a date without offset": put(f"{ENTRY}/{ATOM}updated", "2014-08-13T00:00:00"),
    "a date ahead": put(f"{ENTRY}/{ATOM}updated", "2027-08-13T00:00:00Z"),
    "an unknown type": put(f"{ATOM}title", type="markdown"),
    "undeclared HTML": put(f"{ENTRY}/{ATOM}content", type="text"),
    "a link without address": lambda root: root.findall(f"{ATOM}link")[0].attrib.clear(),
    "a relative link": put(f"{ATOM}link", href="/feeds/atom.xml"),
    "no address of its own": put(f"{ATOM}link", rel="this"),
    "a wrong type of link": put(f"{ATOM}link", type="atom"),
    "an unknown element": add(f"{ATOM}comment"),
    "an unknown element in an entry": add(f"{ATOM}length", ENTRY),
    "RSS in Atom": add(f"{ATOM}description"),
    "an entry before the title": lambda root: root.insert(0, deepcopy(root[-1])),
    "a script": put(f"{ENTRY}/{ATOM}content", "<script>alert(1)</script>"),
    "a relative picture": put(f"{ENTRY}/{ATOM}content", "<img src='a.png'>"),
    "an archive without current": add(f"{HISTORY}archive"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_judge_of_atom_knows_a_mistake(mistake: str) -> None:
    url = f"{SITE}/feeds/atom.xml"
    judge_atom((DATA / "atom.xml").read_bytes(), url)
    with pytest.raises(AssertionError):
        judge_atom(broken(MISTAKES[mistake]), url)


def test_the_grammar_lets_other_name_spaces_in() -> None:
    def extend(root: etree._Element) -> None:
        for parent in (root, root[-1], root.find(f"{ATOM}author")):
            assert parent is not None
            element = etree.SubElement(parent, "{urn:x}y", z="1")
            etree.SubElement(element, "{urn:x}deeper").text = "text"
            parent.insert(0, element)

    assert GRAMMAR.validate(etree.fromstring(broken(extend)))


# JSON Feed against a schema


def schema_errors(feed: object) -> list[str]:
    """List what the schema of JSON Feed finds."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("jsonschema")
    jsonschema: Any = __import__("jsonschema")
    schema = json.loads((DATA / "jsonfeed.schema.json").read_bytes())
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema)
    return [f"{error.json_path}: {error.message}" for error in kind(schema).iter_errors(feed)]


@pytest.mark.usefixtures("lively")
@pytest.mark.parametrize("slug", [None, "sport"])
def test_json_feed_follows_its_schema(client: FlaskClient, slug: str | None) -> None:
    feed = json.loads(client.get(urls.feed_path("feed.json", slug)).data)
    assert schema_errors(feed) == []
    assert any("attachments" in each for each in feed["items"])


def test_a_json_feed_of_nothing_follows_its_schema(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.publish({})
    assert schema_errors(json.loads(client.get("/feeds/feed.json").data)) == []


@pytest.mark.usefixtures("lively")
def test_the_schema_of_json_feed_knows_mistakes(client: FlaskClient) -> None:
    data = client.get("/feeds/feed.json").data

    def wrong(change: Callable[[dict[str, Any]], object]) -> bool:
        feed = json.loads(data)
        change(feed)
        return bool(schema_errors(feed))

    assert wrong(lambda feed: feed.update(version="1.1"))
    assert wrong(lambda feed: feed.pop("title"))
    assert wrong(lambda feed: feed.update(_own={}))
    assert wrong(lambda feed: feed.update(feed_url="/feeds/feed.json"))
    assert wrong(lambda feed: feed["items"][0].update(id=1))
    assert wrong(lambda feed: feed["items"][0].pop("content_html"))
    assert wrong(lambda feed: feed["items"][0].update(date_published="2026-01-01"))
    assert wrong(lambda feed: feed["items"][0].update(summary=""))
    assert wrong(lambda feed: feed["items"][0].update(attachments=[{"url": SITE}]))
    assert wrong(lambda feed: feed["items"][0].update(tags=["a", "a"]))


# Any history of entries

ZONES = [ZoneInfo(name) for name in ("Europe/Moscow", "America/New_York", "Pacific/Apia")]


class House:
    """A newsroom with a zone of its own, and whoever reads it."""

    def __init__(self, settings: Settings) -> None:
        self.room = Newsroom(settings)
        self.client = build_app(settings).test_client()
        self.zone = settings.timezone
        self._paths: set[str] = set()
        self.room.publish({})

    def hold(self, files: dict[str, bytes]) -> None:
        """Publish just these files."""
        self.room.apply(files, gone=self._paths - files.keys(), now=NOW - DAY)
        self._paths = set(files)

    def get(self, path: str) -> bytes:
        answer = self.client.get(path)
        assert answer.status_code == 200
        data: bytes = answer.data
        return data

    def archives(self) -> dict[str, bytes]:
        """Walk the archives as a reader does, from the feed one subscribes to."""
        walked: dict[str, bytes] = {}
        document = self.get("/feeds/atom.xml")
        while True:
            links = judge_links(etree.fromstring(document))
            (older,) = links.get("prev-archive", [""])
            if not older:
                return walked
            assert older not in walked
            document = walked[older] = self.get(older.removeprefix(SITE))


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[House]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freshness, "CHECK_EVERY", 0)
        patch.setattr(clock, "now", lambda: NOW)
        made = [
            House(
                Settings(
                    base_url=SITE,
                    timezone=zone,
                    language="ru",
                    feed_size=5,
                    instance=tmp_path_factory.mktemp("instance"),
                    entries=tmp_path_factory.mktemp("entries"),
                )
            )
            for zone in ZONES
        ]
        yield made
        for house in made:
            house.room.writer.close()


# Days at the borders of months and years, near now, of clock changes, and long ago.
DAYS = st.sampled_from(
    "1901-05-05 1916-07-03 1999-12-31 2000-01-01 2011-12-29 2011-12-31 2014-08-13 2014-10-01"
    " 2014-10-25 2014-10-26 2014-10-31 2014-11-01 2024-02-29 2024-03-01 2026-05-31 2026-06-01"
    " 2026-06-30 2026-07-01 2026-07-02".split()
)
TIMES_OF_DAY = st.sampled_from("00:00:00 00:30:00 01:30:00 12:00:00 15:00:00 23:59:59".split())
OFFSETS = st.sampled_from(["", "Z", "+03:00", "-11:00", "+14:00"])
DATES = st.builds("{}T{}{}".format, DAYS, TIMES_OF_DAY, OFFSETS)
LINE = st.text(max_size=20)
ENTRIES = st.builds(
    item,
    title=LINE.map("T{}".format),
    date=DATES,
    body=LINE.map("T{}".format) | st.sampled_from(ATTACKS),
    status=st.sampled_from(["published", "published", "published", "withdrawn", "draft"]),
    categories=st.sampled_from(["Спорт", "Sport!", "Двор"]),
    author=LINE,
    summary=LINE,
    correction=LINE,
    reason=LINE,
    lang=st.sampled_from(["ru", "en", "en-GB", "zh-Hans"]),
    updated=DATES,
)
FILES = st.dictionaries(st.sampled_from([f"{name}.md" for name in "abcdefghijkl"]), ENTRIES)


def told(house: House, files: dict[str, bytes], status: str = "published") -> dict[str, str]:
    """Give id and month of the entries of a status that are not ahead of now."""
    found = {}
    for path, data in files.items():
        stored = house.room.update(path, data).stored
        if stored and stored.status == status and stored.published <= NOW:
            local = from_microseconds(stored.published).astimezone(house.zone)
            found[f"tag:localhost,2026:{stored.id}"] = local.strftime("%Y/%m")
    return found


@given(files=FILES, zone=st.integers(0, 2))
@hypothesis_settings(deadline=None, max_examples=100)
def test_whatever_is_published_every_document_follows_its_rules(
    houses: list[House], files: dict[str, bytes], zone: int
) -> None:
    house = houses[zone]
    house.hold(files)
    for name in FOR_READERS:
        path = urls.feed_path(name)
        JUDGES[name](house.get(path), SITE + path)
    for url, body in house.archives().items():
        judge_atom(body, url)
    judge_yandex(house.get("/feeds/yandex.xml"))
    for url in texts(etree.fromstring(house.get("/sitemap.xml")), f"{SITEMAP}loc"):
        judge_sitemap(house.get(url.removeprefix(SITE)))
    judge_news_sitemap(house.get("/sitemap-news.xml"))


# Archives


@given(files=FILES, zone=st.integers(0, 2))
@hypothesis_settings(deadline=None, max_examples=100)
def test_whoever_walks_the_archives_sees_every_entry_exactly_once(
    houses: list[House], files: dict[str, bytes], zone: int
) -> None:
    house = houses[zone]
    house.hold(files)
    seen: dict[str, str] = {}
    dead: dict[str, str] = {}
    for url, body in house.archives().items():
        root = etree.fromstring(body)
        month = url.removeprefix(f"{SITE}/feeds/archive/").removesuffix("/atom.xml")
        for identity in root.iterfind(f"{ATOM}entry/{ATOM}id"):
            assert identity.text not in seen
            seen[str(identity.text)] = month
        dead |= {str(each.get("ref")): month for each in root.iter(f"{TOMBSTONE}deleted-entry")}
    assert seen == told(house, files)
    withdrawn = told(house, files, "withdrawn")
    months = set(seen.values())
    assert dead == {name: month for name, month in withdrawn.items() if month in months}
    assert list(dict.fromkeys(seen.values())) == sorted(months, reverse=True)


@given(before=FILES, after=FILES, zone=st.integers(0, 2))
@hypothesis_settings(deadline=None, max_examples=100)
def test_an_archive_changes_only_with_its_entries_or_its_neighbours(
    houses: list[House], before: dict[str, bytes], after: dict[str, bytes], zone: int
) -> None:
    house = houses[zone]
    made = []
    # Some files stay, some change, come or go.
    kept = {path: data for path, data in before.items() if path < "g"}
    for files in (before, {**after, **kept}):
        house.hold(files)
        archives = house.archives()
        urls = list(archives)
        months = {**told(house, files), **told(house, files, "withdrawn")}
        contents = {
            url: (
                {
                    (path, data)
                    for path, data in files.items()
                    if months.get(f"tag:localhost,2026:{path.removesuffix('.md')}") == url[-16:-9]
                },
                urls[index - 1 : index] if index else [],
                urls[index + 1 : index + 2],
            )
            for index, url in enumerate(urls)
        }
        made.append((archives, contents))
    (old, old_contents), (new, new_contents) = made
    for url in old.keys() & new.keys():
        if old_contents[url] == new_contents[url]:
            assert old[url] == new[url]


def test_archives_lead_to_their_neighbours_and_to_the_present(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    dates = ["2014-08-13", "2025-12-31", "2026-01-01", "2026-06-30"]
    newsroom.publish({f"{date}.md": item(date=date) for date in dates})
    expected = ["2014/08", "2025/12", "2026/01", "2026/06"]
    for index, month in enumerate(expected):
        links = judge_links(etree.fromstring(client.get(f"/feeds/archive/{month}/atom.xml").data))
        for relation, other in (("prev-archive", index - 1), ("next-archive", index + 1)):
            there = 0 <= other < len(expected)
            wanted = [f"{SITE}/feeds/archive/{expected[other]}/atom.xml"] if there else []
            assert links.get(relation, []) == wanted
        assert links["current"] == [f"{SITE}/feeds/atom.xml"]
    links = judge_links(etree.fromstring(client.get("/feeds/atom.xml").data))
    assert links["prev-archive"] == [f"{SITE}/feeds/archive/2026/06/atom.xml"]


def test_an_archive_appears_when_its_first_entry_is_due(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish({"a.md": item(date="2026-06-30"), "b.md": item(date="2026-07-02")})
    old, new = (f"/feeds/archive/2026/{month}/atom.xml" for month in ("06", "07"))
    due = int(datetime(2026, 7, 1, 21, tzinfo=UTC).timestamp()) * SECOND  # midnight in Moscow
    for now, newest, status in ((due - 1, old, 404), (due, new, 200)):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        links = judge_links(etree.fromstring(client.get("/feeds/atom.xml").data))
        assert links["prev-archive"] == [SITE + newest]
        assert client.get(new).status_code == status
        links = judge_links(etree.fromstring(client.get(old).data))
        assert links.get("next-archive", []) == ([SITE + new] if status == 200 else [])


def test_an_archive_tells_what_was_withdrawn_before_the_clocks_changed(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    """In October 2014 Moscow's clocks went back: the month began with another offset."""
    newsroom.publish(
        {
            "a.md": item(date="2014-10-30"),
            "gone.md": item(date="2014-10-01 00:30", status="withdrawn"),
        }
    )
    root = etree.fromstring(client.get("/feeds/archive/2014/10/atom.xml").data)
    assert len(root.findall(f"{TOMBSTONE}deleted-entry")) == 1


@pytest.mark.usefixtures("lively")
@pytest.mark.parametrize("prefix", ["/archive", "/feeds/archive"])
@pytest.mark.parametrize(
    "month",
    "2026/04 2026/07 2026/08 2027/01 2026/00 2026/13 2026/99 0000/00 9999/12 2026/6 2026/006 26/06"
    " 2026/0x 20x6/06 2026/-1 +2026/06 2026/%D9%A0%D9%A6 2026/06%00 2026/%2006 2026/06/05 2026/june"
    " %2e%2e/06 2026/%2e%2e 2026-06/06 1/1".split(),
)
def test_a_month_with_nothing_or_that_there_is_not_is_404(
    client: FlaskClient, prefix: str, month: str
) -> None:
    end = "/atom.xml" if prefix == "/feeds/archive" else "/"
    assert client.get(f"{prefix}/2026/06{end}").status_code == 200
    assert client.get(f"{prefix}/{month}{end}").status_code == 404


# The aggregators' dialect


def judge_yandex(body: bytes) -> etree._Element:
    """Hold a document against what portals take."""
    assert len(body) < 10_000_000
    assert body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    root = etree.fromstring(body)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    links = [each.findtext("link") for each in root.iter("item")]
    assert len(set(links)) == len(links)
    for each in root.iter("item"):
        assert each.findtext("title")
        assert URI.fullmatch(each.findtext("link") or "")
        judged = judge_mail_date(each.findtext("pubDate"))
        assert judged <= TODAY
        if each.find(f"{MEDIA}status") is not None:
            assert each.find(f"{MEDIA}status").get("state") == "deleted"  # type: ignore[union-attr]
            assert [each.find(name) for name in FULL_TEXTS] == [None] * 3
            continue
        assert judged > TODAY - timedelta(days=8)
        first, second, third = (each.findtext(name) for name in FULL_TEXTS)
        assert first
        assert first == second == third
        assert each.findtext(f"{YANDEX}genre") in ("message", "article")
        assert len(each.findall("category")) <= 1
        assert len(each.findall("author")) <= 1
    return root


@pytest.mark.usefixtures("lively")
def test_aggregators_get_the_last_days_and_nothing_else(client: FlaskClient) -> None:
    answer = client.get("/feeds/yandex.xml")
    root = judge_yandex(answer.data)
    assert [each.findtext("title") for each in root.iter("item")] == ["A & <b>", "Заголовок"]
    assert root[0].findtext("link") == f"{SITE}/"


def test_aggregators_get_the_text_without_source_date_and_contacts(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    settings = replace(newsroom.settings, contact="press@news.example")
    text = (
        "Заголовок\n30.06.2026\nПервый абзац.\n\nВторой.\n\n"
        f"Адрес страницы: {SITE}/presscenter/news/detail/9.html\n\n[Управа района](#)"
    )
    markdown = item(
        "M", date="2026-06-30", body="# Head\n\n*One* & [two](/x) <b>three</b>", author="Я"
    )
    newsroom.publish({"a.txt": text.encode(), "m.md": markdown})
    root = judge_yandex(build_app(settings).test_client().get("/feeds/yandex.xml").data)
    assert texts(root, f"{YANDEX}full-text") == ["Head\nOne & two three", "Первый абзац.\nВторой."]
    assert texts(root, "author") == ["Я", "Управа района"]
    assert client.get("/feeds/yandex.xml").status_code == 200


@pytest.mark.parametrize(("path", "days"), [("/feeds/yandex.xml", 8), ("/sitemap-news.xml", 2)])
def test_an_entry_leaves_on_time_though_no_file_changes(
    newsroom: Newsroom,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    days: int,
) -> None:
    published = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * SECOND
    moments = {"a.md": item("First", date="2026-06-01T00:00:00Z")}
    moments["b.md"] = item("Second", date="2026-06-01T06:00:00Z")
    newsroom.publish(moments, now=published - DAY)

    def at(when: int) -> tuple[list[str], int, str]:
        monkeypatch.setattr(clock, "now", lambda: when)
        answer = client.get(path)
        root = etree.fromstring(answer.data)
        names = texts(root, f"{NEWS}title") or [
            each.findtext("title") or "" for each in root.iter("item")
        ]
        return names, answer.cache_control.max_age or 0, answer.headers["ETag"]

    end = published + days * DAY
    both, _, tag = at(published + DAY)
    assert both == ["Second", "First"]
    assert at(end - 100 * SECOND) == (["Second", "First"], 100, tag)
    assert at(end - 1)[0] == ["Second", "First"]
    assert at(end)[0] == ["Second"]
    assert at(end + 6 * 3600 * SECOND - 1)[0] == ["Second"]
    assert at(end + 6 * 3600 * SECOND)[0] == []
    assert at(end + DAY)[0] == []


def test_a_withdrawn_entry_is_deleted_for_aggregators_until_it_would_have_left(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = item(
        "Gone", date="2026-06-30", updated="2026-07-01", status="withdrawn", reason="R & <r>"
    )
    newsroom.publish({"a.md": entry})
    (only,) = judge_yandex(client.get("/feeds/yandex.xml").data).iter("item")
    status = only.find(f"{MEDIA}status")
    assert status is not None
    assert dict(status.items()) == {"state": "deleted", "reason": "R & <r>"}
    assert only.findtext("link") == f"{SITE}/presscenter/news/detail/a.html"
    assert only.findtext("pubDate") == "Wed, 01 Jul 2026 00:00:00 +0300"
    published = int(datetime(2026, 6, 29, 21, tzinfo=UTC).timestamp()) * SECOND
    for when, count in ((-1, 1), (0, 0), (SECOND, 0)):
        monkeypatch.setattr(clock, "now", lambda when=when: published + 8 * DAY + when)
        root = etree.fromstring(client.get("/feeds/yandex.xml").data)
        assert (when, len(list(root.iter("item")))) == (when, count)


@pytest.mark.parametrize("sign", ["Я", "x", "&", "<"])
def test_aggregators_never_get_more_than_they_take(
    newsroom: Newsroom, client: FlaskClient, sign: str
) -> None:
    line = sign * 40 + " "
    size = 40_000 if sign in "&<" else 900_000
    text = line * (size // len(line.encode()))
    count = 30 if sign in "&<" else 6
    newsroom.publish(
        {f"{n}.txt": f"T{n}\n2026-06-30 10:{n:02}\n{text}".encode() for n in range(count)}
    )
    body = client.get("/feeds/yandex.xml").data
    names = [each.findtext("title") for each in judge_yandex(body).iter("item")]
    assert len(body) > 5_000_000
    # The newest of them, without a gap.
    assert names == [f"T{n}" for n in range(count - 1, count - 1 - len(names), -1)]


def test_withdrawn_entries_count_towards_what_aggregators_take(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    title = "Я" * 400_000
    files = {
        f"{n}.md": item(f"{n}{title}", date="2026-06-30", status="withdrawn") for n in range(14)
    }
    newsroom.publish({**files, "a.md": item("Here", date="2026-06-30")})
    judge_yandex(client.get("/feeds/yandex.xml").data)


def test_aggregators_get_the_newest_of_very_many(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "MOST_AGGREGATED", 3)
    newsroom.publish({f"{n}.md": item(str(n), date=f"2026-06-30 0{n}:00") for n in range(5)})
    root = judge_yandex(client.get("/feeds/yandex.xml").data)
    assert [each.findtext("title") for each in root.iter("item")] == ["4", "3", "2"]


def test_a_long_text_is_an_article_to_aggregators(newsroom: Newsroom, client: FlaskClient) -> None:
    for length, genre in ((yandex.ARTICLE - 1, "message"), (yandex.ARTICLE, "article")):
        newsroom.publish({"a.md": item(date="2026-06-30", body="я" * length)})
        root = judge_yandex(client.get("/feeds/yandex.xml").data)
        assert texts(root, f"{YANDEX}genre") == [genre]


# Sitemaps


def judge_sitemap(body: bytes) -> list[str]:
    """Hold a sitemap against what sitemaps.org says; give its addresses."""
    assert len(body) <= 50 * 1024 * 1024
    root = etree.fromstring(body)
    assert root.tag == f"{SITEMAP}urlset"
    found = []
    for url in root:
        assert [str(child.tag) for child in url] in (
            [f"{SITEMAP}loc"],
            [f"{SITEMAP}loc", f"{SITEMAP}lastmod"],
        )
        place = url[0].text or ""
        assert place.startswith(f"{SITE}/")
        assert URI.fullmatch(place)
        assert len(place) < 2048
        found.append(place)
        for changed in list(url)[1:]:
            assert W3C.fullmatch(changed.text or ""), changed.text
            assert datetime.fromisoformat(changed.text or "") <= TODAY
    assert len(set(found)) == len(found) <= 50_000
    return found


def judge_news_sitemap(body: bytes) -> list[str]:
    """Hold a sitemap against what Google News says; give its titles."""
    root = etree.fromstring(body)
    assert root.tag == f"{SITEMAP}urlset"
    assert len(root) <= 1000
    for url in root:
        assert [str(child.tag) for child in url] == [f"{SITEMAP}loc", f"{NEWS}news"]
        news = url[1]
        assert [str(child.tag) for child in news] == [
            f"{NEWS}publication",
            f"{NEWS}publication_date",
            f"{NEWS}title",
        ]
        assert [str(child.tag) for child in news[0]] == [f"{NEWS}name", f"{NEWS}language"]
        # A code of two or three letters (ISO 639); two kinds of Chinese are told apart.
        assert re.fullmatch("[a-z]{2,3}|zh-cn|zh-tw", news[0][1].text or ""), news[0][1].text
        published = moment(news[1].text)
        assert TODAY - timedelta(days=2) < published <= TODAY
        assert (news[2].text or "").strip()
    return texts(root, f"{NEWS}title")


@pytest.mark.usefixtures("lively")
def test_the_sitemaps_list_every_page_once(client: FlaskClient) -> None:
    index = etree.fromstring(client.get("/sitemap.xml").data)
    assert index.tag == f"{SITEMAP}sitemapindex"
    parts = texts(index, f"{SITEMAP}loc")
    assert parts == [f"{SITE}/sitemap/{name}.xml" for name in ("pages", "2026-1", "1901-1")]
    found = [
        place for part in parts for place in judge_sitemap(client.get(part.removeprefix(SITE)).data)
    ]
    assert len(set(found)) == len(found)
    for place in found:
        assert client.get(place.removeprefix(SITE)).status_code == 200
    page = f"{SITE}/presscenter/news/detail/{{}}.html"
    for name in ("gone", "old", "draft", "later"):
        assert page.format(name) not in found


def test_a_sitemap_says_when_a_page_changed(newsroom: Newsroom, client: FlaskClient) -> None:
    dates = {"a": ("1901-05-05", "1901-05-05"), "b": ("2026-01-01", "2026-06-01")}
    dates["c"] = ("2026-02-01", "2027-01-01")  # an update that is announced for later
    newsroom.publish({f"{n}.md": item(date=d, updated=u) for n, (d, u) in dates.items()})
    for year, expected in (("1901", ["a"]), ("2026", ["c", "b"])):
        body = client.get(f"/sitemap/{year}-1.xml").data
        judge_sitemap(body)
        changed = [
            datetime.fromisoformat(text)
            for text in texts(etree.fromstring(body), f"{SITEMAP}lastmod")
        ]
        wanted = [dates[name][dates[name][1] < "2027"] for name in expected]
        for found, day in zip(changed, wanted, strict=True):
            local = found.astimezone(newsroom.settings.timezone)
            assert local.replace(tzinfo=None) - datetime.fromisoformat(day) < timedelta(seconds=30)


def test_a_year_with_too_many_pages_has_several_sitemaps(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MAX_ADDRESSES", 7)
    newsroom.publish({f"{n:02}.md": item(date=f"2026-01-{n + 1:02}") for n in range(21)})
    for added, parts in ((0, 3), (1, 4)):
        newsroom.apply({f"more{n}.md": item() for n in range(added)})
        listed = texts(etree.fromstring(client.get("/sitemap.xml").data), f"{SITEMAP}loc")
        assert listed[1:] == [f"{SITE}/sitemap/2026-{n + 1}.xml" for n in range(parts)]
        found = [judge_sitemap(client.get(url.removeprefix(SITE)).data) for url in listed[1:]]
        assert [len(part) for part in found] == [7, 7, 7, 1][:parts]
        assert len({place for part in found for place in part}) == 21 + added
        for part in ("0", str(parts + 1), "-1", "x", "", "9" * 5000):
            assert client.get(f"/sitemap/2026-{part}.xml").status_code == 404
    for year in ("2025", "2026-01", "20260", "x"):
        assert client.get(f"/sitemap/{year}-1.xml").status_code == 404


def test_no_sitemap_holds_too_much_however_many_categories_there_are(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MAX_ADDRESSES", 7)
    newsroom.publish({f"{n}.md": item(categories=f"Category {n}") for n in range(20)})
    for url in texts(etree.fromstring(client.get("/sitemap.xml").data), f"{SITEMAP}loc"):
        assert len(judge_sitemap(client.get(url.removeprefix(SITE)).data)) <= 7


def test_fifty_thousand_pages_are_one_sitemap_and_one_more_are_two(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    model = newsroom.update("a.md", item())
    assert model.stored is not None
    stored = model.stored

    def copies(numbers: range) -> list[FileUpdate]:
        return [
            replace(model, path=f"{n}.md", stored=stored._replace(id=f"{n:0128}")) for n in numbers
        ]

    newsroom.writer.apply(copies(range(50_000)), (), NOW)
    newsroom.writer.finish_first_index()
    assert client.get("/sitemap/2026-2.xml").status_code == 404
    # With the longest ids there are, it is not too large.
    assert len(judge_sitemap(client.get("/sitemap/2026-1.xml").data)) == 50_000
    newsroom.writer.apply(copies(range(50_000, 50_001)), (), NOW)
    assert len(judge_sitemap(client.get("/sitemap/2026-2.xml").data)) == 1
    assert len(texts(etree.fromstring(client.get("/sitemap.xml").data), f"{SITEMAP}loc")) == 3


def test_the_news_sitemap_holds_what_google_reads(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.publish(
        {
            "a.md": item("A & <b>", date="2026-06-30"),
            "b.md": item("B", date="2026-07-01", lang="en-GB"),
            "c.md": item("C", date="2026-06-29"),
            "d.md": item("D", date="2026-07-01", status="withdrawn"),
            "e.md": item("E", date="2026-07-02"),
        }
    )
    body = client.get("/sitemap-news.xml").data
    assert judge_news_sitemap(body) == ["B", "A & <b>"]
    root = etree.fromstring(body)
    assert texts(root, f"{NEWS}publication_date") == [
        "2026-07-01T00:00:00+03:00",
        "2026-06-30T00:00:00+03:00",
    ]
    assert texts(root, f"{NEWS}language") == ["en", "ru"]
    assert texts(root, f"{NEWS}name") == [newsroom.settings.title] * 2


def test_a_news_sitemap_of_nothing_is_allowed(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.publish({})
    assert judge_news_sitemap(client.get("/sitemap-news.xml").data) == []


def test_the_news_sitemap_holds_no_more_than_google_takes(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    model = newsroom.update("a.md", item(date="2026-06-30"))
    assert model.stored is not None
    newsroom.writer.apply(
        [
            replace(model, path=f"{n}.md", stored=model.stored._replace(id=str(n)))
            for n in range(1100)
        ],
        (),
        NOW,
    )
    newsroom.writer.finish_first_index()
    assert len(judge_news_sitemap(client.get("/sitemap-news.xml").data)) == 1000
