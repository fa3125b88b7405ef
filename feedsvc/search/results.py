"""Results: what a search of an edition shows. Pure, but for the index it asks."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from markupsafe import Markup

from feedsvc.dates import parse_date
from feedsvc.edition import Edition
from feedsvc.i18n import N_
from feedsvc.model import Entry
from feedsvc.search.excerpts import FormMatcher, excerpt, highlight
from feedsvc.search.index import SPARE, Matches, Search
from feedsvc.search.query import Query, parse
from feedsvc.settings import Settings
from feedsvc.text import plain

PAGE_SIZE = 10
MAX_PAGES = 50
# So many results are counted, or to the page after the one that is shown.
MAX_COUNT = 200
# How long the results of an index that is behind are valid.
BEHIND_VALIDITY = timedelta(seconds=1)
# How far into a text excerpts are looked for, in characters: this much takes 5 ms.
EXCERPT_SCOPE = 50_000
# Another spelling is offered if no more than this was found, and it finds so many times more.
FEW = 2
MUCH_MORE = 10
_page = re.compile(r"[1-9][0-9]?", re.ASCII)
NO_DATE = N_("«{value}» is not a date. Write it like 2014-08-13 or 13.08.2014.")
NO_CATEGORY = N_("There is no category «{value}».")
CUT = N_("Your query is too long; only its first part was searched.")


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What was typed into the fields of the form, valid or not."""

    words: str = ""
    category: str = ""
    since: str = ""
    until: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An entry that was found, with its title and an excerpt, the found words highlighted."""

    entry: Entry
    title: Markup
    excerpt: Markup


@dataclass(frozen=True, slots=True)
class Results:
    """One page of results.

    `count` is how many there are in all, or there are `more` than that. `notes` are what was
    ignored, each a text of the catalogues and its `value`. `is_first` if the index is still
    being made. `offer` is what may have been meant, if little was found; '' if nothing else.
    """

    query: Query
    items: tuple[Result, ...] = ()
    count: int = 0
    more: bool = False
    page: int = 1
    pages: int = 0
    notes: tuple[tuple[str, str], ...] = ()
    is_first: bool = False
    offer: str = ""


def search(form: SearchForm, edition: Edition, index: Search, settings: Settings) -> Results:
    """Return the page of results that a form asks for. Raises SearchUnavailable."""
    query, notes = read_form(form, edition, settings)
    if not query.parts:
        return Results(query, notes=notes)
    page = min(int(form.page) if _page.fullmatch(form.page) else 1, MAX_PAGES)
    counted = max(MAX_COUNT, min(page + 1, MAX_PAGES) * PAGE_SIZE)
    matches = _matches(query, edition, index, page * PAGE_SIZE, counted)
    ids = [each.id for each in matches.best]
    count = len(matches.newest)
    pages = -(-min(count, counted) // PAGE_SIZE)
    page = min(page, max(pages, 1))
    return Results(
        query,
        items=_results(ids[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], matches, edition),
        count=min(count, counted),
        more=count > counted,
        page=page,
        pages=pages,
        notes=notes,
        is_first=matches.is_first,
        offer=_offer(query, count, edition, index),
    )


def newest(query: Query, edition: Edition, index: Search, limit: int) -> tuple[Entry, ...]:
    """Return the newest entries that a query finds. Raises SearchUnavailable."""
    matches = _matches(query, edition, index, 0, limit + SPARE)
    return _entries([each.id for each in matches.newest[:limit]], edition)


def _matches(query: Query, edition: Edition, index: Search, best: int, count: int) -> Matches:
    """Return what a query finds and is public; the edition knows, if the index may not."""
    matches = index.find(query, edition, best, count)
    if matches.is_behind:
        edition.limit_validity(BEHIND_VALIDITY)
    if matches.is_exact:
        return matches
    public = edition.unchanged({each.sequence for each in (*matches.best, *matches.newest)})
    return replace(
        matches,
        best=tuple(each for each in matches.best if each.sequence in public),
        newest=tuple(each for each in matches.newest if each.sequence in public),
    )


def _results(ids: list[str], matches: Matches, edition: Edition) -> tuple[Result, ...]:
    matcher = FormMatcher(matches.forms)
    return tuple(
        Result(
            entry,
            highlight(entry.title, matcher),
            excerpt((plain(entry.html, EXCERPT_SCOPE), entry.summary), matcher),
        )
        for entry in _entries(ids, edition)
    )


def _offer(query: Query, count: int, edition: Edition, index: Search) -> str:
    """Return the spelling of a query that finds most, if it finds much more; '' for none."""
    if count > FEW:
        return ""
    best, most = "", max(count * MUCH_MORE, 1)
    for offered in index.offers(query):
        spelled = replace(
            parse(offered), category=query.category, since=query.since, until=query.until
        )
        found = len(_matches(spelled, edition, index, 0, MAX_COUNT).newest)
        if found >= most and (found > most or not best):
            best, most = offered, found
    return best


def _entries(ids: list[str], edition: Edition) -> tuple[Entry, ...]:
    found = map(edition.find, ids)
    return tuple(entry for entry in found if isinstance(entry, Entry))


def read_form(
    form: SearchForm, edition: Edition, settings: Settings
) -> tuple[Query, tuple[tuple[str, str], ...]]:
    """Return the query of a form, and notes of what was ignored in it."""
    query = parse(form.words)
    notes = [(CUT, "")] if query.is_cut else []
    category = form.category.strip()
    if category and category not in dict(edition.categories()):
        notes.append((NO_CATEGORY, category))
        category = ""
    since, until = (_day(text, settings) for text in (form.since, form.until))
    for text, day in ((form.since, since), (form.until, until)):
        if text.strip() and day is None:
            notes.append((NO_DATE, text.strip()))
    # To the end of that day.
    end = until and until + timedelta(days=1)
    return replace(query, category=category, since=since, until=end), tuple(notes)


def _day(text: str, settings: Settings) -> datetime | None:
    moment = parse_date(text, settings.timezone)
    return moment and datetime.combine(moment.date(), time.min, settings.timezone)
