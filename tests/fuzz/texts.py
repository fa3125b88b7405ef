"""Targets: the parsers of parts of an entry, of searches, of settings and of messages."""

import json
import re
import sqlite3
from contextlib import suppress
from datetime import timedelta
from functools import cache
from html import unescape
from unicodedata import is_normalized
from zoneinfo import ZoneInfo

import msgspec

from feedsvc import dates, i18n
from feedsvc.errors import SettingsError
from feedsvc.feeds.delta import known_digests
from feedsvc.media import cleaning, inspect
from feedsvc.parsing import encoding, front_matter, keys, links, press_head
from feedsvc.parsing.bounds import MAX_LENGTH, Excess
from feedsvc.parsing.context import Context, Refused
from feedsvc.parsing.embeds import without_embeds
from feedsvc.parsing.identifiers import category, id_from, is_id
from feedsvc.parsing.press_blocks import blocks
from feedsvc.parsing.sanitizer import from_blocks, from_markdown
from feedsvc.parsing.templates import without_templates
from feedsvc.search.excerpts import FormMatcher, excerpt, highlight
from feedsvc.search.index import SCHEMA
from feedsvc.search.offers import spellings
from feedsvc.search.query import MAX_LENGTH as MAX_QUERY
from feedsvc.search.query import MAX_WORDS, parse
from feedsvc.search.stemming import plain_form
from feedsvc.search.terms import SUMMARY, TITLE, match
from feedsvc.search.vocabulary import NewForms, forms_of, terms_of
from feedsvc.settings import FILE_VARIABLE, load
from feedsvc.sync.reading import decode_reply, decode_request, encode
from feedsvc.text import SITE, SUMMARY_LENGTH, clean, normalized, place, plain, summarize
from feedsvc.urls import old_address
from tests.fuzz.folders import temporary_folder
from tests.fuzz.oracles import (
    check_characters,
    check_problems,
    check_with_html5lib,
    promise,
)
from tests.support.markup import PAGE, assert_harmless
from tests.support.parsing import MOSCOW, NO_FOLDER

_ZONES = tuple(
    map(ZoneInfo, "Europe/Moscow UTC Asia/Kathmandu America/New_York Pacific/Apia".split())
)
# RFC 3986, of the kinds that an entry may hold.
_URI = re.compile(r"[!#-;=?-Z\[\]_a-z~%]*", re.IGNORECASE)
_link = re.compile(r'<a href="[^"<>]*">|</a>')
_mark = re.compile("</?mark>")
_marked = re.compile("<mark>([^<]*)</mark>")
_slug = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
_folder = cache(temporary_folder)
# Every how many inputs a second, slower parser checks the same.
_SAMPLE = 16


def decoded(data: bytes) -> str:
    """Return a text as `encoding.decode` would, without its problems."""
    text = data.decode(errors="ignore")
    return normalized(clean(text.replace("\r\n", "\n").replace("\r", "\n")))


def check_encoding(data: bytes) -> int:
    """Decode a file."""
    context = Context("news/a.md", MOSCOW, NO_FOLDER)
    text = ""
    with suppress(Refused):
        text = encoding.decode(data, context)
    check_characters(text)
    promise(is_normalized("NFC", text), "NFC")
    promise("\r" not in text, "line feeds")
    check_problems(context.problems, len(data) + 1)
    return len(text.encode())


def check_front_matter(data: bytes) -> int:
    """Read front matter."""
    context = Context("news/a.md", MOSCOW, NO_FOLDER)
    text = decoded(data)
    values: dict[str, front_matter.Value] = {}
    body = ""
    with suppress(Refused):
        values, body = front_matter.split(text, context)
    promise(text.endswith(body), "the text below")
    check_characters(json.dumps([value.content for value in values.values()], ensure_ascii=False))
    check_problems(context.problems, text.count("\n") + 2)
    return sum(len(repr(value)) for value in values.values())


def check_press_head(data: bytes) -> int:
    """Read the head of a press text."""
    context = Context("news/a.txt", MOSCOW, NO_FOLDER)
    lines = decoded(data).split("\n")
    found = None
    with suppress(Refused):
        found = press_head.read(lines, context)
        keys.interpret(found.values, context)
        hiding = press_head.hiding_line(lines, found.body)
        promise(hiding == 0 or found.body < hiding <= len(lines), "a line of the text", hiding)
    check_problems(context.problems, len(lines) + 1)
    if found is None:
        return 0
    promise(0 < found.body <= len(lines), "the line of the text", found.body)
    promise({"title", "date"} <= {*found.values}, "title and date", found.values)
    numbers = [value.line for value in found.values.values()]
    promise(all(1 <= number <= found.body for number in numbers), "lines of the head", numbers)
    return sum(len(repr(value)) for value in found.values.values())


