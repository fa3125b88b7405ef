"""What became of each file: the state that the desk shows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from feedsvc.dates import from_microseconds
from feedsvc.edition import Edition
from feedsvc.model import Entry, Problem
from feedsvc.problems import severity
from feedsvc.storage.snapshot import Snapshot, StoredFile

State = Literal["copying", "kept-back", "published", "scheduled", "draft", "withdrawn", "unused"]
# How many files a page of the desk shows, of each of its lists.
PAGE = 50
# How many of those that are kept back are shown: of a mishap with all files, the first.
MAX_KEPT_BACK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A file, and what became of it.

    `changed` is when it was put there or changed, None if that is not known. `moment` is when its entry was, or will be,
    published. `page` is the path of the page that readers have: of a file that is kept back,
    that of the last good version. `preview_id` is the id of an entry that can be previewed.
    """

    path: str
    state: State
    changed: datetime | None
    title: str | None = None
    moment: datetime | None = None
    page: str | None = None
    preview_id: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a list of files goes on: after the file of this path, changed then (microseconds)."""

    changed: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The lists of the desk: files to be looked after, and all of them, newest first.

    `kept_back_count` counts those that are kept back, also those that are not listed; `after`
    is where the list of all goes on, if it does.
    """

    kept_back: tuple[FileState, ...]
    kept_back_count: int
    hidden: tuple[FileState, ...]
    newest: tuple[FileState, ...]
    after: Cursor | None


def take_files(snapshot: Snapshot, now: int, before: Cursor | None = None) -> Files:
    """Return the lists at a moment; the list of all begins after `before`."""
    wrong = sorted({each.path for each in snapshot.problems() if severity(each) == "error"})
    rows = snapshot.files(PAGE + 1, before and (before.changed, before.path))
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Files(
        kept_back=_states(snapshot, snapshot.files_at(wrong)[:MAX_KEPT_BACK], now),
        kept_back_count=len(wrong),
        hidden=_states(snapshot, snapshot.hidden_files(now, PAGE), now),
        newest=_states(snapshot, rows[:PAGE], now),
        after=last and Cursor(last.changed, last.path),
    )


def _states(snapshot: Snapshot, rows: Sequence[StoredFile], now: int) -> tuple[FileState, ...]:
    problems: dict[str, list[Problem]] = defaultdict(list)
    for problem in snapshot.problems_at(row.path for row in rows):
        problems[problem.path].append(problem)
    edition = Edition(snapshot, now)
    return tuple(_state(row, problems[row.path], edition) for row in rows)


def _state(row: StoredFile, problems: Iterable[Problem], edition: Edition) -> FileState:
    problems = tuple(problems)
    is_public = row.id is not None and isinstance(edition.find(row.id), Entry)
    state = _name(row, problems, edition.now)
    can_preview = row.id is not None and not is_public and row.status in ("published", "draft")
    return FileState(
        path=row.path,
        state=state,
        changed=from_microseconds(row.changed),
        title=row.title,
        moment=None if row.published is None else from_microseconds(row.published),
        page=row.page if is_public else None,
        preview_id=row.id if can_preview else None,
        problems=problems,
    )


def _name(row: StoredFile, problems: tuple[Problem, ...], now: int) -> State:
    if any(severity(problem) == "error" for problem in problems):
        return "kept-back"
    if row.status is None or row.published is None:
        return "unused"
    if row.status == "published" and row.published > now:
        return "scheduled"
    states: dict[str, State] = {"draft": "draft", "withdrawn": "withdrawn"}
    return states.get(row.status, "published")
