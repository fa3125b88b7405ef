"""What a server has to know beside the files: redirects, and which pages are of what is gone."""

from collections.abc import Iterable, Iterator

import msgspec

from feedsvc import urls
from feedsvc.edition import Edition
from feedsvc.export.target import OWN
from feedsvc.settings import Settings
from feedsvc.storage.snapshot import Snapshot

REDIRECTS = f"/{OWN}redirects.json"
GONE_PAGES = f"/{OWN}gone.json"
NGINX_REDIRECTS = f"/{OWN}redirects.nginx"
CADDY_REDIRECTS = f"/{OWN}redirects.caddy"
NOT_FOUND = f"/{OWN}404.html"
TEXT, JSON = "text/plain; charset=utf-8", "application/json"


def redirects(edition: Edition, snapshot: Snapshot, settings: Settings) -> dict[str, str]:
    """Return where old addresses lead, by their form in `urls.old_address`.

    Those of other hosts, and with queries, are among them.
    """
    found = dict(snapshot.aliases(edition.now))
    own = settings.site.partition("://")[2].lower().removeprefix("www.")
    found = {alias.removeprefix(f"//{own}"): page for alias, page in found.items()}
    for path, aliases in urls.ALIASES.items():
        found |= {urls.old_address(alias) or alias: path for alias in aliases.split()}
    if settings.permalink.count("<") > 1:
        found |= {urls.fill(urls.ENTRY, id=each): page for each, page in _pages(edition)}
    found |= {urls.old_address(old) or old: new for old, new in settings.redirects}
    return dict(sorted(found.items()))


def _pages(edition: Edition) -> Iterator[tuple[str, str]]:
    for month, _ in edition.months():
        for entry in edition.for_month(month):
            yield entry.id, entry.page


def documents(
    found: dict[str, str], gone: Iterable[str], not_found: bytes
) -> dict[str, tuple[str, bytes]]:
    """Return media type and content of each document for servers, by its path."""
    here = {old: new for old, new in found.items() if not old.startswith("//")}
    words = [f'"{old}" "{new}"' for old, new in here.items() if _is_plain(old + new)]
    return {
        REDIRECTS: (JSON, _json(found)),
        GONE_PAGES: (JSON, _json(sorted(gone))),
        NGINX_REDIRECTS: (TEXT, "".join(f"{each};\n" for each in words).encode()),
        CADDY_REDIRECTS: (TEXT, "".join(f"{each}\n" for each in words).encode()),
        NOT_FOUND: ("text/html; charset=utf-8", not_found),
    }


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _is_plain(text: str) -> bool:
    """Return whether no character of a text means anything to a configuration in quotes."""
    return text.isprintable() and not set(text) & set('"\\${}')
