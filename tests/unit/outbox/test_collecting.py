"""Collecting: what differs from what was known is queued, once, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from feedsvc.outbox import collecting
from feedsvc.settings import Settings
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item
from tests.support.outbox import Queue, queue, with_outbox
from tests.support.service import page

A, B, C = page("a"), page("b"), page("c")
HOUR = 3600 * SECOND
MAIN = ["/feeds/atom.xml", "/feeds/feed.json", "/feeds/rss.xml", "/feeds/yandex.xml"]


@pytest.fixture
def told(newsroom: Newsroom, settings: Settings, set_clock: SetClock) -> Iterator[Queue]:
    """Return the queue of a search engine, with two entries that are known."""
    set_clock(NOW)
    newsroom.publish({"a.md": item("A"), "b.md": item("B")})
    with queue(with_outbox(settings, "http://127.0.0.1:1/")) as found:
        found.collect()
        assert found.items() == []
        yield found


def test_what_is_new_changed_or_gone_is_queued(told: Queue, newsroom: Newsroom) -> None:
    newsroom.publish({"c.md": item("C"), "a.md": item("A", status="withdrawn")})
    told.collect()
    assert told.items() == [A, C]
    newsroom.apply({"b.md": item("B", body="New.")})
    told.collect()
    assert told.items() == [A, B, C]
    told.clear()
    newsroom.apply({}, gone=["c.md"])
    told.collect()
    assert told.items() == [C]


def test_what_nobody_could_see_is_not_queued(told: Queue, newsroom: Newsroom) -> None:
    newsroom.publish({"d.md": item("D", status="draft"), "a.md": item("A")})
    newsroom.publish({"e.md": item("E", "2030-01-01")})
    newsroom.apply({}, gone=["d.md"])
    told.collect()
    assert told.items() == []


def test_the_time_has_entries_queued_when_they_begin_and_end(
    told: Queue, newsroom: Newsroom, set_clock: SetClock
) -> None:
    newsroom.publish({"c.md": item("C", "2026-07-01T17:00:00", expires="2026-07-01T19:00:00")})
    told.collect()
    assert told.items() == []
    set_clock(NOW + 3 * HOUR)
    told.collect()
    assert told.items() == [C]
    told.clear()
    told.restart()
    told.collect()
    assert told.items() == []
    set_clock(NOW + 5 * HOUR)
    told.collect()
    assert told.items() == [C]


def test_of_a_page_that_moved_both_addresses_are_queued(
    told: Queue, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.settings = replace(settings, permalink="/news/<year>/<id>")
    newsroom.publish({"a.md": item("A")})
    told.collect()
    assert told.items() == ["/news/2026/a", A]


def test_a_catalogue_that_was_made_anew_has_only_differences_queued(
    told: Queue, newsroom: Newsroom, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "AT_ONCE", 2)
    newsroom.writer.close()
    for path in settings.instance.glob("catalogue*"):
        path.unlink()
    again = Newsroom(settings)
    files = {f"{number}.md": item(str(number)) for number in range(3)}
    again.publish({"a.md": item("A"), **files})
    told.collect()
    assert told.items() == [*(page(str(number)) for number in range(3)), B]
    again.publish({"b.md": item("B")})
    told.clear()
    told.collect()
    assert told.items() == [B]
    again.writer.close()


def test_what_comes_while_the_first_catalogue_is_learned_is_queued(
    newsroom: Newsroom, settings: Settings, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(NOW)
    monkeypatch.setattr(collecting, "AT_ONCE", 2)
    newsroom.publish({f"{number}.md": item(str(number)) for number in range(5)})
    newsroom.publish({"later.md": item("Later", "2026-07-01T15:00:01+03:00")})
    with queue(with_outbox(settings, "http://127.0.0.1:1/")) as found:
        assert found._collector.step()  # noqa: SLF001 - one step
        newsroom.publish({"new.md": item("New"), "0.md": item("0", body="New.")})
        set_clock(NOW + 2 * SECOND)
        found.restart()
        found.collect()
        assert found.items() == sorted([page("0"), page("new"), page("later")])


def test_an_empty_catalogue_is_a_beginning_too(
    newsroom: Newsroom, settings: Settings, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish({})
    with queue(with_outbox(settings, "http://127.0.0.1:1/")) as found:
        found.collect()
        newsroom.publish({"a.md": item("A")})
        found.collect()
        assert found.items() == [A]


def test_a_hub_is_told_of_the_feeds_that_have_an_entry(
    newsroom: Newsroom, settings: Settings, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish({})
    with queue(with_outbox(settings, hub="http://127.0.0.1:1/")) as found:
        found.collect()
        newsroom.publish({"a.md": item("A")})
        found.collect()
        assert found.items() == MAIN
        newsroom.publish({"a.md": item("A", categories="Sport", lang="en")})
        found.collect()
        own = [
            f"/feeds/{of}/{name}"
            for of in ("category/sport", "lang/en")
            for name in ("atom.xml", "feed.json", "rss.xml")
        ]
        assert found.items() == sorted([*MAIN, *own])
        found.clear()
        newsroom.apply({}, gone=["a.md"])
        found.collect()
        assert found.items() == sorted([*MAIN, *own])


def test_receivers_are_told_nothing_from_before_they_were_set_up(
    told: Queue, newsroom: Newsroom
) -> None:
    newsroom.publish({"c.md": item("C")})
    told.collect()
    told.settings = with_outbox(told.settings, "http://127.0.0.1:1/", "http://127.0.0.1:2/")
    told.restart()
    newsroom.publish({"a.md": item("A", body="New.")})
    told.collect()
    assert [told.items(0), told.items(1)] == [[A, C], [A]]
    told.settings = with_outbox(told.settings, "http://127.0.0.1:2/")
    told.restart()
    assert told.items() == [A]
