"""The addresses of an entry: of its page, and those that it had before, here or elsewhere."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import NamedTuple
from unicodedata import normalize

from feedsvc import urls
from feedsvc.media.types import entry_stem
from feedsvc.model import Category
from feedsvc.parsing.identifiers import as_id
from feedsvc.settings import ParseSettings

# The most old addresses of an entry.
MAX_ALIASES = 100
# How Jekyll, Hugo, WordPress and others write the variables of their addresses.
_variable = re.compile(r":([a-z_]+)|%([a-z_]+)%|[{<]([a-z_]+)[}>]", re.IGNORECASE)
_NAMES = "title slug name postname filename contentbasename basename slugorfilename".split()
# How the names of dated files begin.
DATED = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:[-_ ]+|$)", re.ASCII)
# The file of a folder with a text and its pictures; Hugo's may name a language.
_in_folder = re.compile(r"index((?:\.[a-z]{2}(?:-[a-z]{2,4})?)?)", re.IGNORECASE)
_language = re.compile(r"\.[a-z]{2}(?:-[a-z]{2,4})?\Z", re.IGNORECASE)
_date = re.compile(r"(?:^|/)(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?=[/-]|$)", re.ASCII)


class FileName:
    """What the path of an entry's file says of the entry.

    `language` is the end of a name that distinguishes a translation in Hugo (`a.es.md`).
    """

    def __init__(self, path: str) -> None:
        # Ten times as fast as pathlib, for each file of the first index.
        *folders, name = path.split("/")
        stem = entry_stem(name) or name
        if folders and (found := _in_folder.fullmatch(stem)):
            stem = folders.pop() + found[1]
        self.stem = normalize("NFC", stem)
        # Those whose names begin with «_» are no part of an address.
        self.folders = tuple(normalize("NFC", each) for each in folders if each[:1] != "_")
        self.is_post_of_jekyll = "_posts" in folders
        language = _language.search(stem) if "." in stem else None
        self.language = language[0] if language else ""
        dated = DATED.match(self.stem)
        # The stem without the date that it begins with.
        self.name = self.stem[dated.end() :] or self.stem if dated else self.stem
        self.date = dated[1] if dated else date_in("/".join(folders)) if folders else None


class Facts(NamedTuple):
    """What addresses are made of, besides the file's name."""

    id: str
    published: datetime
    categories: Sequence[Category] = ()


def page(name: FileName, settings: ParseSettings, facts: Facts) -> str:
    """Return the path of an entry's page."""
    folder = "/".join(map(as_id, name.folders)) if "<folder>" in settings.permalink else ""
    return urls.page_path(settings, facts.id, facts.published, folder)


def date_in(address: str) -> str | None:
    """Return the date that stands in an address or a path (`/2014/08/13/`), if any."""
    found = _date.search(address)
    return "-".join(found.groups()) if found else None


def is_pattern(written: str) -> bool:
    """Return whether an address has variables."""
    return written[:1] == "/" and _variable.search(written) is not None


def aliases(
    name: FileName, settings: ParseSettings, facts: Facts, written: Iterable[str]
) -> tuple[str, ...]:
    """Return the old addresses of an entry, as `urls.old_address` does.

    They are those that are `written`, those that the patterns of the settings make, and those
    that links in other entries are made of, by the file's name (see `links.entry_link`).
    """
    patterns = (*filter(None, written), *settings.old_permalinks)
    by_name = {facts.id, as_id(name.stem), as_id(name.name)}
    if not patterns and len(by_name) == 1 and settings.permalink.count("<") == 1:
        return ()  # as for most entries
    found = dict.fromkeys(
        urls.old_address(each)
        for each in (
            *(path for each in patterns for path in _expanded(each, name, facts)),
            *(urls.link_path(settings, each) for each in sorted(by_name)),
        )
    )
    own = urls.old_address(page(name, settings, facts))
    return tuple(each for each in found if each and _without_host(each) != own)[:MAX_ALIASES]


def _expanded(pattern: str, name: FileName, facts: Facts) -> Iterator[str]:
    """Yield the addresses that a pattern makes; itself if it has no variables."""
    if not _variable.search(pattern):
        yield pattern
        return
    labels = [*name.folders, *(each.label.lower() for each in facts.categories)]
    slugs = [*name.folders, *(each.slug for each in facts.categories)]
    # Systems differ in what they make of capitals, and of the words of a category.
    for slug, categories in product(
        dict.fromkeys((name.name, name.name.lower(), facts.id)),
        dict.fromkeys(tuple(dict.fromkeys(each)) for each in (labels, slugs)),
    ):
        values = {**_values(name, facts), **dict.fromkeys(_NAMES, slug)}
        values |= {"categories": "/".join(categories), "category": "".join(categories[:1])}
        if path := _filled(pattern, values):
            yield path


def _values(name: FileName, facts: Facts) -> dict[str, str]:
    moment = facts.published
    month, day = str(moment.month), str(moment.day)
    return {
        "year": f"{moment.year:04}",
        "short_year": f"{moment.year % 100:02}",
        **dict.fromkeys(("month", "monthnum"), month.zfill(2)),
        "i_month": month,
        "day": day.zfill(2),
        "i_day": day,
        "y_day": f"{moment.timetuple().tm_yday:03}",
        "hour": f"{moment.hour:02}",
        "minute": f"{moment.minute:02}",
        "second": f"{moment.second:02}",
        **dict.fromkeys(("folder", "sections"), "/".join(name.folders)),
        "section": "".join(name.folders[:1]),
        "id": facts.id,
        "output_ext": ".html",
    }


def _filled(pattern: str, values: Mapping[str, str]) -> str | None:
    """Return a path with these values; None if it has variables that are not among them."""
    names = [next(filter(None, found)).lower() for found in _variable.findall(pattern)]
    if not values.keys() >= {*names}:
        return None
    filled = _variable.sub(
        lambda found: values[next(filter(None, found.groups())).lower()], pattern
    )
    return re.sub("/{2,}", "/", filled)


def _without_host(address: str) -> str:
    return "/" + address[2:].partition("/")[2] if address.startswith("//") else address
