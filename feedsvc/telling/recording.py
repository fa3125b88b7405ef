"""Recording: what has changed between what the store holds and what the catalogue says now."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from feedsvc.storage.snapshot import Snapshot
from feedsvc.telling import observation
from feedsvc.telling.incidents import digest
from feedsvc.telling.observation import NO_VERSION, Place, Version, Wrong

# How many changes are recorded at a time: of 100,000 files any number may have problems.
AT_ONCE = 10_000


class Known(NamedTuple):
    """A stored incident that is not both over and told.

    `current` is empty if it is over; `content` is a digest of all of its problems.
    """

    number: int
    current: bytes
    content: bytes


class Change(NamedTuple):
    """A change of an incident.

    `number` is None if it begins; `code`, `problems`, `content` and `current` are as they are
    stored. `current` is empty if it is over. `is_news` unless only its remarks are others.
    """

    place: Place
    number: int | None
    code: str
    problems: bytes
    content: bytes
    current: bytes
    version: Version
    is_news: bool


def compare(
    snapshot: Snapshot, live: Mapping[Place, Known], now: int, limit: int = AT_ONCE
) -> list[Change]:
    """Return what is to be changed in the store, at most `limit`.

    `now` is in microseconds since the epoch. If there are `limit`, there may be more.
    """
    found = set()
    changes: list[Change] = []
    for place, wrong in observation.observe(snapshot):
        found.add(place)
        if len(changes) < limit:
            change = _begun(snapshot, place, wrong, live.get(place), now)
            if change is not None:
                changes.append(change)
    for place, known in live.items():
        if known.current and place not in found and len(changes) < limit:
            is_kept_back = ("kept-back", place[1]) in found
            version = observation.outcome(snapshot, place[1], now, is_kept_back=is_kept_back)
            changes.append(Change(place, known.number, "", b"", b"", b"", version, is_news=True))
    return changes


def _begun(
    snapshot: Snapshot, place: Place, wrong: Wrong, known: Known | None, now: int
) -> Change | None:
    """Return the change that something is wrong; None if that is known."""
    problems = msgspec.json.encode(wrong.problems)
    content = blake2b(problems, digest_size=8).digest()
    current = digest(wrong.code, wrong.problems)
    if known is not None and known[1:] == (current, content):
        return None
    path = place[1]
    version = observation.version(snapshot, path, now) if path else NO_VERSION
    is_news = known is None or known.current != current
    number = None if known is None else known.number
    return Change(place, number, wrong.code, problems, content, current, version, is_news)
