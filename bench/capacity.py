"""How many subscribers one machine carries: a model, with what it assumes.

    python -m bench.capacity

It takes the cost of a request from docs/figures/serving.json and the bytes of an
answer from a service that it starts, and writes its page into docs/benchmarks.md.
"""

import json
import math
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.common import write_part
from bench.polls import Poll, measure
from bench.serving import FIGURES

# How often a reader polls, in seconds, and what part of all polls comes in the minutes
# after the full and the half hour, because programs are started by the clock.
EVERY = 1800
BUNCHED, BUNCH = 0.5, 60
# New and corrected entries a day, and what part of the readers knows what.
NEWS = 10
GZIP, BROTLI, ONLY_NEW = 0.9, 0.3, 0.1
# How much of the machine may be in use in the worst minute.
USED = 0.7
# A cache in front asks once in this many seconds for each coding and form.
CACHE_EVERY, FORMS = 300, 6
DAY = 86_400


@dataclass(frozen=True)
class Traffic:
    """What all polls of a subscriber send in a day, in bytes."""

    plain: float
    as_is: float
    without_226: float
    without_brotli: float


def burst(subscribers: float) -> float:
    """Give the requests per second in the worst minute."""
    each = subscribers / EVERY
    return each * (1 - BUNCHED) + subscribers * BUNCHED / BUNCH


def carried(cpu: float, cores: int) -> int:
    """Give how many subscribers use so much of so many cores in the worst minute."""
    rate = USED * cores / cpu
    return math.floor(rate / burst(1))


def traffic(answers: Poll) -> Traffic:
    """Give what a subscriber takes in a day: most polls find nothing new."""
    polls = DAY / EVERY
    # News that come one by one are found by different polls.
    fresh = min(NEWS, polls)
    still = (polls - fresh) * answers.same

    def day(brotli: float, only_new: float) -> float:
        whole = brotli * answers.brotli + (1 - brotli) * answers.gzip
        packed = only_new * answers.news + (1 - only_new) * whole
        return still + fresh * (GZIP * packed + (1 - GZIP) * answers.plain)

    return Traffic(
        plain=polls * answers.plain,
        as_is=day(BROTLI, ONLY_NEW),
        without_226=day(BROTLI, 0),
        without_brotli=day(0, ONLY_NEW),
    )


def page(figures: dict[str, Any], answers: Poll) -> str:
    """Write what follows from the figures, and from what is assumed."""
    cpu = median(run["cpu"] for run in figures["mix"]["changing"])
    subscribers = carried(cpu, 2)
    day = traffic(answers)
    total = subscribers * day.as_is

    def share(bytes_a_day: float) -> str:
        return f"{subscribers * bytes_a_day / 1e9:,.0f} GB ({bytes_a_day / day.as_is:.2f} times)"

    asked = FORMS * DAY // CACHE_EVERY
    lines = f"""
- A request of the mix, while entries change, costs {cpu * 1e6:.0f} us of CPU.
- Connections are kept, as a proxy with TLS in front keeps them; what that costs is not in it.
- In the worst minute, {BUNCHED:.0%} of the readers that poll every {EVERY // 60} minutes come in
  {BUNCH} seconds; {USED:.0%} of two cores are used then.
- So one machine carries **{subscribers:,} subscribers**: {burst(subscribers):,.0f} requests a
  second in the worst minute, {subscribers / EVERY:,.0f} on average.
- {NEWS} entries a day; {GZIP:.0%} take a coding, {BROTLI:.0%} of these brotli, {ONLY_NEW:.0%}
  ask for only what is new. A 304 is {answers.same} bytes.

| traffic of a day | |
|---|---|
| as it is | {share(day.as_is)} |
| without 226 | {share(day.without_226)} |
| without brotli | {share(day.without_brotli)} |
| every poll the whole feed, plain | {share(day.plain)} |

A cache in front that asks every {CACHE_EVERY} seconds for each of {FORMS} forms of a feed sends the
service {asked:,} requests a day instead of {subscribers * DAY // EVERY:,}; the traffic to readers
stays {total / 1e9:,.0f} GB. How many it carries is then a figure of the cache.
"""
    return lines.strip()


def main() -> None:
    """Write the page."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    write_part("capacity", page(figures, measure()[0]))


if __name__ == "__main__":
    main()
