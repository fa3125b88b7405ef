"""What became of each file: the state that the desk shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from feedsvc.dates import from_microseconds
from feedsvc.edition import Edition
from feedsvc.model import Entry, Problem
from feedsvc.problems import has_errors
from feedsvc.storage.file_rows import StoredFile
from feedsvc.storage.snapshot import Snapshot

State = Literal[
    "copying", "kept-back", "published", "scheduled", "draft", "withdrawn", "expired", "unused"
]
# How many files a page of the desk shows, of each of its lists.
PAGE = 50
# How many of those are listed that need somebody's care: a mishap may have struck them all.
MAX_LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A file, and what became of it.

    `changed` is when it was put there or changed, None if that is not known. `moment` is when
    its entry was, or will be, published. `page` is the path of the page that readers have: of a
    file that is kept back, that of the last good version. `preview_id` is the id of an entry
    that can be previewed.
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

    `copying` are those that are not complete yet, `unused` those that are no news and belong
    to none. The counts include what is not listed; `is_first` says whether the list of all
    begins with the newest, `after` is where it goes on, if it does.
    """

    copying: tuple[FileState, ...]
    copying_count: int
    kept_back: tuple[FileState, ...]
    kept_back_count: int
    unused: tuple[FileState, ...]
    unused_count: int
    hidden: tuple[FileState, ...]
    newest: tuple[FileState, ...]
    is_first: bool
    after: Cursor | None


def take_files(snapshot: Snapshot, now: int, before: Cursor | None = None) -> Files:
    """Return the lists at a moment; the list of all begins after `before`."""
    problems = _by_path(snapshot.problems())
    edition = Edition(snapshot, now)
    wrong = [path for path, told in problems.items() if has_errors(told)]
    known = {row.path for row in snapshot.files_at(problems)}
    unused = [path for path in problems if path not in known]
    waiting = snapshot.waiting()
    rows = snapshot.files(PAGE + 1, (before.changed, before.path) if before else None)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Files(
        copying=tuple(
            FileState(path=file.path, state="copying", changed=from_microseconds(file.since))
            for file in reversed(waiting.files)
        ),
        copying_count=waiting.count,
        kept_back=_states(snapshot.files_at(wrong)[:MAX_LISTED], problems, edition),
        kept_back_count=len(wrong),
        unused=tuple(
            FileState(path=path, state="unused", changed=None, problems=tuple(problems[path]))
            for path in unused[:MAX_LISTED]
        ),
        unused_count=len(unused),
        hidden=_states(snapshot.hidden_files(now, PAGE), problems, edition),
        newest=_states(rows[:PAGE], problems, edition),
        is_first=before is None,
        after=last and Cursor(last.changed, last.path),
    )


def _states(
    rows: Sequence[StoredFile], problems: Mapping[str, list[Problem]], edition: Edition
) -> tuple[FileState, ...]:
    return tuple(_state(row, tuple(problems[row.path]), edition) for row in rows)


def _by_path(problems: Iterable[Problem]) -> defaultdict[str, list[Problem]]:
    found: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        found[problem.path].append(problem)
    return found


def _state(row: StoredFile, problems: tuple[Problem, ...], edition: Edition) -> FileState:
    is_public = row.id is not None and isinstance(edition.find(row.id), Entry)
    state = _name(row, problems, edition.now, is_public=is_public)
    is_later = row.published is not None and row.published > edition.now
    can_preview = row.status == "draft" or (row.status == "published" and is_later)
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


def _name(row: StoredFile, problems: tuple[Problem, ...], now: int, *, is_public: bool) -> State:
    if has_errors(problems):
        return "kept-back"
    if row.status is None or row.published is None:
        return "unused"
    if row.status == "published" and row.published > now:
        return "scheduled"
    if row.status == "published":
        return "published" if is_public else "expired"
    return "draft" if row.status == "draft" else "withdrawn"
