"""Targets: whole entries and everything that is rendered of them, the site, and requests."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from PIL import Image

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.documents import DOCUMENTS
from feedsvc.feeds import FEEDS, delta
from feedsvc.feeds.channel import Channel
from feedsvc.model import Entry, Reading
from feedsvc.pages import html
from feedsvc.parsing import read
from feedsvc.parsing.identifiers import is_id
from feedsvc.search.index import Search
from feedsvc.search.indexer import Indexer
from feedsvc.search.results import SearchForm, search
from feedsvc.search.terms import index_text
from feedsvc.search.vocabulary import NewForms
from feedsvc.settings import Settings
from feedsvc.storage.changes import Changes
from feedsvc.text import plain
from tests.fuzz.folders import temporary_folder
from tests.fuzz.oracles import (
    REPEATS,
    BrokenPromise,
    check_characters,
    check_json,
    check_page,
    check_problems,
    check_xml,
    promise,
    seconds,
)
from tests.support.markup import assert_harmless
from tests.support.newsroom import NOW, SITE, Newsroom, item

# By the first byte of an input.
PATHS = ("news/a.md", "news/a.txt", "Новости/7 дней!.md", "Новости/Кириллица.txt")
# Every how many inputs a reading is repeated.
_SAMPLE = 8
# How many inputs share a catalogue, which never forgets an id.
_CATALOGUE_LIFE = 2000
_CHECKS = {"xml": check_xml, "json": check_json, "html": check_page}


@cache
def _settings() -> Settings:
    """Return settings with folders of their own, and an entry's files in one of them."""
    folder = temporary_folder()
    entries = folder / "entries"
    (entries / "news" / "a").mkdir(parents=True)
    picture = BytesIO()
    Image.new("RGB", (1200, 800)).save(picture, "JPEG")
    for name in ("news/a/photo.jpg", "news/a.jpg", "news/a/Фото.jpg"):
        (entries / name).write_bytes(picture.getvalue())
    (entries / "news" / "a" / "plan.pdf").write_bytes(b"%PDF-1.7")
    (entries / "news" / "a" / "broken.png").write_bytes(b"\x89PNG")
    return replace(
        Settings(),
        title="Пресс-центр",
        language="ru",
        timezone=ZoneInfo("Europe/Moscow"),
        authority="news.example,2014",
        base_url=SITE,
        entries=entries,
        instance=folder / "instance",
    )


def _read(data: bytes) -> Reading:
    path = PATHS[data[0] % len(PATHS)] if data else PATHS[0]
    siblings = ("news/a.jpg", "news/a/plan.pdf") if path.startswith("news") else ()
    settings = _settings()
    return read(data[1:], path, settings.parsing, settings.entries, siblings)


def check_entry(data: bytes) -> int:
    """Read an entry; render its page, a feed, and the text for the index."""
    reading = _read(data)
    lines = data.count(b"\n") + data.count(b"\r") + 2
    check_problems(reading.problems, lines)
    entry = reading.entry
    promise(entry is not None or reading.problems, "an entry or problems")
    if sum(data) % _SAMPLE == 0:
        promise(_read(data) == reading, "the same again")
    if entry is None:
        return 0
    _check_entry(entry)
    return sum(map(len, _rendered(entry, sum(data))))


def _check_entry(entry: Entry) -> None:
    promise(is_id(entry.id), "an id", entry.id)
    promise(entry.title.strip() and entry.published <= entry.updated, "a title and dates", entry)
    assert_harmless(entry.html)
    for text in (entry.title, entry.summary, entry.author, entry.reason, entry.correction):
        check_characters(text or "")
    files = (*entry.inline, *entry.attachments)
    promise(len({file.name for file in files}) == len(files), "names are unique", files)


