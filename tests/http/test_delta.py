"""Only what is new (RFC 3229): any reader, at any time, holds what the edition holds."""

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
from feedsvc.feeds import FOR_READERS, channel, delta
from feedsvc.settings import Settings
from feedsvc.web import freshness
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, item

ATOM = "/feeds/atom.xml"
UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}
IDS = "abcdef"


def entries_of(body: bytes, name: str) -> dict[str, str]:
    """Give what a feed says of each entry, by its id; '' of what was withdrawn."""
    if name == "feed.json":
        return {
            each["id"]: each["content_html"] + each["title"] for each in json.loads(body)["items"]
        }
    root = etree.fromstring(body)
    found = {
        str(each.findtext("{*}id") or each.findtext("guid")): " ".join(
            str(each.xpath("string()")).split()
        )
        for each in root.iter("{*}entry", "item")
    }
    gone = {str(each.get("ref")): "" for each in root.iter("{*}deleted-entry")}
    return found | gone


@dataclass
class Reader:
    """One that asks for what is new, and remembers all it was told."""

    client: FlaskClient
    name: str
    coding: str
    tag: str | None = None
    holds: dict[str, str] = field(default_factory=dict)

    def poll(self) -> TestResponse:
        headers = {"A-IM": "feed", "Accept-Encoding": self.coding}
        if self.tag:
            headers["If-None-Match"] = self.tag
        answer = self.client.get(f"/feeds/{self.name}", headers=headers)
        assert answer.status_code in (200, 226, 304)
        self.tag = answer.headers["ETag"]
        if answer.status_code != 304:
            packing = answer.headers.get("Content-Encoding", "identity")
            self.holds |= entries_of(UNPACK[packing](answer.data), self.name)
        return answer


def text_of(status: str, version: int, entry_id: str) -> bytes:
    day = f"2026-0{1 + IDS.index(entry_id)}-01"
    return item(f"Title {version}", date=day, body=f"Text {version}.", status=status, id=entry_id)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(IDS), st.integers(0, 3)),
        st.tuples(st.just("withdraw"), st.sampled_from(IDS), st.integers(0, 3)),
        st.tuples(st.just("remove"), st.sampled_from(IDS), st.just(0)),
        st.tuples(st.just("poll"), st.just(""), st.integers(0, 8)),
    ),
    max_size=25,
)


@given(steps=steps)
@hypothesis_settings(deadline=None, max_examples=60)
def test_whenever_a_reader_polls_it_holds_what_is_public(
    steps: list[tuple[str, str, int]],
) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(freshness, "CHECK_EVERY", 0)
    patch.setattr(clock, "now", lambda: NOW)
    with TemporaryDirectory() as folder:
        settings = Settings(instance=Path(folder), base_url=SITE, feed_size=3)
        newsroom = Newsroom(settings)
        newsroom.publish({})
        client = build_app(settings).test_client()
        readers = [
            Reader(client, name, coding)
            for name in FOR_READERS
            for coding in ("identity", "gzip", "br")
        ]
        for what, entry_id, number in steps:
            if what == "poll":
                check(readers[number], client)
            elif what == "remove":
                newsroom.apply({}, gone=[f"{entry_id}.md"])
            else:
                status = "published" if what == "write" else "withdrawn"
                newsroom.apply({f"{entry_id}.md": text_of(status, number, entry_id)})
        for reader in readers:
            check(reader, client)
        newsroom.writer.close()
    patch.undo()


def check(reader: Reader, client: FlaskClient) -> None:
    """Poll, and compare what the reader holds with the whole feed."""
    reader.poll()
    whole = entries_of(client.get(f"/feeds/{reader.name}").data, reader.name)
    assert {entry_id: reader.holds[entry_id] for entry_id in whole} == whole


@pytest.fixture
def asked(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, client: FlaskClient) -> Reader:
    monkeypatch.setattr(clock, "now", lambda: NOW + 9 * SECOND)
    newsroom.publish({f"{each}.md": text_of("published", 0, each) for each in IDS})
    reader = Reader(client, "atom.xml", "gzip")
    reader.poll()
    return reader


