import tracemalloc
from datetime import date

import pytest

from feedsvc.audience import claims
from feedsvc.audience.agents import Agent, Kind
from feedsvc.audience.claims import MAX_CLAIM, Claimed, Claims

DAY = date(2026, 11, 29)
FEED = "/feeds/atom.xml"


def claimed(*numbers: int | None, name: str = "Feedly") -> Claimed:
    """Return what is made of numbers that a service says one after another."""
    said = Claims()
    for moment, number in enumerate(numbers):
        said.add(DAY, FEED, Agent(Kind.SERVICE, name, number), moment)
    return said.result()[DAY, FEED][name]


def test_the_last_number_of_the_day_counts() -> None:
    assert claimed(27, 27, 29, 28) == Claimed(28, 0)


def test_the_order_of_the_logs_makes_no_difference() -> None:
    said = Claims()
    for moment, number in ((9, 30), (1, 27), (5, 28)):
        said.add(DAY, FEED, Agent(Kind.SERVICE, "Feedly", number), moment)
    assert said.result()[DAY, FEED]["Feedly"] == Claimed(30, 0)


def test_a_service_that_says_no_number_is_one() -> None:
    assert claimed(None, None) == Claimed(1, 0)
    assert claimed(27, None) == Claimed(27, 0)


@pytest.mark.parametrize("lie", [100, 999_999, 1_000_000, MAX_CLAIM + 1, 999_999_999])
def test_a_number_far_above_what_was_said_most_is_not_believed(lie: int) -> None:
    assert claimed(27, 27, 28, lie) == Claimed(28, lie)


def test_a_number_above_a_million_is_never_believed() -> None:
    assert claimed(999_999_999, 999_999_999) == Claimed(1, 999_999_999)


def test_many_numbers_on_one_day_are_bounded() -> None:
    tracemalloc.start()
    try:
        said = Claims()
        for number in range(100_000):
            said.add(DAY, FEED, Agent(Kind.SERVICE, "Feedly", number), number)
        assert said.result()[DAY, FEED]["Feedly"].subscribers < claims.MAX_NUMBERS
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_ids_of_a_feed_are_added_up_but_only_so_many() -> None:
    said = Claims()
    for number in range(3):
        for _ in range(2):
            said.add(DAY, FEED, Agent(Kind.SERVICE, "Feedbin", 10, f"real{number}"), 1)
    assert said.result()[DAY, FEED]["Feedbin"] == Claimed(30, 0)
    for number in range(1000):
        said.add(DAY, FEED, Agent(Kind.SERVICE, "Feedbin", 1000, f"fake{number}"), 1)
    assert said.result()[DAY, FEED]["Feedbin"] == Claimed(30 + 5 * 1000, 1000)


def test_there_is_a_bound_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MOST", 2)
    said = Claims()
    feedly = Agent(Kind.SERVICE, "Feedly", 5)
    assert [said.add(DAY, feed, feedly, 0) for feed in ("a", "b", "c", "a")] == [
        *(True, True, False, True),
    ]
