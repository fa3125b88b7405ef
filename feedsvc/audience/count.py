"""Counting whole access logs, in any order, in one pass and bounded memory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from sys import intern
from zoneinfo import ZoneInfo

from feedsvc.audience.access import Request, moment, parse
from feedsvc.audience.addresses import feed_finder
from feedsvc.audience.agents import Kind, identify
from feedsvc.audience.claims import Claims
from feedsvc.audience.counters import Counters, Hasher
from feedsvc.audience.logs import LogUnavailable, lines
from feedsvc.audience.report import Day, FeedDay, Report
from feedsvc.settings import Settings

# The whole feed, only what is new (RFC 3229), or that nothing is.
_READ = frozenset({200, 226, 304})
# All offsets from UTC are multiples of a quarter of an hour.
_QUARTER = 900
Progress = Callable[[int], None]
_Key = tuple[date, str, Kind, str]


def count(logs: Iterable[str], settings: Settings, progress: Progress) -> Report:
    """Return who read the feeds, by the logs of these names; `progress` is told of lines read.

    Days are those of the site's time zone.
    """
    tally = _Tally(settings)
    unavailable = []
    for name in logs:
        try:
            for block in lines(name):
                tally.add(block)
                progress(tally.lines)
        except LogUnavailable as error:
            unavailable.append(error)
    return tally.report(tuple(unavailable))


class _Tally:
    """What was counted so far."""

    def __init__(self, settings: Settings) -> None:
        self.lines = 0
        self._not_understood = 0
        self._requests = 0
        self._left_out = 0
        self._counters: Counters[_Key] = Counters()
        self._claims = Claims()
        self._hash = Hasher()
        self._find = feed_finder(settings)
        self._day = _days(settings.timezone)

    def add(self, block: list[bytes]) -> None:
        """Count lines."""
        self.lines += len(block)
        for line in block:
            request = parse(line)
            if request is None:
                self._not_understood += 1
            elif request.status in _READ and request.method == b"GET":
                feed = self._find(request.path)
                if feed is not None:
                    self._count(intern(feed), request)

    def _count(self, feed: str, request: Request) -> None:
        at = moment(request.when)
        day = None if at is None else self._day(at // _QUARTER)
        if at is None or day is None:
            self._not_understood += 1
            return
        self._requests += 1
        agent = identify(request.agent)
        if agent.kind is Kind.SERVICE:
            is_counted = self._claims.add(day, feed, agent, at)
        else:
            key = (day, feed, agent.kind, agent.name)
            is_counted = self._counters.add(key, self._hash(request.address))
        self._left_out += not is_counted

    def report(self, unavailable: tuple[LogUnavailable, ...]) -> Report:
        """Return what was counted."""
        claims = self._claims.result()
        programs: dict[tuple[date, str], dict[Kind, dict[str, int]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for (day, feed, kind, name), number in self._counters.items():
            programs[day, feed][kind][name] = number
        days: dict[date, list[FeedDay]] = defaultdict(list)
        for day, feed in claims.keys() | programs.keys():
            kinds = programs.get((day, feed), {})
            addresses = Counter({kind: sum(names.values()) for kind, names in kinds.items()})
            found = FeedDay(
                feed=feed,
                services=claims.get((day, feed), {}),
                readers=kinds.get(Kind.READER, {}),
                browsers=addresses[Kind.BROWSER],
                robots=addresses[Kind.ROBOT],
                others=addresses[Kind.OTHER],
                unnamed=addresses[Kind.UNNAMED],
            )
            days[day].append(found)
        return Report(
            days=tuple(Day(day, _ordered(days[day])) for day in sorted(days)),
            lines=self.lines,
            not_understood=self._not_understood,
            requests=self._requests,
            left_out=self._left_out,
            is_exact=self._counters.is_exact,
            unavailable=unavailable,
        )


def _ordered(feeds: list[FeedDay]) -> tuple[FeedDay, ...]:
    return tuple(sorted(feeds, key=lambda each: (-each.subscribers, each.feed)))


def _days(timezone: ZoneInfo) -> Callable[[int], date | None]:
    """Return a function that returns the day, in a time zone, of a quarter of an hour."""

    @lru_cache(maxsize=4096)
    def day(quarter: int) -> date | None:
        try:
            return datetime.fromtimestamp(quarter * _QUARTER, UTC).astimezone(timezone).date()
        except (ValueError, OverflowError, OSError):
            return None

    return day
