"""What the counting of access logs came to."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from feedsvc.audience.claims import Claimed
from feedsvc.audience.logs import LogUnavailable


@dataclass(frozen=True, kw_only=True)
class FeedDay:
    """Who asked for one feed on one day.

    `services` and `readers` have names of programs, '' for those without a name of their own. The
    other three, and `unnamed` if the log names no programs, are numbers of addresses.
    """

    feed: str
    services: dict[str, Claimed]
    readers: dict[str, int]
    browsers: int
    robots: int
    others: int
    unnamed: int

    @cached_property
    def reported(self) -> int:
        """Return how many subscribers services claim."""
        return sum(each.subscribers for each in self.services.values())

    @cached_property
    def single(self) -> int:
        """Return the number of single readers: pairs of an address and a program."""
        return sum(self.readers.values())

    @property
    def subscribers(self) -> int:
        """Return the lower bound of subscribers."""
        return self.reported + self.single


@dataclass(frozen=True)
class Day:
    """All feeds on one day, those with most subscribers first."""

    day: date
    feeds: tuple[FeedDay, ...]

    def total(self, name: str) -> int:
        """Return the sum of one of the numbers of `FeedDay` over all feeds."""
        return sum(getattr(feed, name) for feed in self.feeds)

    @cached_property
    def services(self) -> dict[str, Claimed]:
        """Return what each service claims of all feeds, the highest first."""
        found: dict[str, Claimed] = {}
        for feed in self.feeds:
            for name, each in feed.services.items():
                old = found.get(name, Claimed(0, 0))
                subscribers = old.subscribers + each.subscribers
                found[name] = Claimed(subscribers, max(old.set_aside, each.set_aside))
        return dict(sorted(found.items(), key=lambda pair: (-pair[1].subscribers, pair[0] or "~")))

    @cached_property
    def readers(self) -> dict[str, int]:
        """Return the single readers of all feeds by program, the most frequent first."""
        found: Counter[str] = Counter()
        for feed in self.feeds:
            found.update(feed.readers)
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0] or "~")))


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that was counted, by day, and how much of the logs could be read.

    `left_out` is the number of requests beyond the bounds on memory. `unavailable` are the logs
    that could not be read to their end.
    """

    days: tuple[Day, ...]
    lines: int
    not_understood: int
    requests: int
    left_out: int
    is_exact: bool
    unavailable: tuple[LogUnavailable, ...]

    @property
    def full_day(self) -> Day | None:
        """Return the newest day that is over, as far as the logs tell; None if there is none."""
        return self.days[-2] if len(self.days) > 1 else next(iter(self.days), None)


def as_json(report: Report, timezone: str) -> dict[str, object]:
    """Return a report as values for JSON."""
    return {
        "lower_bound": True,
        "exact": report.is_exact,
        "timezone": timezone,
        "lines": report.lines,
        "not_understood": report.not_understood,
        "requests": report.requests,
        "left_out": report.left_out,
        "unavailable": [each.name for each in report.unavailable],
        "days": [
            {
                "day": day.day.isoformat(),
                "subscribers": day.total("subscribers"),
                "feeds": [_feed_as_json(feed) for feed in day.feeds],
            }
            for day in report.days
        ],
    }


def _feed_as_json(feed: FeedDay) -> dict[str, object]:
    aside = {name: each.set_aside for name, each in feed.services.items() if each.set_aside}
    return {
        "feed": feed.feed,
        "subscribers": feed.subscribers,
        "reported": {name or "other": each.subscribers for name, each in feed.services.items()},
        "not_believed": {name or "other": number for name, number in aside.items()},
        "readers": {name or "other": number for name, number in feed.readers.items()},
        "browsers": feed.browsers,
        "robots": feed.robots,
        "others": feed.others,
        "unnamed": feed.unnamed,
    }
