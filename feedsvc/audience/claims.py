"""How many readers services say they fetch a feed for, and what of that is believed.

The numbers are claims: anybody can call himself Feedly with a million subscribers, and programs
do, to be let in. So one that is far above what the same service said most of that day is set
aside, one above `MAX_CLAIM` always; and a report shows each service by itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from feedsvc.audience.agents import Agent

MAX_CLAIM = 1_000_000
# Of one service and feed on a day: ids that are added up, and different numbers that are kept.
MAX_IDS = 8
MAX_NUMBERS = 50
MOST = 100_000
# A number up to this, or up to three times the median of the day, is believed.
_SMALL, _TIMES = 20, 3


class Claimed(NamedTuple):
    """What one service said of a feed on a day: what is believed, and the highest that is not."""

    subscribers: int
    set_aside: int


class _Said:
    """Each number that a service said on a day under one id: how often, and when last."""

    __slots__ = ("asked", "numbers")

    def __init__(self) -> None:
        self.asked = 0
        self.numbers: dict[int, list[int]] = {}

    def add(self, number: int | None, moment: int) -> None:
        self.asked += 1
        if number is None:
            return
        if number in self.numbers:
            often, last = self.numbers[number]
            self.numbers[number] = [often + 1, max(last, moment)]
        elif len(self.numbers) < MAX_NUMBERS:
            self.numbers[number] = [1, moment]

    def claimed(self) -> Claimed:
        credible = {each: said for each, said in self.numbers.items() if each <= MAX_CLAIM}
        limit = max(_SMALL, _TIMES * _median(credible)) if credible else 0
        believed = {each: said for each, said in credible.items() if each <= limit}
        aside = max((each for each in self.numbers if each not in believed), default=0)
        if not believed:
            # It fetches for somebody.
            return Claimed(1, aside)
        return Claimed(max(believed, key=lambda each: believed[each][1]), aside)


def _median(numbers: dict[int, list[int]]) -> int:
    """Return the lower median of numbers, each counted as often as it was said."""
    half = (sum(often for often, _ in numbers.values()) + 1) // 2
    for number in sorted(numbers):
        half -= numbers[number][0]
        if half <= 0:
            return number
    return 0


class Claims:
    """What all services said, by day and feed."""

    def __init__(self) -> None:
        self._said: dict[tuple[date, str, str, str], _Said] = {}

    def add(self, day: date, feed: str, agent: Agent, moment: int) -> bool:
        """Take down what a request of a service says; return False if there is no room."""
        key = (day, feed, agent.name, agent.feed_id)
        said = self._said.get(key)
        if said is None:
            if len(self._said) >= MOST:
                return False
            said = self._said[key] = _Said()
        said.add(agent.claim, moment)
        return True

    def result(self) -> dict[tuple[date, str], dict[str, Claimed]]:
        """Return what each service claimed, by day and feed, all of its ids together."""
        by_service: dict[tuple[date, str, str], list[_Said]] = defaultdict(list)
        for (day, feed, name, _), said in self._said.items():
            by_service[day, feed, name].append(said)
        found: dict[tuple[date, str], dict[str, Claimed]] = defaultdict(dict)
        for (day, feed, name), ids in by_service.items():
            found[day, feed][name] = _together(ids)
        return found


def _together(ids: Iterable[_Said]) -> Claimed:
    """Return the sum over the ids of a service that asked most; of the others nothing counts."""
    ordered = sorted(ids, key=lambda said: said.asked, reverse=True)
    claimed = [said.claimed() for said in ordered]
    counted, left = claimed[:MAX_IDS], claimed[MAX_IDS:]
    aside = [each.set_aside for each in claimed] + [each.subscribers for each in left]
    return Claimed(sum(each.subscribers for each in counted), max(aside))
