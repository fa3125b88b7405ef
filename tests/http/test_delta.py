"""Delta feeds (RFC 3229): at any time, every reader has what the edition holds."""

import gzip
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import brotli
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree
from werkzeug.test import TestResponse

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.feeds import FOR_READERS
from feedsvc.settings import Settings
from feedsvc.web import freshness
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, SetClock, item

ATOM = "/feeds/atom.xml"
DECODE = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}
IDS = "abcdef"


def entries_of(body: bytes, name: str) -> dict[str, str]:
    """Return the text of each entry of a feed by its id; '' for a withdrawn one."""
    if name == "feed.json":
        return {
            entry["id"]: entry["content_html"] + entry["title"]
            for entry in json.loads(body)["items"]
        }
    root = etree.fromstring(body)
    entries = {
        str(entry.findtext("{*}id") or entry.findtext("guid")): " ".join(
            str(entry.xpath("string()")).split()
        )
        for entry in root.iter("{*}entry", "item")
    }
    withdrawn = {str(tombstone.get("ref")): "" for tombstone in root.iter("{*}deleted-entry")}
    return entries | withdrawn


@dataclass
class Reader:
    """A feed reader that requests deltas, and keeps all it has received."""

    client: FlaskClient
    name: str
    coding: str
    tag: str | None = None
    entries: dict[str, str] = field(default_factory=dict)

    def poll(self) -> TestResponse:
        headers = {"A-IM": "feed", "Accept-Encoding": self.coding}
        if self.tag:
            headers["If-None-Match"] = self.tag
        response = self.client.get(f"/feeds/{self.name}", headers=headers)
        assert response.status_code in (200, 226, 304)
        self.tag = response.headers["ETag"]
        if response.status_code != 304:
            coding = response.headers.get("Content-Encoding", "identity")
            self.entries |= entries_of(DECODE[coding](response.data), self.name)
        return response


def poll_and_compare(reader: Reader, client: FlaskClient) -> None:
    """Poll, and compare what the reader has with the complete feed."""
    reader.poll()
    complete = entries_of(client.get(f"/feeds/{reader.name}").data, reader.name)
    assert {entry_id: reader.entries[entry_id] for entry_id in complete} == complete


def entry(status: str, version: int, entry_id: str) -> bytes:
    date = f"2026-0{1 + IDS.index(entry_id)}-01"
    return item(f"Title {version}", date=date, body=f"Text {version}.", status=status, id=entry_id)


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("published"), st.sampled_from(IDS), st.integers(0, 3)),
        st.tuples(st.just("withdrawn"), st.sampled_from(IDS), st.integers(0, 3)),
        st.tuples(st.just("remove"), st.sampled_from(IDS), st.just(0)),
        st.tuples(st.just("poll"), st.just(""), st.integers(0, 8)),
    ),
    max_size=25,
)


