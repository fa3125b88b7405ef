"""What caches are told: the surrogate keys and the addresses that changes of entries concern."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from feedsvc import urls
from feedsvc.documents import DOCUMENTS
from feedsvc.feeds import common
from feedsvc.media.thumbnails import WIDTHS
from feedsvc.model import Entry
from feedsvc.storage.changes import EntryEvent
from feedsvc.surrogate_keys import ALL, LIST, of_entry

# Not about the news, or without end.
_APART = ("health", "ready", "search subscription")
_variable = re.compile(r"<(?:\w+:)?(\w+)>")
_Values = Mapping[str, object]


class Batch(NamedTuple):
    """Surrogate keys, and paths of this site."""

    keys: tuple[str, ...]
    paths: tuple[str, ...]


def of_events(events: Iterable[EntryEvent]) -> Batch:
    """Return what events concern: the entries, and whatever lists news."""
    keys, paths = {LIST: None}, dict.fromkeys(_paths_without_variables())
    for event in events:
        keys[of_entry(event.row.id)] = None
        paths.update(dict.fromkeys(_paths(event)))
    return Batch(tuple(keys), tuple(paths))


def of_everything() -> Batch:
    """Return the key of every response, and the addresses that do not depend on entries."""
    return Batch((ALL,), _paths_without_variables())


def _paths(event: EntryEvent) -> Iterator[str]:
    """Yield the addresses of an entry, and of the lists that it belongs to as it is now."""
    if event.row.page:
        yield event.row.page
    entry = event.row.last()
    if entry is None:
        return
    for rule, names in _rules():
        for values in _values(entry):
            if names and names == values.keys():
                yield urls.fill(rule, **values)


def _values(entry: Entry) -> Iterator[_Values]:
    """Yield the variables of the rules that an entry has documents of."""
    year, month = entry.published.isoformat()[:7].split("-")
    yield {"year": year, "month": month}
    yield {"year": year, "part": 1}
    for category in entry.categories:
        yield {"slug": category.slug}
        yield {"slug": category.slug, "year": year, "month": month}
    if entry.lang:
        yield {"tag": entry.lang.lower()}
    for file in common.media(entry):
        yield {"entry_id": entry.id, "name": file.name}
        for width in WIDTHS if file.width else ():
            yield {"width": width, "entry_id": entry.id, "name": file.name}


@lru_cache
def _rules() -> tuple[tuple[str, frozenset[str]], ...]:
    """Return the URL rules of documents about the news, each with its variables."""
    found = [each.rule for each in DOCUMENTS if not each.is_static and each.name not in _APART]
    return tuple((rule, frozenset(_variable.findall(rule))) for rule in found if rule)


@lru_cache
def _paths_without_variables() -> tuple[str, ...]:
    return tuple(rule for rule, names in _rules() if not names)
