"""Observation: what is wrong now, and what has become of a file, as the catalogue says."""

from collections.abc import Iterator
from typing import NamedTuple

from feedsvc.model import Problem
from feedsvc.problems import has_errors
from feedsvc.storage.snapshot import Snapshot
from feedsvc.telling.incidents import Kind, Outcome

# Where something is wrong.
Place = tuple[Kind, str]


class Wrong(NamedTuple):
    """What is wrong with a file, or, by a code, with the folder."""

    code: str
    problems: tuple[Problem, ...]


class Version(NamedTuple):
    """What became of a file, the path of its page and the moment of its publication."""

    outcome: Outcome
    page: str
    published: int


NO_VERSION = Version("", "", 0)


def observe(snapshot: Snapshot) -> Iterator[tuple[Place, Wrong]]:
    """Yield all that is wrong now, one after the other: there may be very much."""
    watch_fault, _ = snapshot.writer_faults()
    if snapshot.degraded:
        yield ("folder", ""), Wrong(snapshot.degraded, ())
    if watch_fault:
        yield ("watching", ""), Wrong(watch_fault, ())
    for path, problems in snapshot.problems_of_files():
        yield ("kept-back" if has_errors(problems) else "remarks", path), Wrong("", problems)


def version(snapshot: Snapshot, path: str, now: int) -> Version:
    """Return what the last good version of a file is published as; `NO_VERSION` if it has none."""
    found = snapshot.version_of(path)
    if found is None:
        return NO_VERSION
    is_later = found.status == "published" and found.published > now
    outcome: Outcome = "scheduled" if is_later else found.status  # type: ignore[assignment]
    return Version(outcome, found.page, found.published)


def outcome(snapshot: Snapshot, path: str, now: int, *, is_kept_back: bool) -> Version:
    """Return what became of a file with which something was wrong before."""
    if path and not snapshot.knows(path):
        return Version("gone", "", 0)
    found = version(snapshot, path, now)
    return found._replace(outcome="kept-back") if is_kept_back else found
