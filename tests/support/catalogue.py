"""What tests of the catalogue compare: titles, revisions, problems."""

import sqlite3
from contextlib import closing
from pathlib import Path

from feedsvc.edition import GoneEntry
from feedsvc.storage.batch import Applied
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.schema import FILE
from tests.support.newsroom import NOW, Newsroom

BAD = b"no front matter"
UNCHANGED = Applied(advanced=False, problems=(), again=())
ADVANCED = Applied(advanced=True, problems=(), again=())


def title_of(newsroom: Newsroom, entry_id: str, now: int = NOW) -> str | None:
    """Return the title under which an id is public; that of a gone entry in brackets."""
    found = newsroom.edition(now).find(entry_id)
    if found is None:
        return None
    return f"[{found.title}]" if isinstance(found, GoneEntry) else found.title


def titles(instance: Path | Catalogue) -> list[str]:
    """Return the titles of the newest entries, as a reader sees them."""
    reader = instance if isinstance(instance, Catalogue) else Catalogue(instance)
    with reader.snapshot() as snapshot:
        return [entry.title for entry in snapshot.newest(NOW, 10)]


def revision(newsroom: Newsroom) -> int:
    return int(newsroom.writer.snapshot().revision)


def problem_codes(applied: Applied) -> list[tuple[str, str]]:
    """Return path and code of each new problem."""
    return [(problem.path, problem.code) for problem in applied.problems]


def dump(instance: Path) -> list[str]:
    """Return everything that the catalogue stores."""
    with closing(sqlite3.connect(instance / FILE)) as connection:
        return list(connection.iterdump())
