"""Markdown with YAML front matter."""

import re
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from feedsvc.dates import parse_date
from feedsvc.model import Attachment, Category, Entry, Status
from feedsvc.parsing import front_matter
from feedsvc.parsing.attachments import EntryFiles
from feedsvc.parsing.context import Body, Context, Refused
from feedsvc.parsing.identifiers import category, is_id
from feedsvc.parsing.sanitizer import from_markdown

KEYS = (
    "title date id updated author summary lang categories status reason correction image"
    " attachments address guid"
).split()
_STATUSES: dict[str, Status] = {
    "published": "published",
    "draft": "draft",
    "withdrawn": "withdrawn",
}
_language_tag = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# RFC 3986 section 3: a scheme, a colon, and only characters an address may hold.
_uri = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z\[\]_a-z~]+")


def parse(text: str, context: Context) -> Entry:
    """Return the entry of a Markdown file with front matter (see `KEYS`). Raises Refused."""
    values, source = front_matter.split(text, context)
    fields = _Fields(values, context)
    fields.check_names()
    status = fields.status()
    if not source.strip() and status != "withdrawn":
        context.report("no-body", text.count("\n") + 1)
    entry = _from_front_matter(fields, status)
    names = fields.listed("attachments")
    if context.has_errors() or entry is None:
        raise Refused
    if entry.updated < entry.published:
        context.report("updated-early", values["updated"].line)
        entry = replace(entry, updated=entry.published)
    files = context.files(entry.id)
    image, attached = fields.image(files), fields.attachments(names, files)
    body = Body("", "")
    if source.strip():
        body = context.render_body(from_markdown, source, files, entry.id)
    image, attachments, inline = context.arrange_files(files, image, attached)
    return replace(
        entry,
        html=body.html,
        summary=entry.summary or body.summary,
        image=image,
        inline=inline,
        attachments=attachments,
    )


def _from_front_matter(fields: "_Fields", status: Status) -> Entry | None:
    """Return the entry without its body and files, or None if title or date are missing."""
    title, published = fields.title(), fields.published()
    updated = fields.date("updated") or published
    entry_id = fields.id()
    author, summary = fields.text("author"), fields.text("summary")
    reason, correction = fields.text("reason"), fields.text("correction")
    lang, categories = fields.language(), fields.categories()
    address, guid = fields.address(), fields.guid()
    if title is None or published is None or updated is None:
        return None
    return Entry(
        id=entry_id,
        title=title,
        published=published,
        updated=updated,
        html="",
        summary=summary or "",
        status=status,
        reason=reason,
        correction=correction,
        author=author,
        lang=lang,
        categories=categories,
        address=address,
        guid=guid,
    )


class _Fields:
    """The front matter's values, each read as what its key means; faults are reported."""

    def __init__(self, values: dict[str, front_matter.Value], context: Context) -> None:
        self._values = values
        self._context = context

    def check_names(self) -> None:
        for name, value in self._values.items():
            if name not in KEYS:
                near = get_close_matches(name.lower(), KEYS, n=1)
                if near:
                    self._context.report("unknown-key-near", value.line, key=name, near=near[0])
                else:
                    self._context.report("unknown-key", value.line, key=name)

    def _line(self, key: str) -> int:
        return self._values[key].line

    def title(self) -> str | None:
        title = self.text("title")
        if "title" not in self._values:
            self._context.report("no-title", 1)
        return title

    def published(self) -> datetime | None:
        published = self.date("date")
        if "date" not in self._values:
            self._context.report("no-date", 1)
        return published

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value.content, str):
            self._context.report("bad-value", value.line, key=key)
            return None
        return value.content

    def date(self, key: str) -> datetime | None:
        text = self.text(key)
        moment = text and parse_date(text, self._context.settings.timezone)
        if text and not moment:
            self._context.report("bad-date", self._line(key), value=text)
        return moment or None

    def status(self) -> Status:
        text = self.text("status") or "published"
        if text not in _STATUSES:
            self._context.report("unknown-status", self._line("status"), value=text)
        return _STATUSES.get(text, "draft")

    def id(self) -> str:
        text = self.text("id")
        if text is None:
            return self._context.id_from_name()
        if not is_id(text):
            self._context.report("bad-id", self._line("id"), value=text)
        return text

    def guid(self) -> str | None:
        text = self.text("guid")
        own = f"tag:{self._context.settings.authority}:"
        if text and (not _uri.fullmatch(text) or text.startswith(own)):
            self._context.report("bad-guid", self._line("guid"), value=text)
        return text

    def address(self) -> str | None:
        text = self.text("address")
        return text and self._context.external_address(text, self._line("address"))

    def language(self) -> str | None:
        text = self.text("lang")
        if text and not _language_tag.fullmatch(text):
            self._context.report("bad-lang", self._line("lang"), value=text)
            return None
        return text

    def categories(self) -> tuple[Category, ...]:
        found: dict[str, Category] = {}
        for label in self.listed("categories"):
            made = category(label)
            if made is None:
                self._context.report("bad-category", self._line("categories"), value=label)
            else:
                found.setdefault(made.slug, made)
        return tuple(found.values())

    def listed(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        if value is None:
            return ()
        if isinstance(value.content, str):
            return (value.content,)
        if not isinstance(value.content, tuple):
            self._context.report("bad-list", value.line, key=key)
            return ()
        return value.content

    def image(self, files: EntryFiles) -> Attachment | None:
        value = self._values.get("image")
        if value is None:
            return None
        keys = {"file": value.content} if isinstance(value.content, str) else value.content
        if not isinstance(keys, dict) or not keys.get("file"):
            self._context.report("bad-image", value.line)
            return None
        alt, caption = keys.get("alt", ""), keys.get("caption", "")
        picture = files.find(keys["file"], value.line, alt, caption)
        if picture is not None and picture.width is None:
            self._context.report("media-no-picture", value.line, name=picture.name)
            return None
        return picture

    def attachments(self, names: tuple[str, ...], files: EntryFiles) -> list[Attachment]:
        found = (files.find(name, self._line("attachments")) for name in names)
        return [file for file in found if file]
