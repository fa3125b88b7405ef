"""Recording: what has changed between what the store holds and what the catalogue says now."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from feedsvc.storage.snapshot import Snapshot
from feedsvc.telling import observation
from feedsvc.telling.incidents import Kind, digest
from feedsvc.telling.observation import NO_VERSION, Version, Wrong

# Where something is wrong.
Place = tuple[Kind, str]


class Known(NamedTuple):
    """A stored incident that is not both over and told; `current` is empty if it is over."""

    number: int
    current: bytes
    problems: bytes


class Change(NamedTuple):
    """A change of an incident.

    `number` is None if it begins, `code`, `problems` and `current` are as they are stored;
    `current` is empty if it is over. `is_news` unless only its remarks are others.
    """

    place: Place
    number: int | None
    code: str
    problems: bytes
    current: bytes
    version: Version
    is_news: bool


def compare(snapshot: Snapshot, live: Mapping[Place, Known], now: int) -> list[Change]:
    """Return what is to be changed in the store; `now` is in microseconds since the epoch."""
    found = observation.observe(snapshot)
    changes = []
    for place, wrong in found.items():
        change = _begun(snapshot, place, wrong, live.get(place), now)
        if change is not None:
            changes.append(change)
    for place, known in live.items():
        if known.current and place not in found:
            is_kept_back = ("kept-back", place[1]) in found
            version = observation.outcome(snapshot, place[1], now, is_kept_back=is_kept_back)
            changes.append(
                Change(place, known.number, "", known.problems, b"", version, is_news=True)
            )
    return changes


def _begun(
    snapshot: Snapshot, place: Place, wrong: Wrong, known: Known | None, now: int
) -> Change | None:
    """Return the change that something is wrong; None if that is known."""
    problems = msgspec.json.encode(wrong.problems)
    current = digest(wrong.code, wrong.problems)
    if known is not None and known[1:] == (current, problems):
        return None
    path = place[1]
    version = observation.version(snapshot, path, now) if path else NO_VERSION
    is_news = known is None or known.current != current
    number = None if known is None else known.number
    return Change(place, number, wrong.code, problems, current, version, is_news)
