"""An item as an entry file: front matter, and below it Markdown or HTML.

Each file is read as the service will read it before it is written. It is Markdown if that
becomes the same page; what Markdown cannot hold is left in HTML.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import msgspec
import yaml

from feedsvc import parsing
from feedsvc.i18n import translations
from feedsvc.importing.body import rewrite, same, simplify, to_markdown
from feedsvc.importing.item import File, Item
from feedsvc.media.types import TYPES, suffix
from feedsvc.model import Entry, Problem, Reading
from feedsvc.parsing.addresses import FileName
from feedsvc.parsing.templates import without_templates
from feedsvc.settings import ParseSettings
from feedsvc.text import plain
from feedsvc.urls import old_address

# In characters: a longer one is a text.
_MAX_SUMMARY = 2000
_MAX_TITLE = 100
# What programs end a summary with that they have made.
_ending = re.compile(r"\s*(?:\[?(?:…|\.\.\.)\]?|(?:Читать|Read more|Continue reading).*)\Z")
_correction = re.compile(r"<p><strong>([^<]*)</strong> ([^<]*)</p>\n")
_cover = re.compile(
    r'<figure><img src="([^"]*)" alt="([^"]*)"(?: width="\d+" height="\d+")?>'
    r"(?:<figcaption>([^<]*)</figcaption>)?</figure>\n"
)


class Composed(msgspec.Struct, frozen=True):
    """The text of an entry file, the end of its name, and what the service will say of it."""

    text: str
    suffix: str
    problems: tuple[Problem, ...]


class Place(NamedTuple):
    """Where an entry file will lie: in which entries folder, and its path without its suffix."""

    root: Path
    path: str


class Site(msgspec.Struct, frozen=True):
    """Where a text goes: the new site, and the files of other texts by their old addresses."""

    host: str
    texts: dict[str, str]


def files_of(item: Item, language: str) -> list[str]:
    """Return the absolute addresses of the files that a text shows, links and comes with."""
    found: dict[str, None] = {}

    def note(written: str, is_picture: bool) -> str:  # noqa: FBT001 - as in body.Resolve
        address = _join(item.base, written)
        if is_picture or suffix(urlsplit(address).path) in TYPES:
            found[address] = None
        return written

    if item.image:
        found[item.image.url] = None
    rewrite(item.html, note, language)
    found.update(dict.fromkeys(file.url for file in item.attachments))
    return [url for url in found if url.partition(":")[0] in ("http", "https", "file")]


def compose(
    item: Item, place: Place, names: Mapping[str, str], site: Site, settings: ParseSettings
) -> Composed:
    """Return the entry file of an item.

    `names` are those of the files that lie beside it, by their absolute addresses.
    """
    item = _with_parts(item, settings.language) if item.is_ours else item
    html = rewrite(item.html, _Addresses(item, names, site).resolve, settings.language)
    if not item.is_ours:
        html = simplify(html)
    source = _without_code(html, settings)
    reads = _Reader(place, settings)
    head = _head(item, names, html, settings)
    if item.published and head.get("id") == FileName(f"{place.path}.md").stem:
        del head["id"]  # as that of the file's name
    read = reads.read(".html", {**head, "summary": ""}, source).entry
    if read is not None:
        head = {**head, **_old_addresses(item, read, site)}
        if _says_no_more(item, read):
            head["summary"] = ""
        head = {name: value for name, value in head.items() if value}
    if source == html and read is not None:
        markdown = to_markdown(html)
        in_markdown = reads.read(".md", head, markdown)
        if in_markdown.entry and _is_same(read, in_markdown.entry, item):
            return Composed(_file(head, markdown), ".md", in_markdown.problems)
    return Composed(_file(head, source), ".html", reads.read(".html", head, source).problems)


def _is_same(one: Entry, other: Entry, item: Item) -> bool:
    return one.html == other.html or (not item.is_ours and same(one.html, other.html))


class _Addresses:
    """What is to stand in place of the addresses in a text."""

    def __init__(self, item: Item, names: Mapping[str, str], site: Site) -> None:
        self._item = item
        self._names = names
        self._site = site

    def resolve(self, written: str, is_picture: bool) -> str | None:  # noqa: FBT001 - as in body.Resolve
        """Return it, relative to the entry for a file that lies beside it."""
        address = _join(self._item.base, written)
        if name := self._names.get(address):
            return quote(name)
        page, hash_sign, fragment = address.partition("#")
        if hash_sign and page in (self._item.address, self._item.base):
            return f"#{fragment}"
        if not is_picture and (other := self._site.texts.get(page)):
            return other + hash_sign + fragment
        parts = urlsplit(address)
        if parts.scheme == "file" or parts.netloc.lower() == self._site.host:
            return parts._replace(scheme="", netloc="").geturl() or "/"
        return address


class _Reader:
    """Reads what is to be written as the service will."""

    def __init__(self, place: Place, settings: ParseSettings) -> None:
        self._place = place
        self._settings = settings

    def read(self, end: str, head: Mapping[str, object], source: str) -> Reading:
        data = _file(head, source).encode("utf-8", "replace")
        root, path = self._place
        return parsing.read(data, path + end, self._settings, root)


def _join(base: str, written: str) -> str:
    try:
        return urljoin(base, written.strip())
    except ValueError:
        return written


def _with_parts(item: Item, language: str) -> Item:
    """Return an item of ours with what its content begins with as fields of their own."""
    html, correction, image = item.html, item.correction, item.image
    label = translations(language).gettext("Correction:")
    if (found := _correction.match(html)) and found[1] == label:
        correction, html = plain(found[2]), html[found.end() :]
    first = item.attachments[0].url if item.attachments else None
    attachments = item.attachments
    if (found := _cover.match(html)) and plain(found[1]) == first:
        image = File(first, *(plain(text) if text else "" for text in found.groups()[1:]))
        html, attachments = html[found.end() :], attachments[1:]
    return msgspec.structs.replace(
        item, html=html, correction=correction, image=image, attachments=attachments
    )


def _head(
    item: Item, names: Mapping[str, str], html: str, settings: ParseSettings
) -> dict[str, object]:
    """Return the front matter of an item, but for the addresses it had."""
    shown = {name for name in names.values() if quote(name) in html}
    title = item.title or _title_from(html)
    image = item.image and names.get(item.image.url)
    if image in shown and not item.is_ours:
        image = None
    attached = [names.get(file.url) for file in item.attachments]
    is_own = item.guid.startswith(f"tag:{settings.authority}:")
    entry_id = item.guid.removeprefix(f"tag:{settings.authority}:") if is_own else ""
    head: dict[str, object] = {
        "title": title,
        "date": _date(item.published, settings),
        "updated": _date(item.updated, settings) if _is_later(item) else "",
        "author": item.author,
        "publisher": item.publisher,
        "categories": list(item.categories),
        "summary": item.summary if len(item.summary) <= _MAX_SUMMARY else "",
        "lang": "" if item.lang == settings.language and not item.is_ours else item.lang,
        "status": "" if item.status == "published" else item.status,
        "reason": item.reason,
        "correction": item.correction,
        "image": _image(item.image, image) if item.image and image else "",
        "attachments": [
            name
            for name in dict.fromkeys(attached)
            if name and name != image and (item.is_ours or name not in shown)
        ],
        "id": entry_id,
        "guid": "" if is_own else item.guid,
    }
    return {name: value for name, value in head.items() if value}


def _old_addresses(item: Item, entry: Entry, site: Site) -> dict[str, object]:
    """Return the fields of the addresses that a text had.

    One on the site's own host is only an old one, and that of the entry's page is none.
    """
    own = old_address(entry.page)
    is_here = urlsplit(item.address).netloc.lower() == site.host
    return {
        "address": "" if is_here else item.address,
        "aliases": [path for path in item.aliases if old_address(path) != own],
    }


def _says_no_more(item: Item, read: Entry) -> bool:
    """Return whether a summary says no more than an entry that was read without it."""
    summary = _ending.sub("", item.summary)
    is_title = summary == item.title and not (item.is_ours and read.summary)
    is_beginning = not item.is_ours and plain(read.html).replace("\n", " ").startswith(summary)
    return is_title or is_beginning or read.summary == item.summary


def _without_code(html: str, settings: ParseSettings) -> str:
    """Return HTML in which nothing looks like the code of a template: it is text."""
    found: list[str] = []
    without = without_templates(
        html,
        settings.language,
        lambda _line, code: found.append(code),
        lambda written: written,
        is_html=True,
    )
    if without == html and not found:
        return html
    return html.replace("{", "&#123;").replace("[", "&#91;")


def _title_from(html: str) -> str:
    """Return a title for a text that has none: its first words."""
    first = plain(html, enough=_MAX_TITLE).partition("\n")[0]
    if len(first) <= _MAX_TITLE:
        return first
    return first[:_MAX_TITLE].rpartition(" ")[0] + "…"


def _image(file: File, name: str) -> object:
    described = {"alt": file.alt, "caption": file.caption}
    described = {key: text for key, text in described.items() if text}
    return {"file": name, **described} if described else name


def _is_later(item: Item) -> bool:
    published, updated = item.published, item.updated
    if published is None or updated is None:
        return False
    is_like = (published.tzinfo is None) == (updated.tzinfo is None)
    return is_like and updated > published


def _date(moment: datetime | None, settings: ParseSettings) -> str:
    if moment is None:
        return ""
    if moment.tzinfo is not None:
        moment = moment.astimezone(settings.timezone)
        offset = moment.utcoffset()
        if offset is None or offset.seconds % 60:  # before zones had whole minutes
            moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0).isoformat()


def _file(head: Mapping[str, object], source: str) -> str:
    fields = yaml.safe_dump(dict(head), allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{fields}---\n{source}"