@given(actions=ACTIONS)
@hypothesis_settings(max_examples=40)
def test_a_reader_has_what_is_public_whenever_it_polls(
    actions: list[tuple[str, str, int]],
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(freshness, "CHECK_EVERY", 0)
        patch.setattr(clock, "now", lambda: NOW)
        settings = Settings(instance=Path(folder), base_url=SITE, feed_size=3)
        newsroom = Newsroom(settings)
        newsroom.publish({})
        client = build_app(settings).test_client()
        readers = [
            Reader(client, name, coding)
            for name in FOR_READERS
            for coding in ("identity", "gzip", "br")
        ]
        for action, entry_id, number in actions:
            if action == "poll":
                poll_and_compare(readers[number], client)
            elif action == "remove":
                newsroom.apply({}, gone=[f"{entry_id}.md"])
            else:
                newsroom.apply({f"{entry_id}.md": entry(action, number, entry_id)})
        for reader in readers:
            poll_and_compare(reader, client)
        newsroom.writer.close()


def test_a_feed_of_many_entries_has_a_short_tag_and_still_a_delta(
    newsroom: Newsroom, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    many = replace(settings, feed_size=500)
    statuses = {number: "withdrawn" if number % 2 else "published" for number in range(1000)}
    newsroom.publish({f"{number}.md": item(status=status) for number, status in statuses.items()})
    client = build_app(many).test_client()
    readers = [Reader(client, name, "identity") for name in FOR_READERS]
    for polled in readers:
        polled.poll()
        assert polled.tag
        assert len(polled.tag) < 1024
    newsroom.apply({"8.md": item(status="withdrawn"), "new.md": item("New", date="2026-06-30")})
    for polled in readers:
        response = polled.poll()
        assert response.status_code == 226
        # The groups of the two, with some entries each.
        assert 1 <= len(entries_of(response.data, polled.name)) < 40
        assert polled.poll().status_code == 304
        poll_and_compare(polled, client)


@pytest.fixture
def reader(newsroom: Newsroom, set_clock: SetClock, client: FlaskClient) -> Reader:
    """Return a reader that has polled once."""
    set_clock(NOW + 9 * SECOND)
    newsroom.publish({f"{entry_id}.md": entry("published", 0, entry_id) for entry_id in IDS})
    polled = Reader(client, "atom.xml", "gzip")
    polled.poll()
    return polled


def publish_another(newsroom: Newsroom) -> None:
    newsroom.apply({"new.md": item("New", date="2026-06-30")})


def test_a_reader_that_has_the_others_gets_only_the_new_entry(
    newsroom: Newsroom, reader: Reader
) -> None:
    publish_another(newsroom)
    response = reader.poll()
    assert (response.status, response.headers["IM"]) == ("226 IM Used", "feed")
    assert response.headers["Cache-Control"] == "no-store"
    assert set(response.headers["Vary"].split(", ")) == {"Accept-Encoding", "A-IM", "User-Agent"}
    (new,) = entries_of(gzip.decompress(response.data), "atom.xml").values()
    assert "New" in new
    complete = reader.client.get(ATOM, headers={"Accept-Encoding": "gzip"})
    assert response.headers["ETag"] == complete.headers["ETag"]
    assert reader.poll().status_code == 304


def test_a_withdrawal_is_sent_once_and_an_entry_that_only_left_the_feed_not_at_all(
    newsroom: Newsroom, reader: Reader
) -> None:
    newsroom.apply({"c.md": entry("withdrawn", 0, "c")})
    entries = entries_of(gzip.decompress(reader.poll().data), "atom.xml")
    assert [(entry_id[-1], text) for entry_id, text in entries.items()] == [("c", "")]
    assert reader.poll().status_code == 304
    newsroom.apply({}, gone=["a.md"])
    response = reader.poll()
    assert response.status_code == 226
    assert entries_of(gzip.decompress(response.data), "atom.xml") == {}


def test_every_replica_answers_alike(
    newsroom: Newsroom, reader: Reader, settings: Settings
) -> None:
    publish_another(newsroom)
    other = replace(reader, client=build_app(settings).test_client(), entries={})
    first, second = reader.poll(), other.poll()
    assert first.status_code == second.status_code == 226
    assert (first.data, first.headers["ETag"]) == (second.data, second.headers["ETag"])


def test_a_new_address_of_the_site_changes_every_entry(reader: Reader, settings: Settings) -> None:
    moved = build_app(replace(settings, base_url="https://moved.example")).test_client()
    assert replace(reader, client=moved).poll().status_code == 200


def test_only_a_client_that_accepts_it_gets_a_delta(newsroom: Newsroom, reader: Reader) -> None:
    publish_another(newsroom)
    for manipulation, status in (
        ("feed", 226),
        ("Feed", 226),
        ("gzip, feed", 226),
        ("vcdiff, feed;q=0.5", 226),
        ("feed;q=0", 200),
        ("gzip", 200),
        ("feeds", 200),
        ("", 200),
        (";;,=", 200),
        ("feed" * 2000, 200),
    ):
        headers = {"A-IM": manipulation, "If-None-Match": reader.tag or ""}
        assert reader.client.get(ATOM, headers=headers).status_code == status, manipulation
        assert reader.client.head(ATOM, headers=headers).status_code == status, manipulation


def forged(tag: str) -> list[str]:
    """Return entity tags that this feed never had, made from one that it had."""
    digest, entries, coding = tag[1:17], tag[17:-6], tag[-6:-1]
    return [
        '"other"',
        '"',
        "garbage",
        '"' + "A" * 8000 + '"',
        f'"{digest}{coding}"',
        f'"{digest}"',
        f'"{digest}{entries[:-1]}{coding}"',
        f'"{digest}{entries[::-1]}{coding}"',
        f'"{digest}{"я" * 20}"',
        f'"{digest}{"A" * len(entries)}{coding}"',
        f'"{digest}%%%%{coding}"',
        '""',
    ]


def test_a_forged_tag_gets_the_complete_feed(newsroom: Newsroom, reader: Reader) -> None:
    publish_another(newsroom)
    complete = entries_of(reader.client.get(ATOM).data, "atom.xml")
    assert reader.tag
    for tag in forged(reader.tag):
        headers = {"A-IM": "feed", "If-None-Match": tag.encode().decode("latin-1")}
        response = reader.client.get(ATOM, headers=headers)
        assert response.status_code == 200, tag
        assert entries_of(response.data, "atom.xml") == complete, tag


def test_a_tag_of_another_feed_gets_the_complete_feed(newsroom: Newsroom, reader: Reader) -> None:
    publish_another(newsroom)
    foreign = reader.client.get("/feeds/rss.xml").headers["ETag"]
    headers = {"A-IM": "feed", "If-None-Match": foreign}
    assert reader.client.get(ATOM, headers=headers).status_code == 200


@pytest.mark.parametrize("tags", ["W/{tag}", '"other", {tag}', "{tag}, W/{tag}"])
def test_a_weakened_tag_or_one_of_several_still_gets_a_delta(
    newsroom: Newsroom, reader: Reader, tags: str
) -> None:
    """Proxies weaken tags."""
    publish_another(newsroom)
    headers = {"A-IM": "feed", "If-None-Match": tags.format(tag=reader.tag)}
    assert reader.client.get(ATOM, headers=headers).status_code == 226


def test_archives_and_the_aggregators_feed_are_always_complete(reader: Reader) -> None:
    for path in ("/feeds/archive/2026/01/atom.xml", "/feeds/yandex.xml"):
        response = reader.client.get(path, headers={"A-IM": "feed"})
        assert (response.status_code, response.headers["Vary"]) == (200, "Accept-Encoding")
        assert len(response.headers["ETag"]) == 18
