"""Digests of entries in entity tags (RFC 3229, the instance manipulation `feed`)."""

from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from feedsvc.feeds import channel, delta
from feedsvc.feeds.channel import Channel
from feedsvc.settings import Settings
from tests.support.newsroom import Newsroom, item


@pytest.fixture
def selected(newsroom: Newsroom, settings: Settings) -> Channel:
    """Select a channel of one entry and one withdrawn entry."""
    newsroom.apply({"a.md": item("A"), "b.md": item("B", status="withdrawn")})
    return channel.newest(newsroom.edition(), settings, "atom.xml")


def tag(*digests: bytes) -> str:
    encoded = urlsafe_b64encode(bytes(12) + b"".join(digests)).decode()
    return encoded.rstrip("=") + ".gzip"


def test_each_entry_and_withdrawn_entry_has_a_digest_of_four_bytes(
    selected: Channel, settings: Settings
) -> None:
    digests = delta.entry_digests(selected, settings)
    assert [len(digest) for digest in digests] == [4, 4]
    assert len(set(digests)) == 2


def test_only_entries_with_unknown_digests_are_unseen(
    selected: Channel, settings: Settings
) -> None:
    digests = delta.entry_digests(selected, settings)
    assert delta.unseen(selected, settings, frozenset()) == selected
    known_entry = delta.unseen(selected, settings, frozenset(digests[:1]))
    assert (known_entry.entries, known_entry.withdrawn) == ((), selected.withdrawn)
    known_withdrawal = delta.unseen(selected, settings, frozenset(digests[1:]))
    assert (known_withdrawal.entries, known_withdrawal.withdrawn) == (selected.entries, ())


def test_digests_change_with_the_entry_the_feed_and_the_site(
    selected: Channel, settings: Settings
) -> None:
    before, _ = delta.entry_digests(selected, settings)
    (entry,) = selected.entries
    others = [
        (replace(selected, entries=(replace(entry, title="Other"),)), settings),
        (replace(selected, path="/feeds/rss.xml"), settings),
        (selected, replace(settings, base_url="https://moved.example")),
        (selected, replace(settings, author="Another")),
        (selected, replace(settings, language="en")),
    ]
    digests = [delta.entry_digests(*other)[0] for other in others]
    assert before not in digests
    assert len(set(digests)) == len(digests)


def test_the_digests_of_all_tags_are_known() -> None:
    tags = [tag(b"aaaa", b"bbbb"), None, tag(), tag(b"cccc")]
    assert delta.known_digests(tags) == {b"aaaa", b"bbbb", b"cccc"}


@pytest.mark.parametrize("foreign", ["", "garbage!", "я" * 20, "A", tag(b"aaa"), "A" * 5])
def test_a_tag_of_another_shape_has_no_digests(foreign: str) -> None:
    assert delta.known_digests([foreign]) == frozenset()