def _rendered(entry: Entry, chance: int) -> Iterator[bytes]:
    """Yield what is rendered of an entry, checked; a number chooses one of the feeds."""
    settings = _settings()
    withdrawn = (replace(entry, id="b", guid=None),)
    name, feed = tuple(FEEDS.items())[chance // _SAMPLE % len(FEEDS)]
    path = f"/feeds/{name}"
    channel = Channel(
        path=path,
        id_path=path,
        page="/",
        title=settings.title,
        entries=(entry,),
        withdrawn=withdrawn,
    )
    yield _checked(feed.media_type, feed.render(channel, settings))
    digests = delta.entry_digests(channel, settings)
    unseen = delta.unseen(channel, settings, frozenset(digests))
    promise(unseen.entries == unseen.withdrawn == (), "nothing new")
    neighbour = replace(entry, id="b")
    yield _checked("text/html", html.entry(entry, (neighbour, None), settings))
    yield index_text(entry, plain(entry.html), NewForms().terms).encode()


def _checked(media_type: str, body: bytes) -> bytes:
    check = next((check for kind, check in _CHECKS.items() if media_type.endswith(kind)), None)
    if check is None:
        check_characters(body.decode())
    else:
        check(body)
    return body


class _Site:
    """A catalogue and an index, in which one entry after the other is published."""

    def __init__(self) -> None:
        self.settings = replace(_settings(), instance=temporary_folder())
        self.newsroom = Newsroom(self.settings)
        self.newsroom.publish({"other.md": item(date="2014-08-12", categories="Спорт")})
        self.indexer = Indexer(self.settings.instance, "en")
        self.index = Search(self.settings.instance)
        self.inputs = 0

    def catch_up(self) -> None:
        while self.indexer.advance(Changes(self.newsroom.writer.snapshot(), NOW)):
            pass


_sites: list[_Site] = []


def _site() -> _Site:
    if _sites and _sites[0].inputs >= _CATALOGUE_LIFE:
        old = _sites.pop()
        old.indexer.close()
        old.newsroom.writer.close()
    if not _sites:
        _sites.append(_Site())
    return _sites[0]


def check_site(data: bytes) -> int:
    """Publish an entry, and render every document of the site, and a search that finds it."""
    site = _site()
    site.inputs += 1
    path = PATHS[data[0] % len(PATHS)] if data else PATHS[0]
    site.newsroom.apply({path: data[1:]}, (set(PATHS) - {path}))
    edition = site.newsroom.edition()
    size = 0
    for document in DOCUMENTS:
        if document.render is None or document.is_static:
            continue
        for values in document.variables(edition, site.settings):
            body = document.render(edition, site.settings, **values)
            promise(body is not None, "a document", document.name, values)
            size += len(_checked(document.media_type, body or b""))
    for name, feed in FEEDS.items():
        channel = feed.select(edition, site.settings, name)
        size += len(_checked(feed.media_type, feed.render(channel, site.settings)))
    return size + _search(site)


def _search(site: _Site) -> int:
    site.catch_up()
    edition = site.newsroom.edition()
    entries = edition.newest(1)
    form = SearchForm(entries[0].title[:200], since="12.08.2014", until=entries[0].summary[:100])
    results = search(form, edition, site.index, site.settings)
    return len(_checked("text/html", html.search(form, results, edition, site.settings)))


@cache
def application() -> Any:
    """Return the application of a small site."""
    site = _Site()
    site.newsroom.publish(
        {
            "gone.md": item(status="withdrawn", reason="A mistake."),
            "sport.md": item("Спорт", date="2014-08-10", categories="Спорт"),
            "news/a.md": item("Фото", date="2026-06-30", body="![](a.jpg)"),
        }
    )
    site.catch_up()
    app = build_app(site.settings)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def check_request(data: bytes) -> int:
    """Answer a request: a line with method, path and query, and lines of headers."""
    environ = _environ(data)
    answers: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _fault: object = None) -> None:
        answers.append((status, headers))

    with patch.object(clock, "now", lambda: NOW):
        body = application()(environ, start)
    try:
        length = sum(map(len, body))
    finally:
        if hasattr(body, "close"):
            body.close()
    ((status, headers),) = answers
    promise(status[:1] in "234", "no error of ours", status)
    for name, value in headers:
        written = value.encode("latin-1")  # raises if it cannot be sent
        promise(not re.search(rb"[\x00-\x1f\x7f]", written), "a header", name, value)
    promise(length == 0 or environ["REQUEST_METHOD"] != "HEAD", "no body", length)
    return length


def _environ(data: bytes) -> dict[str, object]:
    first, *lines = data.decode("latin-1").split("\n")
    method, _, target = first.partition(" ")
    path, _, query = target.partition("?")
    environ: dict[str, object] = {
        "REQUEST_METHOD": method.upper() if method.isascii() and method.isalpha() else "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/" + path.lstrip("/"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for line in lines:
        name, _, value = line.partition(":")
        environ["HTTP_" + name.strip().upper().replace("-", "_")] = value.strip()
    return environ


# The sizes, in bytes, that are compared.
_TINY, _SMALL, _LARGE = 4 * 1024, 32 * 1024, 256 * 1024
# In seconds of processor time. What takes less than `_NEGLIGIBLE` at the small size takes less
# than `_ALLOWED` at the large one even if it grows with the square; so does what takes less
# than `_LITTLE` and has grown with the length from the tiny size on. `_ALLOWED` is what the
# bounds of the parsers allow, however it has grown. A reader is ended after two seconds, but
# instrumented code needs longer.
_NEGLIGIBLE, _LITTLE = 0.012, 0.035
_ALLOWED = 1.0
_LIMIT = 3.0
# Eight times the size, and two and a half times as much again, as no measurement is exact.
_MOST_TIMES = 20


def check_growth(data: bytes) -> int:
    """Read an entry that repeats a short unit: its time must not grow faster than its length.

    Below the first byte, the input is the unit, and after NULs what stands before and after it.
    """
    unit, _, around = data[1:].partition(b"\0")
    before, _, after = around.partition(b"\0")
    if not unit:
        return 0
    head, path = _HEADS[data[0] % len(_HEADS)]

    def used(size: int) -> float:
        made = head + before + unit * (size // len(unit)) + after
        return seconds(lambda entry: len(_parse(entry, path).problems), made)

    time = used(_SMALL)
    if time < _NEGLIGIBLE or (time < _LITTLE and time < 12 * used(_TINY)):
        return 0
    if used(_LARGE) < _ALLOWED:
        return 0
    small = min(used(_SMALL) for _ in range(REPEATS))
    large = min(used(_LARGE) for _ in range(REPEATS))
    if large > _LIMIT or (large > _ALLOWED and large > _MOST_TIMES * small):
        raise BrokenPromise(f"{_SMALL} bytes took {small:.2f} s, {_LARGE} took {large:.2f} s")
    return 0


_FRONT = b"---\ntitle: T\ndate: 13.08.2014\n"
# By the first byte of an input: what the unit is repeated in.
_HEADS = (
    (_FRONT + b"---\n", PATHS[0]),
    (b"T\n13.08.2014\n", PATHS[1]),
    (_FRONT, PATHS[0]),
)


def _parse(data: bytes, path: str) -> Reading:
    settings = _settings()
    return read(data, path, settings.parsing, settings.entries)
