"""Entry files as texts, and what the parsers read in them."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from feedsvc.model import Entry, Reading
from feedsvc.parsing import read
from feedsvc.settings import Settings

MOSCOW = replace(
    Settings(), timezone=ZoneInfo("Europe/Moscow"), authority="news.example,2014"
).parsing
# No entry of these tests has files of its own.
NO_FOLDER = Path("no-such-folder")
NEWS = "Заголовок новости\n13.08.2014\nПервый абзац текста новости.\n"

# The line, the code and the values of each problem.
Problems = list[tuple[int, str, dict[str, str]]]


def reading(source: str | bytes, path: str = "news/a.md") -> Reading:
    data = source.encode() if isinstance(source, str) else source
    return read(data, path, MOSCOW, NO_FOLDER)


def entry(source: str | bytes, path: str = "news/a.md") -> Entry:
    """Return the entry of a file that has no problems."""
    found = reading(source, path)
    assert found.problems == ()
    assert found.entry is not None
    return found.entry


def warned(source: str | bytes, path: str = "news/a.md") -> tuple[Entry, Problems]:
    """Return the entry of a file that has warnings at most, and the warnings."""
    found = reading(source, path)
    assert found.entry is not None
    return found.entry, listed(found)


def refused(source: str | bytes, path: str = "news/a.md") -> Problems:
    """Return the problems of a file that cannot become an entry."""
    found = reading(source, path)
    assert found.entry is None
    return listed(found)


def listed(found: Reading) -> Problems:
    return [(problem.line, problem.code, dict(problem.values)) for problem in found.problems]


def markdown(*lines: str, body: str = "Body.\n") -> str:
    """Return a Markdown entry; the first of `lines` is its fourth."""
    return "\n".join(["---", "title: T", "date: 13.08.2014", *lines, "---", body])


def press(*lines: str) -> str:
    """Return a press text; the first of `lines` is its third."""
    return "\n".join(["T", "13.08.2014", *lines])