def test_whoever_has_seen_the_others_gets_the_new_entry_alone(
    newsroom: Newsroom, asked: Reader
) -> None:
    newsroom.apply({"new.md": item("New", date="2026-06-30")})
    answer = asked.poll()
    assert (answer.status, answer.headers["IM"]) == ("226 IM Used", "feed")
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.headers["Vary"].split(", ")) == {"Accept-Encoding", "A-IM", "User-Agent"}
    (new,) = entries_of(gzip.decompress(answer.data), "atom.xml").values()
    assert "New" in new
    whole = asked.client.get(ATOM, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["ETag"] == whole.headers["ETag"]
    assert asked.poll().status_code == 304


def test_a_withdrawal_is_told_once_and_an_entry_that_only_left_the_window_not_at_all(
    newsroom: Newsroom, asked: Reader
) -> None:
    newsroom.apply({"c.md": text_of("withdrawn", 0, "c")})
    told = entries_of(gzip.decompress(asked.poll().data), "atom.xml")
    assert [(entry_id[-1], said) for entry_id, said in told.items()] == [("c", "")]
    assert asked.poll().status_code == 304
    newsroom.apply({}, gone=["a.md"])
    answer = asked.poll()
    assert (answer.status_code, entries_of(gzip.decompress(answer.data), "atom.xml")) == (226, {})


def test_every_replica_answers_alike(newsroom: Newsroom, asked: Reader, settings: Settings) -> None:
    newsroom.apply({"new.md": item("New", date="2026-06-30")})
    other = replace(asked, client=build_app(settings).test_client(), holds={})
    first, second = asked.poll(), other.poll()
    assert first.status_code == second.status_code == 226
    assert (first.data, first.headers["ETag"]) == (second.data, second.headers["ETag"])


def test_another_address_of_the_site_is_another_form_of_every_entry(
    asked: Reader, settings: Settings
) -> None:
    moved = build_app(replace(settings, base_url="https://moved.example")).test_client()
    answer = replace(asked, client=moved).poll()
    assert answer.status_code == 200


def one_new(newsroom: Newsroom) -> None:
    newsroom.apply({"new.md": item("New", date="2026-06-30")})


@pytest.mark.parametrize(
    ("manipulation", "status"),
    [
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
    ],
)
def test_only_who_asks_for_it_gets_a_part(
    newsroom: Newsroom, asked: Reader, manipulation: str, status: int
) -> None:
    one_new(newsroom)
    headers = {"A-IM": manipulation, "If-None-Match": asked.tag or ""}
    assert asked.client.get(ATOM, headers=headers).status_code == status
    assert asked.client.head(ATOM, headers=headers).status_code == status


def hostile(tag: str) -> list[str]:
    """Make entity tags that this feed never had of one that it had."""
    digest, codes, coding = tag[1:17], tag[17:-6], tag[-6:-1]
    return [
        '"other"',
        '"',
        "garbage",
        '"' + "A" * 8000 + '"',
        f'"{digest}{coding}"',
        f'"{digest}"',
        f'"{digest}{codes[:-1]}{coding}"',
        f'"{digest}{codes[::-1]}{coding}"',
        f'"{digest}{"я" * 20}"',
        f'"{digest}{"A" * len(codes)}{coding}"',
        f'"{digest}%%%%{coding}"',
        '""',
    ]


def test_a_tag_that_tells_nothing_gets_the_whole_feed(newsroom: Newsroom, asked: Reader) -> None:
    one_new(newsroom)
    whole = entries_of(asked.client.get(ATOM).data, "atom.xml")
    assert asked.tag
    for tag in hostile(asked.tag):
        headers = {"A-IM": "feed", "If-None-Match": tag.encode().decode("latin-1")}
        answer = asked.client.get(ATOM, headers=headers)
        assert (answer.status_code, entries_of(answer.data, "atom.xml")) == (200, whole), tag


def test_a_tag_of_another_feed_gets_the_whole_feed(newsroom: Newsroom, asked: Reader) -> None:
    one_new(newsroom)
    foreign = asked.client.get("/feeds/rss.xml").headers["ETag"]
    headers = {"A-IM": "feed", "If-None-Match": foreign}
    assert asked.client.get(ATOM, headers=headers).status_code == 200


@pytest.mark.parametrize("change", ["W/{tag}", '"other", {tag}', "{tag}, W/{tag}"])
def test_a_tag_that_a_proxy_has_weakened_or_one_of_several_still_tells(
    newsroom: Newsroom, asked: Reader, change: str
) -> None:
    one_new(newsroom)
    headers = {"A-IM": "feed", "If-None-Match": change.format(tag=asked.tag)}
    assert asked.client.get(ATOM, headers=headers).status_code == 226


def test_archives_and_the_aggregators_feed_are_given_whole_alone(asked: Reader) -> None:
    for url in ("/feeds/archive/2026/01/atom.xml", "/feeds/yandex.xml"):
        answer = asked.client.get(url, headers={"A-IM": "feed"})
        assert (answer.status_code, answer.headers["Vary"]) == (200, "Accept-Encoding")
        assert len(answer.headers["ETag"]) == 18


def test_each_entry_and_withdrawal_has_its_four_bytes(
    newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.apply({"a.md": text_of("published", 0, "a"), "b.md": text_of("withdrawn", 0, "b")})
    told = channel.newest(newsroom.edition(), settings, "atom.xml")
    codes = delta.entry_digests(told, settings)
    assert [len(code) for code in codes] == [4, 4]
    assert delta.unseen(told, settings, frozenset(codes[:1])).entries == ()
    assert len(delta.unseen(told, settings, frozenset(codes[:1])).withdrawn) == 1
    assert delta.unseen(told, settings, frozenset()) == told