def check_date(data: bytes) -> int:
    """Read a date in one of the zones; write it, and read that."""
    zone = _ZONES[data[0] % len(_ZONES)] if data else _ZONES[0]
    moment = dates.parse_date(data[1:].decode(errors="ignore"), zone)
    if moment is None:
        return 0
    promise(not (moment.utcoffset() or timedelta(1)).seconds % 60, "minutes", moment)
    promise(dates.from_microseconds(dates.to_microseconds(moment)) == moment, "equal", moment)
    for language in i18n.LANGUAGES:
        for write in (i18n.long_date, i18n.full_date, i18n.month_name, i18n.clock_time):
            check_characters(write(moment, language))
    if 1900 <= moment.year < 3000:
        promise(dates.parse_date(moment.isoformat(), zone) == moment, "the same again", moment)
    return len(moment.isoformat())


def check_links(data: bytes) -> int:
    """Resolve an address, and find addresses in a line."""
    text = decoded(data)
    address = links.absolute(text, PAGE)
    if address is not None:
        check_address(address)
    line = text.replace("\n", " ")
    html = links.linked(line) if links.search_length(line) < 20_000 else ""
    promise(not html or unescape(_link.sub("", html)) == line, "the same text", line, html)
    return len(html)


def check_address(address: str) -> None:
    """Check that an address is one that a body may have."""
    if address.startswith(SITE):
        address = address.removeprefix(SITE)
        promise(re.match("/(?!/)", address), "a path of this site", address)
    else:
        # The sanitizer knows the schemes that are allowed.
        promise(re.match(r"[a-z][a-z0-9+.-]*://[^/]|mailto:|tel:", address), "an address", address)
    promise(_URI.fullmatch(address), "a URI", address)


def check_identifiers(data: bytes) -> int:
    """Make an id and a slug of a text."""
    text = decoded(data)
    promise(is_id(id_from(text)), "an id", id_from(text))
    found = category(text)
    if found is not None:
        promise(_slug.fullmatch(found.slug), "a slug", found.slug)
        promise(category(found.label) == found, "the same again", found)
    return len(id_from(text))


def _check_body(html: str, data: bytes) -> int:
    assert_harmless(html)
    promise(len(html) <= MAX_LENGTH, "bounded", len(html))
    text = plain(html)
    check_characters(text)
    summary = summarize(text)
    promise(len(summary) <= SUMMARY_LENGTH, "bounded", summary)
    if sum(data) % _SAMPLE == 0:
        check_with_html5lib(place(html, ""))
    return len(html)


def check_markdown(data: bytes) -> int:
    """Render Markdown."""
    try:
        html = from_markdown(decoded(data), PAGE)
    except Excess as error:
        promise(error.line <= len(data) + 1, "a line of the text", error.line)
        return 0
    return _check_body(html, data)


def check_press_text(data: bytes) -> int:
    """Render a plain text."""
    try:
        lines = (line.strip(" \r") for line in decoded(data).split("\n"))
        html = from_blocks(blocks("\n".join(lines)), PAGE)
    except Excess:
        return 0
    return _check_body(html, data)


def check_sanitizer(data: bytes) -> int:
    """Sanitize HTML, and sanitize that: it must stay harmless, and lose no letter.

    The tags may change: HTML does not promise that a written tree is read as the same tree.
    """
    text = re.sub(r"\n[ \t]*(?=\n)", "", decoded(data))
    with suppress(Excess):
        html = from_markdown(f"<div>{text}", PAGE)
        size = _check_body(html, data)
        inner = place(html, "")
        if not re.search(r"\n[ \t]*\n", inner):  # it would end the block of HTML
            again = from_markdown(inner, PAGE)
            _check_body(again, data)
            promise(_letters(again) == _letters(html), "the same text", html, again)
        return size
    return 0


def _letters(html: str) -> str:
    """Return what is read, but for attributes in braces: at the end of a heading they vanish."""
    letters = "".join(plain(html).split())
    while (fewer := re.sub(r"\{[:.#][^{}]*\}", "", letters)) != letters:
        letters = fewer
    return letters


def check_templates(data: bytes) -> int:
    """Take the code of templates out of a text, and players out of that."""
    text = decoded(data)
    lines: list[int] = []
    found = without_templates(text, "en", lambda line, _: lines.append(line), lambda _: "/a")
    promise(lines == sorted(lines), "lines in their order", lines)
    promise(not lines or 1 <= lines[0] <= lines[-1] <= text.count("\n") + 1, "lines of it", lines)
    html = without_embeds(found, "en")
    return len(found) + len(html) + len(old_address(text) or "")


