"""The status of the catalogue, for operators: on the command line and over HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from feedsvc.dates import from_microseconds
from feedsvc.i18n import N_, Message
from feedsvc.problems import severity
from feedsvc.storage.snapshot import Snapshot

# Why the writer holds removals back: the codes that the sync loop stores, with their texts.
DEGRADED = {
    "closed": N_("the entries folder is missing or cannot be opened"),
    "empty": N_("the entries folder is empty"),
    "vanished": N_("more than a third of the entries disappeared at once"),
}

# What lies in the folder and may be news, but is not read: the kinds that a scan counts.
UNREAD = {
    "folders": N_(
        "folders whose names begin with «_», which are not read: {count};"
        " rename those that hold news"
    ),
    "markup": N_(
        "texts in .rst, .adoc, .org, .textile or .mdx, which are not read: {count};"
        " convert them to .md"
    ),
}

# The limits of inotify(7) that a watch fails at, by the names of the errors.
_WATCH_LIMITS = {
    "ENOSPC": "fs.inotify.max_user_watches",
    "EMFILE": "fs.inotify.max_user_instances",
}


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An entry that is not public yet, and the moment (UTC) when it will be."""

    id: str
    title: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """The catalogue at one moment.

    `entries` counts them by 'published', 'scheduled', 'draft', 'withdrawn' and 'removed',
    `problems` by severity. `scan_age` is how many seconds ago the folder was last found in
    order, None if it never was; `degraded` is a key of `DEGRADED`, or None. `watch_fault` is the
    name of the error for which the kernel does not report all changes, or None;
    `reader_deaths` counts the reading processes that died since the catalogue was created;
    `unread` what may be news but is not read, by the keys of `UNREAD`.
    """

    revision: int
    entries: dict[str, int]
    scheduled: tuple[Scheduled, ...]
    problems: dict[str, int]
    scan_age: float | None
    degraded: str | None
    watch_fault: str | None
    reader_deaths: int
    unread: dict[str, int]


def watch_fault(name: str) -> Message:
    """Return what a watch that failed with an error of this name means, and what to do."""
    if name in _WATCH_LIMITS:
        text = N_(
            "some changes are only noticed by scans of the folder,"
            " as the kernel watches no more folders: raise {limit}"
        )
        return Message(text, {"limit": _WATCH_LIMITS[name]})
    return Message(N_("changes are only noticed by scans of the folder ({name})"), {"name": name})


def take_status(snapshot: Snapshot, now: int) -> Status:
    """Return the status of a catalogue; `now` is in microseconds since the epoch."""
    watch_fault, reader_deaths = snapshot.writer_faults()
    problems = {"error": 0, "warning": 0}
    for problem in snapshot.problems():
        problems[severity(problem)] += 1
    return Status(
        revision=snapshot.revision,
        entries=snapshot.counts(now),
        scheduled=tuple(
            Scheduled(entry_id, title, from_microseconds(published))
            for entry_id, title, published in snapshot.scheduled(now)
        ),
        problems=problems,
        scan_age=max(0, now - snapshot.scanned) / 1_000_000 if snapshot.scanned else None,
        degraded=snapshot.degraded or None,
        watch_fault=watch_fault or None,
        reader_deaths=reader_deaths,
        unread=snapshot.unread(),
    )


def unread(counts: Mapping[str, int]) -> Iterator[Message]:
    """Yield what is not read, and what to do about it, one message for each kind."""
    for kind, text in UNREAD.items():
        if counts.get(kind):
            yield Message(text, {"count": counts[kind]})
