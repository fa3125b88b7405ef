"""How many subscribers one machine serves: a model and its assumptions.

    python -m bench.capacity

It takes the cost of a request from docs/figures/serving.json and the bytes of a response
from a service that it starts, and writes its part of docs/benchmarks.md.
"""

import json
import math
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.polls import Poll, measure
from bench.results import write_part
from bench.serving import FIGURES

# The seconds between the polls of a reader, and the part of all polls that comes in the
# minutes after the full and the half hour, because programs are started by the clock.
EVERY = 1800
BUNCHED, BUNCH = 0.5, 60
# New and corrected entries a day, and the parts of the readers that support a coding,
# of these that support brotli, and that request deltas.
NEWS = 10
GZIP, BROTLI, ONLY_NEW = 0.9, 0.3, 0.1
# The part of the machine that may be in use in the worst minute.
USED = 0.7
# A cache in front revalidates each form of a feed once in this many seconds.
CACHE_EVERY, FORMS = 300, 6
DAY = 86_400


@dataclass(frozen=True)
class Traffic:
    """The bytes that all polls of a subscriber transfer in a day."""

    plain: float
    as_is: float
    without_226: float
    without_brotli: float


def burst(subscribers: float) -> float:
    """Return the requests per second in the worst minute."""
    each = subscribers / EVERY
    return each * (1 - BUNCHED) + subscribers * BUNCHED / BUNCH


def subscribers_of(cpu: float, cores: int) -> int:
    """Return how many subscribers use the cores as far as allowed in the worst minute.

    `cpu` is the processor time of a request in seconds.
    """
    rate = USED * cores / cpu
    return math.floor(rate / burst(1))


def traffic(answers: Poll) -> Traffic:
    """Return the traffic of a subscriber in a day: most polls find nothing new."""
    polls = DAY / EVERY
    # Entries that are added one by one are found by different polls.
    fresh = min(NEWS, polls)
    unchanged = (polls - fresh) * answers.not_modified

    def day(brotli: float, only_new: float) -> float:
        full = brotli * answers.brotli + (1 - brotli) * answers.gzip
        compressed = only_new * answers.delta + (1 - only_new) * full
        return unchanged + fresh * (GZIP * compressed + (1 - GZIP) * answers.plain)

    return Traffic(
        plain=polls * answers.plain,
        as_is=day(BROTLI, ONLY_NEW),
        without_226=day(BROTLI, 0),
        without_brotli=day(0, ONLY_NEW),
    )


def page(figures: dict[str, Any], answers: Poll) -> str:
    """Return what follows from the figures and the assumptions, in Markdown."""
    cpu = median(run["cpu"] for run in figures["mix"]["changing"])
    subscribers = subscribers_of(cpu, 2)
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
  ask for only what is new. A 304 is {answers.not_modified} bytes.

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
    """Write the part of the document."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    write_part("capacity", page(figures, measure()[0]))


if __name__ == "__main__":
    main()
