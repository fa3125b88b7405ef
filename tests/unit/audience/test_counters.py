import random

import pytest

from feedsvc.audience import counters
from feedsvc.audience.counters import Counters, Hasher

CHANCE = random.Random(14)


def random_hashes(number: int) -> list[int]:
    return [CHANCE.getrandbits(64) for _ in range(number)]


def test_distinct_values_are_counted_exactly_up_to_a_bound() -> None:
    counted: Counters[str] = Counters()
    values = random_hashes(10_000)
    for value in values * 2:
        counted.add("a", value)
    counted.add("b", values[0])
    assert dict(counted.items()) == {"a": 10_000, "b": 1}
    assert counted.is_exact


def test_beyond_the_bound_they_are_estimated_and_small_ones_stay_exact() -> None:
    counted: Counters[str] = Counters(most=4096)
    for value in random_hashes(200_000):
        counted.add("large", value)
    for value in random_hashes(3000):
        counted.add("small", value)
    found = dict(counted.items())
    # Five times the standard error of about 1.2 by the root of 4,096.
    assert found["large"] == pytest.approx(200_000, rel=0.1)
    assert found["small"] == 3000
    assert not counted.is_exact


def test_all_together_keep_no_more_than_a_bound() -> None:
    counted: Counters[int] = Counters(most=1000, most_of_all=5000)
    for key in range(100):
        for value in random_hashes(500):
            counted.add(key, value)
    assert counted.kept <= 5000
    assert sum(number for _, number in counted.items()) == pytest.approx(50_000, rel=0.3)


def test_there_is_a_bound_on_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "MOST_COUNTERS", 3)
    counted: Counters[int] = Counters()
    assert [counted.add(key, 1) for key in (1, 2, 3, 4, 1)] == [True, True, True, False, True]


def test_hashes_of_two_runs_differ() -> None:
    one, other = Hasher(), Hasher()
    assert one(b"192.0.2.1") == one(b"192.0.2.1") != other(b"192.0.2.1")
    assert one(b"192.0.2.1") != one(b"192.0.2.2")


def test_of_ipv6_only_the_network_counts() -> None:
    hashed = Hasher()
    assert hashed(b"2001:db8:1:2::1") == hashed(b"2001:0DB8:1:2:ffff::9")
    assert hashed(b"2001:db8:1:2::1") != hashed(b"2001:db8:1:3::1")
    assert hashed(b"::ffff:192.0.2.1") == hashed(b"192.0.2.1")
    # No addresses at all, but still somebody.
    assert hashed(b"unix:") != hashed(b":\xff")
