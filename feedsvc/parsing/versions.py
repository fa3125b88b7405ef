"""Languages of entries: what a file, or its name, says of the entry that it is a translation of."""

from functools import lru_cache
from urllib.parse import urlsplit

from babel.localedata import normalize_locale

from feedsvc.model import Original
from feedsvc.parsing.addresses import FileName
from feedsvc.parsing.identifiers import as_id, is_id
from feedsvc.parsing.links import linked_name
from feedsvc.settings import ParseSettings
from feedsvc.urls import link_path, old_address, permalink_pattern


def original(written: str, settings: ParseSettings, line: int) -> Original:
    """Return the entry that is named by its id, its file, or the address of its page."""
    found = None
    if "/" in written:
        found = permalink_pattern(settings).fullmatch(urlsplit(written).path)
    if found and is_id(found["id"]):
        return _named(found["id"], settings, line)
    name = linked_name(written)
    if not any(map(str.isalnum, name)):
        return Original(written, "/", line)  # which is nobody's
    return _named(as_id(name), settings, line)


def by_name(name: FileName, settings: ParseSettings) -> tuple[str | None, Original | None]:
    """Return language and original of a file whose name ends like `.en`, as Hugo's do.

    The language is None if it is the site's.
    """
    tag = name.language.removeprefix(".")
    stem = name.stem.removesuffix(name.language)
    if not tag or not stem or not _is_language(tag):
        return None, None
    is_own = tag.lower() == settings.language.lower()
    return None if is_own else tag, _named(as_id(stem), settings, 0)


def _named(name: str, settings: ParseSettings, line: int) -> Original:
    # Nothing has the address «/»: it is that of the home page.
    return Original(name, old_address(link_path(settings, name)) or "/", line)


@lru_cache(maxsize=100)
def _is_language(tag: str) -> bool:
    return normalize_locale(tag.replace("-", "_")) is not None
