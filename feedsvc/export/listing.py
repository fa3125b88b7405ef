"""Which documents there are, in what order they are written, and which of them a change touches."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from feedsvc.dates import from_microseconds, to_microseconds
from feedsvc.documents import DOCUMENTS, Document, entry_paths
from feedsvc.edition import MAX_RELATED, Edition
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.storage.change_rows import TouchedEntry
from feedsvc.storage.snapshot import Snapshot
from feedsvc.urls import permalink_pattern

# The order: what is linked to before what links to it, and last what tells that it is there.
_FILES, _PAGES, _LISTS, _SITEMAPS, _FEEDS = range(5)
_OF_ENTRIES = ("entry", "media", "thumbnail")
_RANKS = {
    **dict.fromkeys(("media", "thumbnail", "logo", "style", "feed style"), _FILES),
    "entry": _PAGES,
    "robots": _SITEMAPS,
}
# In microseconds: longer than from the epoch to any date.
_EVER = 2**62
_owned_file = re.compile(r"/(?:media|preview/\d+)/([^/]+)/")
# So many entries on each side of one may show it: its neighbours, and those related to it.
_AROUND = 2 * (MAX_RELATED + 4)


class Listed(NamedTuple):
    """The path of a document, behind its place in the order."""

    rank: int
    path: str


class Place(NamedTuple):
    """Where an entry stood among the others; `published` is in microseconds since the epoch."""

    published: int
    month: str
    slugs: tuple[str, ...]
    page: str
    versions: tuple[str, ...]


@dataclass
class Touched:
    """What changed entries touch: pages, and lists of months and categories."""

    ids: set[str] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)
    months: set[str] = field(default_factory=set)
    slugs: set[str] = field(default_factory=set)


def owner(settings: Settings) -> Callable[[str], str | None]:
    """Return the function that returns the id of the entry whose document a path is, or None."""
    page = permalink_pattern(settings)

    def of(path: str) -> str | None:
        found = _owned_file.match(path) or page.fullmatch(path)
        return found[found.lastindex or 0] if found else None

    return of


def everything(edition: Edition, gone: Iterable[str], settings: Settings) -> list[Listed]:
    """Return every document, in the order in which they are written; `gone` are pages."""
    listed = {
        Listed(_rank(document), path)
        for document in DOCUMENTS
        for path in document.paths(edition, settings)
    }
    return sorted(listed | {Listed(_PAGES, page) for page in gone})


def places(edition: Edition, snapshot: Snapshot) -> dict[str, Place]:
    """Return the place of each entry, by its id: of public ones, and of those that feeds delete."""
    gone = snapshot.withdrawn(-_EVER, _EVER, edition.now)
    public = (entry for month, _ in edition.months() for entry in edition.for_month(month))
    return {entry.id: _place_of(entry) for entries in (gone, public) for entry in entries}


def current_place(row: TouchedEntry, edition: Edition) -> Place | None:
    """Return where a changed entry stands, or stood when it was withdrawn, if it is there."""
    found = edition.find(row.id)
    entry = found if isinstance(found, Entry) else row.entry()
    return None if entry is None else _place_of(entry)


def _place_of(entry: Entry) -> Place:
    return Place(
        published=to_microseconds(entry.published),
        month=entry.published.isoformat()[:7],
        slugs=tuple(category.slug for category in entry.categories),
        page=entry.page,
        versions=tuple(version.page for version in entry.versions),
    )


def touched_by(
    rows: Iterable[TouchedEntry],
    known: Mapping[str, Place],
    edition: Edition,
    snapshot: Snapshot,
    find_owner: Callable[[str], str | None],
) -> Touched:
    """Return what changed entries touch; `known` are the places that they had when written."""
    touched = Touched()
    for row in rows:
        touched.ids.add(row.id)
        if row.page:
            touched.pages.add(row.page)
            touched.months.add(row.month)
        for place in filter(None, (known.get(row.id), current_place(row, edition))):
            _add_lists(touched, place)
            touched.pages |= _pages_around(row.id, place, edition, snapshot)
            for page in place.versions:
                sibling = known.get(find_owner(page) or "")
                touched.pages.add(page)
                if sibling:
                    _add_lists(touched, sibling)
    for month in [*touched.months]:
        beside = edition.month_before(month), edition.month_after(month)
        touched.months.update(filter(None, beside))
    return touched


def _add_lists(touched: Touched, place: Place) -> None:
    touched.months.add(place.month)
    touched.slugs.update(place.slugs)


def _pages_around(entry_id: str, place: Place, edition: Edition, snapshot: Snapshot) -> set[str]:
    """Return the pages that show, or did show, an entry at a place as a neighbour or related."""
    moment = from_microseconds(place.published)
    stand_in = Entry(
        id=entry_id, title="", published=moment, updated=moment, html="", summary="", page=""
    )
    return {
        teaser.page
        for slug in (None, *place.slugs)
        for teaser in snapshot.around(stand_in, slug, (), edition.now, _AROUND)
    }


def entry_documents(entry: Entry) -> Iterator[Listed]:
    """Yield the documents of one public entry."""
    for name, path in entry_paths(entry):
        yield Listed(_RANKS[name], path)


def page(path: str) -> Listed:
    """Return the page of an entry as a document."""
    return Listed(_PAGES, path)


def shared(edition: Edition, settings: Settings) -> Iterator[tuple[Listed, Mapping[str, object]]]:
    """Yield each document of no entry in particular, with the variables of its rule."""
    for document in DOCUMENTS:
        if document.name in _OF_ENTRIES:
            continue
        for values in document.variables(edition, settings):
            yield Listed(_rank(document), document.path(values)), values


def is_touched(
    values: Mapping[str, object], touched: Touched, months_of: Callable[[str], list[str]]
) -> bool:
    """Return whether a document with these variables may show a change.

    `months_of` returns the months of a category. What has none of the variables always may.
    """
    slug = values.get("slug")
    if slug is not None and slug not in touched.slugs:
        return False
    if "month" in values:
        month = f"{values['year']}-{values['month']}"
        return month in touched.months or (
            slug is not None and _is_beside(month, touched.months, months_of(str(slug)))
        )
    years = {month[:4] for month in touched.months}
    return "year" not in values or values["year"] in years


def _is_beside(month: str, changed: set[str], months: list[str]) -> bool:
    """Return whether one of some months stands next to the place of a changed one."""
    return any(
        month == max((other for other in months if other < each), default=None)
        or month == min((other for other in months if other > each), default=None)
        for each in changed
    )


def _rank(document: Document) -> int:
    if document.name in _RANKS:
        return _RANKS[document.name]
    if "sitemap" in document.name:
        return _SITEMAPS
    return _FEEDS if "feed" in document.name.split() else _LISTS
