import pytest

from feedsvc.hub import limits
from feedsvc.hub.limits import Lane, Rate, asker


def test_a_rate_permits_a_burst_and_then_so_many_in_a_period() -> None:
    rate = Rate(2, 10.0, burst=3)
    assert [rate.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert rate.take("b", 0.0)
    assert [rate.take("a", 5.0) for _ in range(2)] == [True, False]


def test_a_rate_remembers_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_REMEMBERED", 2)
    rate = Rate(1, 10.0, burst=1)
    assert [rate.take(key, 0.0) for key in "abcc"] == [True, True, True, False]
    assert rate.take("a", 0.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("2001:db8::1", "2001:db8::ffff:0:1"),
        ("fe80::1%eth0", "fe80::2"),
    ],
)
def test_addresses_of_one_host_count_together(one: str, other: str) -> None:
    assert asker(one) == asker(other)


def test_addresses_of_several_hosts_count_apart() -> None:
    assert (
        len({asker(each) for each in ("192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "", "?")}) == 5
    )


def taken(lane: Lane[str]) -> list[str]:
    found = []
    while (item := lane.take()) is not None:
        found.append(item)
    return found


def test_hosts_take_turns_within_their_bounds() -> None:
    lane: Lane[str] = Lane(at_once=4, at_once_to_one=2)
    for item in ("a1", "a2", "a3", "b1", "c1", "c2"):
        lane.add(item[0], item)
    assert taken(lane) == ["a1", "b1", "c1", "a2"]
    lane.done("b")
    assert taken(lane) == ["c2"]
    lane.done("c")
    assert taken(lane) == []
    lane.done("a")
    assert taken(lane) == ["a3"]


def test_what_comes_for_a_busy_host_waits_for_it() -> None:
    lane: Lane[str] = Lane(at_once=4, at_once_to_one=1)
    lane.add("a", "a1")
    assert taken(lane) == ["a1"]
    lane.add("a", "a2")
    lane.add("b", "b1")
    assert taken(lane) == ["b1"]
    lane.done("a")
    assert taken(lane) == ["a2"]
    lane.done("a")
    lane.done("b")
    lane.add("a", "a3")
    assert taken(lane) == ["a3"]
