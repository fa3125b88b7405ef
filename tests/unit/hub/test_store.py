import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedsvc.cli.hub_text import subscriptions
from feedsvc.hub.protocol import Asked
from feedsvc.hub.store import FILE, Counts, Due, NotUsable, Part, Store, read_counts
from feedsvc.settings import Settings

TOPIC = "https://news.example/feeds/atom.xml"
NOW = 1000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def asked(name: str = "a", mode: str = "subscribe", secret: bytes = b"") -> Asked:
    return Asked(mode, TOPIC, f"https://{name}.example/c", None, secret)


def subscribe(store: Store, name: str = "a", *, tag: str = "1", secret: bytes = b"") -> None:
    store.ask(asked(name, secret=secret))
    (pending,) = store.pending(NOW)
    store.subscribe(pending, TOPIC, NOW + 100, tag)


def due(store: Store, tag: str = "2", now: float = NOW) -> list[Due]:
    return store.due(TOPIC, tag, now)


def test_nobody_else_can_read_the_files_even_where_all_may_read(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store(tmp_path)
        subscribe(store, secret=b"key")
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == {FILE: 0o600, f"{FILE}-wal": 0o600, f"{FILE}-shm": 0o600}


def test_all_is_there_after_the_process_was_killed(tmp_path: Path, store: Store) -> None:
    subscribe(store, "a")
    store.delivered({due(store)[0].id: "2"})
    store.ask(asked("b"))
    # The first is never closed.
    again = Store(tmp_path)
    assert again.counts() == Counts(1, 0, 1)
    assert due(again) == []
    assert [each.told for each in due(again, "3")] == ["2"]
    again.close()


def test_a_later_request_replaces_one_that_waits(store: Store) -> None:
    store.ask(asked(secret=b"1"))
    (first,) = store.pending(NOW)
    store.ask(asked(secret=b"2"))
    store.drop(first)
    assert [each.asked.secret for each in store.pending(NOW)] == [b"2"]


def test_a_request_can_be_postponed(store: Store) -> None:
    store.ask(asked())
    store.postpone(store.pending(NOW)[0], NOW + 1, attempts=1)
    assert store.pending(NOW) == []
    assert [each.attempts for each in store.pending(NOW + 1)] == [1]


def test_requests_and_subscriptions_are_counted_by_host(store: Store) -> None:
    subscribe(store, "a")
    store.ask(asked("b"))
    assert (store.subscribed(), store.subscribed("a.example"), store.subscribed("b.example")) == (
        *(1, 1),
        0,
    )
    assert (store.waiting(), store.waiting("b.example"), store.waiting("a.example")) == (1, 1, 0)
    assert store.is_subscribed(TOPIC, "https://a.example/c")
    assert not store.is_subscribed(TOPIC, "https://b.example/c")


def test_a_subscription_is_due_once_the_feed_is_another_than_it_was_then(store: Store) -> None:
    subscribe(store, tag="1")
    assert due(store, "1") == []
    assert [each.told for each in due(store, "2")] == [""]


def test_a_renewal_has_a_new_lease_and_secret_and_goes_on_where_it_was(store: Store) -> None:
    subscribe(store, secret=b"old")
    store.delivered({due(store)[0].id: "2"})
    store.failed(due(store, "3")[0], NOW + 50)
    assert due(store, "3") == []
    store.ask(asked(secret=b"new"))
    store.subscribe(store.pending(NOW)[0], TOPIC, NOW + 500, "3")
    (found,) = due(store, "3", NOW + 400)
    assert (found.secret, found.told, found.failures) == (b"new", "2", 0)


def test_a_request_that_is_dropped_leaves_the_subscription_as_it_was(store: Store) -> None:
    subscribe(store, secret=b"old")
    store.ask(asked(secret=b"new"))
    store.drop(store.pending(NOW)[0])
    assert [each.secret for each in due(store)] == [b"old"]


def test_what_is_unsubscribed_is_not_due(store: Store) -> None:
    subscribe(store)
    (before,) = due(store)
    store.ask(asked(mode="unsubscribe"))
    store.unsubscribe(store.pending(NOW)[0], TOPIC)
    assert due(store) == []
    assert store.current(before, NOW) is None
    assert store.counts() == Counts(0, 0, 0)


def test_what_has_failed_comes_last_and_later(store: Store) -> None:
    subscribe(store, "a")
    subscribe(store, "b")
    store.failed(due(store)[0], NOW + 10)
    assert [each.host for each in due(store)] == ["b.example"]
    assert [each.host for each in due(store, now=NOW + 10)] == ["b.example", "a.example"]
    assert store.counts() == Counts(2, 1, 0)


def test_couriers_share_what_is_due(store: Store) -> None:
    for name in ("a", "b", "c"):
        subscribe(store, name)
    parts = [[each.id for each in store.due(TOPIC, "2", NOW, Part(k, 2))] for k in (0, 1)]
    assert sorted(map(len, parts)) == [1, 2]
    assert sorted(parts[0] + parts[1]) == [each.id for each in due(store)]


def test_other_processes_can_count(tmp_path: Path, store: Store) -> None:
    subscribe(store)
    store.failed(due(store)[0], NOW)
    settings = Settings(instance=tmp_path)
    assert subscriptions(settings).startswith("hub: subscriptions 1, not reached")
    assert "not run yet" in subscriptions(Settings(instance=tmp_path / "none"))
    assert read_counts(tmp_path) == store.counts() == Counts(1, 1, 0)


def test_a_lease_ends(store: Store) -> None:
    subscribe(store)
    (before,) = due(store)
    assert store.expire(NOW + 99) == 0
    assert due(store, now=NOW + 100) == []
    assert store.current(before, NOW + 100) is None
    assert store.expire(NOW + 100) == 1


def test_a_subscription_can_be_removed(store: Store) -> None:
    subscribe(store)
    store.remove(due(store)[0])
    assert store.topics() == []


def test_topics_with_the_most_subscribers_come_first(store: Store) -> None:
    for name, topic in (("a", "t1"), ("a", "t2"), ("b", "t2")):
        store.ask(asked(name))
        store.subscribe(store.pending(NOW)[0], topic, NOW + 100, "1")
    assert store.topics() == ["t2", "t1"]


def test_subscriptions_to_another_site_are_forgotten(store: Store) -> None:
    subscribe(store)
    assert store.foreign("https://news.example") == []
    assert store.foreign("https://new.example") == [(TOPIC, "https://a.example/c")]
    assert store.counts().subscriptions == 0


@pytest.mark.parametrize("damage", [b"this is no database, but text" * 50, None])
def test_a_damaged_database_is_set_aside(tmp_path: Path, damage: bytes | None) -> None:
    first = Store(tmp_path)
    for number in range(200):
        subscribe(first, f"host-{number}")
    first.close()
    path = tmp_path / FILE
    content = bytearray(path.read_bytes())
    if damage is None:  # in the middle
        content[8192:20000] = b"\xff" * (20000 - 8192)
    path.write_bytes(damage or content)
    store = Store(tmp_path)
    assert store.counts() == Counts(0, 0, 0)
    assert store.set_aside is not None
    assert store.set_aside.read_bytes() == (damage or content)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.close()


def test_the_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NotUsable, match=FILE):
        Store(tmp_path)


def test_a_database_that_cannot_be_opened_now_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError, match=FILE):
        Store(tmp_path)
