"""Freshness: when a change is noticed, and what that costs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from feedsvc import clock
from feedsvc.errors import CatalogueUnavailable
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.snapshot import Snapshot
from feedsvc.web import freshness
from feedsvc.web.freshness import CHECK_EVERY, LONGEST_WAIT, Freshness
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item
from tests.support.waiting import wait_for


@pytest.fixture
def current(newsroom: Newsroom) -> Freshness:
    newsroom.publish({"a.md": item("A", id="a")})
    return Freshness(Catalogue(newsroom.settings.instance))


def test_a_change_is_noticed_within_the_interval_of_checks(
    newsroom: Newsroom, current: Freshness
) -> None:
    before = current.last_check().period
    newsroom.apply({"a.md": item("B", id="a")})
    assert wait_for(lambda: current.last_check().period != before, 5) < CHECK_EVERY + 1


def test_an_unchanged_catalogue_is_not_queried_again(
    current: Freshness, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    snapshot = Catalogue.snapshot

    @contextmanager
    def counted(catalogue: Catalogue) -> Iterator[Snapshot]:
        opened.append(catalogue)
        with snapshot(catalogue) as one:
            yield one

    monkeypatch.setattr(Catalogue, "snapshot", counted)
    first = current.check(0)
    checks = [current.check(0) for _ in range(5)]
    assert {check.period for check in checks} == {first.period}
    assert all(check.at > first.at for check in checks)
    assert len(opened) == 1


def test_a_check_that_is_recent_enough_is_not_repeated(current: Freshness) -> None:
    check = current.check(60)
    assert current.check(60) is check
    assert current.check(0) is not check


def test_requests_use_the_published_check_until_another_is_published(
    newsroom: Newsroom, current: Freshness
) -> None:
    check = current.check(0)
    assert current.is_new(check)
    current.publish(check)
    assert not current.is_new(check)
    newsroom.apply({"a.md": item("B", id="a")})
    assert current.current(clock.now()) is check.period
    assert current.last_check() is check
    newer = current.check(0)
    assert current.is_new(newer)
    current.publish(newer)
    assert current.current(clock.now()).revision == check.period.revision + 1


def test_without_a_recent_background_check_a_request_makes_its_own(
    newsroom: Newsroom, current: Freshness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    check = current.check(0)
    current.publish(check)
    newsroom.apply({"a.md": item("B", id="a")})
    monkeypatch.setattr(freshness, "LATE", -1)
    assert current.last_check().period.revision == check.period.revision + 1


def test_a_published_check_ends_when_an_entry_is_due(
    newsroom: Newsroom, current: Freshness, set_clock: SetClock
) -> None:
    newsroom.apply({"b.md": item("B", id="b", date="2026-07-01T12:00:01Z")}, now=NOW)
    due = NOW + SECOND
    set_clock(due - SECOND // 10)
    check = current.check(0)
    current.publish(check)
    assert check.until == due
    set_clock(due - 1)
    assert current.current(due - 1) is check.period
    set_clock(due)
    assert current.current(due).since == due


def test_a_clock_that_is_set_back_needs_another_check(
    newsroom: Newsroom, current: Freshness, set_clock: SetClock
) -> None:
    newsroom.apply({"b.md": item("B", id="b", date="2026-07-01T12:00:01Z")}, now=NOW)
    set_clock(NOW + 2 * SECOND)
    current.publish(current.check(0))
    assert current.current(NOW + 2 * SECOND).since == NOW + SECOND
    set_clock(NOW)
    assert current.current(NOW).until == NOW + SECOND


def test_a_background_check_waits_for_the_next_entry_that_is_due(
    newsroom: Newsroom, current: Freshness, set_clock: SetClock
) -> None:
    assert current.wait_at_most() == LONGEST_WAIT
    current.publish(current.check(0))
    assert current.wait_at_most() == LONGEST_WAIT
    due = NOW + int(LONGEST_WAIT * SECOND) + SECOND
    newsroom.apply({"b.md": item("B", id="b", date="2026-07-01T12:00:06Z")}, now=NOW)
    for before, seconds in ((due - NOW, LONGEST_WAIT), (SECOND // 10, 0.1), (0, 0), (-SECOND, 0)):
        set_clock(due - max(before, 1))
        current.publish(current.check(0))
        set_clock(due - before)
        assert current.wait_at_most() == seconds


def test_a_request_that_finds_nothing_new_checks_for_all(
    current: Freshness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = current.check(0)
    current.publish(first)
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    monkeypatch.setattr(freshness, "LATE", -1)
    renewed = current.last_check()
    assert renewed.at > first.at
    monkeypatch.setattr(freshness, "LATE", 60)
    assert current.last_check() is renewed


def test_a_request_publishes_nothing_new(
    newsroom: Newsroom, current: Freshness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = current.check(0)
    current.publish(first)
    newsroom.apply({"a.md": item("B", id="a")})
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    monkeypatch.setattr(freshness, "LATE", -1)
    newer = current.last_check()
    assert newer.period.revision == first.period.revision + 1
    # What is rendered ahead of the new period is not there yet.
    assert current.is_new(newer)


def test_without_a_catalogue_there_is_no_period(newsroom: Newsroom) -> None:
    current = Freshness(Catalogue(newsroom.settings.instance))
    with pytest.raises(CatalogueUnavailable):
        current.current(clock.now())
    current.publish(None)
    newsroom.publish({"a.md": item("A")})
    assert current.current(clock.now()).revision == 1
