"""Results: what a search shows of an edition. Neither a clock nor a request is known here."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from markupsafe import Markup

from feedsvc.dates import parse_date
from feedsvc.edition import Edition
from feedsvc.i18n import N_
from feedsvc.model import Entry
from feedsvc.search.excerpts import excerpt, marked
from feedsvc.search.index import MAX_COUNT, Matches, Search
from feedsvc.search.query import Query, parse
from feedsvc.settings import Settings
from feedsvc.text import plain

EACH_PAGE = 10
PAGES = 50
# So many more candidates are looked at, as some may not be public any more.
SPARE = 100
# How long what is said by an index that is behind may be repeated.
MEANWHILE = timedelta(seconds=1)
# How far into a text passages are looked for, in characters: as much takes 5 ms.
READ = 50_000
_slug = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_page = re.compile(r"[1-9][0-9]?", re.ASCII)
NO_DATE = N_("«{value}» is no date that can be read here, such as 2014-08-13 or 13.08.2014.")
NO_CATEGORY = N_("There is no category «{value}».")
TOO_MUCH = N_("That is more than can be searched for at once: only the beginning was.")


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What was written into the fields of the form, whatever it is."""

    words: str = ""
    category: str = ""
    since: str = ""
    until: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An entry that was found, its title and a passage of it with the found words marked."""

    entry: Entry
    title: Markup
    excerpt: Markup


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found.

    `count` is how many there are, or there are `more` than that. `notes` say, each a text
    and a value, what could not be made use of.
    """

    query: Query
    items: tuple[Result, ...] = ()
    count: int = 0
    more: bool = False
    page: int = 1
    pages: int = 0
    notes: tuple[tuple[str, str], ...] = ()
    is_first: bool = False


def search(asked: SearchForm, edition: Edition, search: Search, settings: Settings) -> Results:
    """Search an edition for what was asked. Raises SearchUnavailable."""
    query, notes = read(asked, edition, settings)
    if not query.parts:
        return Results(query, notes=notes)
    page = int(asked.page) if _page.fullmatch(asked.page) else 1
    page = min(page, PAGES)
    found = _find(query, edition, search, page * EACH_PAGE + SPARE)
    best = found.best[: page * EACH_PAGE + SPARE]
    public = edition.unchanged({each.sequence for each in (*best, *found.newest)})
    ids = [each.id for each in best if each.sequence in public]
    count = sum(1 for each in found.newest if each.sequence in public)
    pages = min(PAGES, -(-count // EACH_PAGE))
    page = min(page, max(pages, 1))
    matcher = query.matcher()
    shown = _entries(ids[(page - 1) * EACH_PAGE : page * EACH_PAGE], edition)
    return Results(
        query,
        items=tuple(
            Result(
                entry,
                marked(entry.title, matcher),
                excerpt((plain(entry.html, READ), entry.summary), matcher),
            )
            for entry in shown
        ),
        count=min(count, MAX_COUNT),
        more=count > MAX_COUNT,
        page=page,
        pages=pages,
        notes=notes,
        is_first=found.is_first,
    )


def newest(query: Query, edition: Edition, search: Search, limit: int) -> tuple[Entry, ...]:
    """Return the newest entries that a query finds. Raises SearchUnavailable."""
    found = _find(query, edition, search, 0)
    public = edition.unchanged(each.sequence for each in found.newest)
    ids = [each.id for each in found.newest if each.sequence in public]
    return _entries(ids[:limit], edition)


def _find(query: Query, edition: Edition, search: Search, best: int) -> Matches:
    found = search.find(query, edition, best)
    if found.is_behind:
        edition.limit_validity(MEANWHILE)
    return found


def _entries(ids: list[str], edition: Edition) -> tuple[Entry, ...]:
    found = map(edition.find, ids)
    return tuple(entry for entry in found if isinstance(entry, Entry))


def read(
    asked: SearchForm, edition: Edition, settings: Settings
) -> tuple[Query, tuple[tuple[str, str], ...]]:
    """Make a query of what was asked, and notes of what cannot be made use of."""
    query = parse(asked.words)
    notes = [(TOO_MUCH, "")] if query.is_cut else []
    category = asked.category.strip()
    if category and category not in dict(edition.categories()):
        notes.append((NO_CATEGORY, category))
        category = ""
    since, until = (_day(text, settings) for text in (asked.since, asked.until))
    for text, day in ((asked.since, since), (asked.until, until)):
        if text.strip() and day is None:
            notes.append((NO_DATE, text.strip()))
    return Query(
        query.parts,
        query.text,
        query.is_cut,
        category,
        since,
        # To the end of that day.
        until and until + timedelta(days=1),
    ), tuple(notes)


def _day(text: str, settings: Settings) -> datetime | None:
    moment = parse_date(text, settings.timezone)
    return moment and datetime.combine(moment.date(), time.min, settings.timezone)
