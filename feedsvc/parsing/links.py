"""Links in the text of an entry: resolve what is written, and find bare addresses."""

import re
from collections.abc import Iterator
from html import escape
from pathlib import PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote, urljoin, urlsplit

from linkify_it import LinkifyIt
from werkzeug.urls import iri_to_uri

from feedsvc.parsing.identifiers import DOCUMENT_SUFFIXES, ENTRY_SUFFIXES, as_id
from feedsvc.text import SITE, clean
from feedsvc.urls import HasPermalink, link_path

# In characters: RFC 1035 section 2.3.4 has at most 255 octets; servers read 8,000 of an address.
_MAX_HOST = 300
_MAX_ADDRESS = 8000
# Most of what is written: there is nothing to resolve or to encode in it.
_as_it_is = re.compile(
    r"https?://(?!xn--)[a-z0-9-]{1,40}(?:\.(?!xn--)[a-z0-9-]{1,40}){1,3}(?:/[A-Za-z0-9._~/-]{0,1000})?"
)
_host = re.compile(r"[\w.-]+(?::\d+)?")
# Where an address may stand; the linkifier's own search costs 500 times as much.
_hint = re.compile(r"[@/]|\.[^\W\d_]")
_word = re.compile(r"\S+")
_slashes = re.compile("^/{2,}")
# A longer word is not searched for an address.
_MAX_WORD = 2000
_linkify = LinkifyIt()


def absolute(address: str, page: str) -> str | None:
    """Resolve an address written in an entry against the path of the entry's page.

    Return a URI (RFC 3986; an IRI is encoded), behind `SITE` if it is on this site, or
    None if it is not an address, or too long for one.
    """
    return address if _as_it_is.fullmatch(address) else _resolved(address, page)


def _resolved(address: str, page: str) -> str | None:
    if len(address) > _MAX_ADDRESS:
        return None
    try:
        parts = urlsplit(clean(address).strip())
        if not parts.scheme and not parts.netloc:
            # Two leading slashes would name a host.
            parts = parts._replace(path=_slashes.sub("/", parts.path))
            return SITE + "/" + iri_to_uri(urljoin(page, parts.geturl())).lstrip("/")
        if parts.scheme in ("mailto", "tel"):
            return iri_to_uri(parts.geturl())
        netloc = unquote(parts.netloc)
        if len(netloc) > _MAX_HOST or not _host.fullmatch(netloc):
            return None
        return iri_to_uri(parts._replace(scheme=parts.scheme or "https", netloc=netloc).geturl())
    except ValueError:
        return None


def entry_link(written: str, settings: HasPermalink) -> str:
    """Return the path of the page of the entry whose file bears a name that a text links.

    It is made of the name alone; if that entry has another id, it is one of its `aliases`.
    """
    address, hash_sign, fragment = written.partition("#")
    page = link_path(settings, as_id(linked_name(address)))
    return page + hash_sign + fragment


def linked_name(address: str) -> str:
    """Return the name, without folders and ending, of the entry file that an address names."""
    path = PurePosixPath(unquote(address.partition("?")[0]).strip().rstrip("/"))
    is_file = path.suffix.lower() in (*ENTRY_SUFFIXES, *DOCUMENT_SUFFIXES)
    name = path.stem if is_file else path.name
    return normalize("NFC", path.parent.name if name in ("index", "_index") else name)


def linked(line: str) -> str:
    """Return a line of plain text as HTML, with its bare addresses as links."""
    parts = []
    end = 0
    for word in _words(line):
        for match in _linkify.match(word[0]) or ():
            parts.append(escape(line[end : word.start() + match.index]))
            parts.append(f'<a href="{escape(match.url)}">{escape(match.text)}</a>')
            end = word.start() + match.last_index
    parts.append(escape(line[end:]))
    return "".join(parts)


def search_length(line: str) -> int:
    """Return how many characters of a line have to be searched for addresses."""
    return sum(len(word[0]) for word in _words(line))


def _words(line: str) -> Iterator[re.Match[str]]:
    """Yield the words that may be or contain an address: none contains a space."""
    if _hint.search(line):
        for word in _word.finditer(line):
            if len(word[0]) <= _MAX_WORD and _hint.search(word[0]):
                yield word