@cache
def _index() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA.tables)
    return connection


def check_search(data: bytes) -> int:
    """Read a query, run it, and highlight what it finds in a text."""
    typed, _, text = data.decode(errors="ignore").partition("\n")
    text = clean(text)
    query = parse(typed)
    words = [word for part in query.parts for word in part]
    promise(len(words) <= MAX_WORDS and len(query.text) <= MAX_QUERY, "bounded", query)
    again = parse(query.text)
    promise(again.parts == query.parts and again.text == query.text, "the same again", query)
    execute = _index().execute
    met = NewForms()
    met.terms(f"{text[:1000]} {typed[:MAX_QUERY]}")
    execute("SAVEPOINT input")
    met.store(execute)
    terms = {word: terms_of(execute, word) for word in words}
    for prefix in (TITLE, SUMMARY, ""):
        if query.parts:
            matching = match(query, terms, prefix)
            promise(matching is not None, "terms of each word that was stored", query)
            execute("SELECT rowid FROM words WHERE words MATCH ?", (matching,)).fetchall()
    forms = forms_of(execute, terms)
    promise(set(words) <= forms.keys(), "its own forms", query)
    matcher = FormMatcher(forms)
    for offered in spellings(execute, query):
        promise(bool(parse(offered).parts), "a query", query, offered)
    execute("ROLLBACK TO input")
    for found in map(plain_form, _marked.findall(str(highlight(text, matcher)))):
        promise(found in forms, "a form", found)
    whole = str(highlight(text, matcher))
    promise(unescape(_mark.sub("", whole)) == text, "the same text", text, whole)
    part = unescape(_mark.sub("", str(excerpt((text, typed), matcher))))
    promise(len(part) < 600, "bounded", part)
    return len(whole)


def check_entity_tags(data: bytes) -> int:
    """Read the digests in entity tags."""
    tags = data.decode("latin-1").split(",")
    digests = known_digests([*tags, None])
    promise(all(len(digest) == 4 for digest in digests), "digests of four bytes")
    return len(digests) * 4


def check_messages(data: bytes) -> int:
    """Decode a request or a reply of a reader."""
    decode = (decode_request, decode_reply)[data[0] % 2] if data else decode_request
    try:
        message = decode(data[1:])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return 0
    written = encode(message)
    promise(decode(written) == message or b"\xcb\x7f\xf8" in written, "the same again", message)
    return len(written)


def check_settings(data: bytes) -> int:
    """Load settings: a file, and after NULs the variables of the environment."""
    file, *variables = data.split(b"\0")
    path = _folder() / "feedsvc.toml"
    path.write_bytes(file)
    pairs = (each.decode("utf-8", "surrogateescape").partition("=") for each in variables)
    environ = {name: value for name, _, value in pairs} | {FILE_VARIABLE: str(path)}
    try:
        settings = load(environ)
    except SettingsError as error:
        promise(error.faults and error.language in i18n.LANGUAGES, "faults", error)
        for fault in error.faults:
            promise(all(map(fault.message.text, i18n.LANGUAGES)), "a text", fault)
        return len(str(error))
    promise("<id>" in settings.permalink and "//" not in settings.permalink, "a permalink")
    promise(re.fullmatch(r"https?://[^/]+", settings.site), "an address", settings.site)
    promise(1 <= settings.feed_size <= 500 and 0 <= settings.serve.workers <= 256, "bounded")
    for text in (settings.title, settings.description, settings.author, settings.contact):
        check_characters(text)
    return len(repr(settings))


_PICTURES = (".jpg", ".png", ".gif", ".webp", ".pdf", ".mp3", ".doc", ".xlsx", ".mp4", ".svg")


def check_picture(data: bytes) -> int:
    """Inspect a picture or another file."""
    end = _PICTURES[data[0] % len(_PICTURES)] if data else _PICTURES[0]
    path = _folder() / f"file{end}"
    path.write_bytes(data[1:])
    try:
        facts = inspect.inspect(str(path))
    except inspect.Unfit as unfit:
        promise(str(unfit).startswith("media-"), "the code of a problem", unfit)
        return 0
    length, at = len(data) - 1, 0
    for edit in facts.edits:
        promise(at <= edit.start <= edit.end <= length, "edits in order", facts)
        at = edit.end
    served = 0 if facts.is_converted else cleaning.edited_length(length, facts.edits)
    promise(facts.length == served, "the length", facts)
    if facts.width is not None and facts.height is not None:
        promise(0 < facts.width * facts.height <= inspect.MAX_PIXELS, "bounded", facts)
    return len(str(facts))
