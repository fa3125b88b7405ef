"""Links in the text of an entry: resolve what is written, and find bare addresses."""

import re
from html import escape
from urllib.parse import unquote, urljoin, urlsplit

from linkify_it import LinkifyIt
from werkzeug.urls import iri_to_uri

from feedsvc.text import SITE, clean

_host = re.compile(r"[\w.-]+(?::\d+)?")
# Where an address may stand; the linkifier's own search costs 500 times as much.
_hint = re.compile(r"[@/]|\w\.\w")
_linkify = LinkifyIt()


def absolute(address: str, page: str) -> str | None:
    """Resolve an address written in an entry against the path of the entry's page.

    Return a URI (RFC 3986; an IRI is encoded), behind `SITE` if it is on this site, or
    None if it is not an address.
    """
    try:
        parts = urlsplit(clean(address).strip())
        if not parts.scheme and not parts.netloc:
            # Two leading slashes would name a host.
            return SITE + "/" + iri_to_uri(urljoin(page, parts.geturl())).lstrip("/")
        if parts.scheme in ("mailto", "tel"):
            return iri_to_uri(parts.geturl())
        netloc = unquote(parts.netloc)
        if not _host.fullmatch(netloc):
            return None
        return iri_to_uri(parts._replace(scheme=parts.scheme or "https", netloc=netloc).geturl())
    except ValueError:
        return None


def linked(line: str) -> str:
    """Return a line of plain text as HTML, with its bare addresses as links."""
    if not _hint.search(line):
        return escape(line)
    parts = []
    end = 0
    for match in _linkify.match(line) or ():
        parts.append(escape(line[end : match.index]))
        parts.append(f'<a href="{escape(match.url)}">{escape(match.text)}</a>')
        end = match.last_index
    parts.append(escape(line[end:]))
    return "".join(parts)
