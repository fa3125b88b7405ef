"""Markdown with YAML front matter."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from feedsvc.dates import parse_date, read_date
from feedsvc.model import Attachment, Category, ContentType, Entry, Original, Status
from feedsvc.parsing import addresses, dzen, front_matter, html_head, terms, versions
from feedsvc.parsing.addresses import Facts, is_pattern
from feedsvc.parsing.attachments import EntryFiles
from feedsvc.parsing.bounds import check_markdown
from feedsvc.parsing.context import MAX_LENGTHS, Body, Context, Refused
from feedsvc.parsing.front_matter import Content, Value
from feedsvc.parsing.identifiers import is_id
from feedsvc.parsing.keys import Meaning, interpret
from feedsvc.parsing.sanitizer import from_html, from_markdown
from feedsvc.parsing.templates import may_have_templates, without_templates
from feedsvc.text import normalized, plain, visible
from feedsvc.urls import old_address

# What readers see of the front matter.
_SHOWN = frozenset("title summary author publisher reason correction".split())


@dataclass(frozen=True, slots=True)
class Form:
    """How texts of a kind are rendered, and in which form other systems leave templates there.

    `render` takes the source, the path of the entry's page, its files and the site's language,
    and returns safe HTML. `templates` is '' if there can be none.
    """

    render: Callable[[str, str, EntryFiles, str], str]
    templates: Literal["markdown", "html", ""]


_MARKDOWN, _HTML = Form(from_markdown, "markdown"), Form(from_html, "html")
# What a picture is described with, here and in other systems.
_IMAGE_KEYS = ("file src image url path feature overlay_image teaser", "alt", "caption")
_heading = re.compile(r"\s*#[ \t]+([^\n]*?)[ \t]*#*[ \t]*(?:\n|\Z)")
# RFC 5646 section 4.4.1: 35 characters are enough for every tag.
_language_tag = re.compile(r"(?=.{2,35}\Z)[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# RFC 3986 section 3: a scheme, a colon, and only characters an address may hold.
_uri = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z\[\]_a-z~]+")


def parse(text: str, context: Context) -> Entry:
    """Return the entry of a Markdown file with front matter (see `keys`). Raises Refused."""
    return _entry(text, *front_matter.split(text, context), context, _MARKDOWN)


def parse_html(text: str, context: Context) -> Entry:
    """Return the entry of an HTML file, with front matter or a head of its own. Raises Refused."""
    if html_head.is_page(text):
        return _entry(text, *html_head.split(text), context, _HTML)
    return _entry(text, *front_matter.split(text, context), context, _HTML)


def _entry(
    text: str, written: dict[str, Value], source: str, context: Context, form: Form
) -> Entry:
    """Return the entry of a file with these names and values above its source."""
    meaning = interpret(written, context)
    if "title" not in meaning.values:
        source = _with_title_from_heading(meaning.values, source, text)
    above = text.count("\n") - source.count("\n")
    return entry_from(meaning, source, form, context, above=above)


def entry_from(meaning: Meaning, source: str, form: Form, context: Context, *, above: int) -> Entry:
    """Return the entry of a file from what its head means, and the source of its text.

    There are so many lines `above` the source. Raises Refused.
    """
    fields = _Fields(meaning, context, form)
    status = "draft" if meaning.is_hidden else fields.status()
    if not source.strip() and status != "withdrawn":
        context.report("no-body", above + source.count("\n") + 1)
    entry = _from_front_matter(context, fields, status)
    fields.check_caption()
    names = fields.listed("attachments")
    if context.has_errors() or entry is None:
        raise Refused
    if entry.updated < entry.published:
        context.report("updated-early", meaning.values["updated"].line)
        entry = replace(entry, updated=entry.published)
    files = context.files(entry.id)
    image, attached = fields.image(files), fields.attachments(names, files)
    body = Body("", "")
    if source.strip():
        rendered = _without_code(context, form, above)
        body = context.render_body(rendered, source, files, entry.page, above=above)
    image, attachments, inline = context.arrange_files(files, image, attached)
    entry = replace(
        entry,
        html=body.html,
        summary=entry.summary or body.summary,
        image=image,
        inline=inline,
        attachments=attachments,
    )
    return dzen.checked(entry, context)


def _with_title_from_heading(values: dict[str, Value], source: str, text: str) -> str:
    """Make the heading that the text begins with the title; return the text without it."""
    found = _heading.match(source)
    if found is None:
        return source
    line = text.count("\n") - source.count("\n") + source.count("\n", 0, found.start(1)) + 1
    values["title"] = Value(line, plain(from_markdown(found[1], "/")))
    return "\n" * found[0].count("\n") + source[found.end() :]


def _without_code(
    context: Context, form: Form, above: int
) -> Callable[[str, str, EntryFiles], str]:
    """Return the function that renders a body, and reports the code of templates in it."""

    def rendered(source: str, page: str, files: EntryFiles) -> str:
        text = source
        if form.templates:
            is_html = form.templates == "html"
            text = _without_templates(context, above, source, is_html=is_html)
        if text is not source:
            check_markdown(source)  # whose lines are those of the file
        return form.render(text, page, files, context.settings.language)

    return rendered


def _without_templates(context: Context, above: int, text: str, *, is_html: bool = False) -> str:
    """Return a text, below so many lines of its file, without the code of templates."""
    return without_templates(
        text,
        context.settings.language,
        lambda line, code: context.report("template", above + line, value=code),
        context.entry_link,
        is_html=is_html,
    )


def _from_front_matter(context: Context, fields: "_Fields", status: Status) -> Entry | None:
    """Return the entry without its body and files, or None if title or date are missing."""
    title, published = fields.title(), fields.published()
    updated = fields.date("updated") or published
    entry_id = fields.id()
    author, publisher = fields.author(), fields.text("publisher")
    summary = fields.text("summary")
    reason, correction = fields.text("reason"), fields.text("correction")
    lang, original = fields.language(), fields.original()
    categories, pinned = fields.categories(), fields.pinned()
    address, guid, aliases = fields.address(), fields.guid(), fields.aliases()
    if title is None or published is None or updated is None:
        return None
    expires = fields.expires(published)
    facts = Facts(entry_id, published, fields.sections(categories))
    name, settings = context.name, context.settings
    return Entry(
        id=entry_id,
        title=title,
        published=published,
        updated=updated,
        html="",
        summary=summary or "",
        page=addresses.page(name, settings, facts),
        status=status,
        reason=reason,
        correction=correction,
        author=author,
        publisher=publisher,
        lang=lang,
        categories=categories,
        address=address,
        guid=guid,
        aliases=addresses.aliases(name, settings, facts, [*aliases, address or ""]),
        pinned=pinned,
        expires=expires,
        translation_of=original,
        dzen=fields.dzen(),
    )


class _Fields:
    """The front matter's values, each read as what its key means; faults are reported."""

    def __init__(self, meaning: Meaning, context: Context, form: Form) -> None:
        self._meaning = meaning
        self._values = meaning.values
        self._context = context
        self._has_templates = form.templates != ""

    def _line(self, key: str) -> int:
        return self._values[key].line

    def title(self) -> str | None:
        title = self.text("title")
        name = self._context.name
        if "title" not in self._values and name.date:  # as in Jekyll
            title = " ".join(word.capitalize() for word in name.name.split("-"))
            self._context.report("title-from-name", title=title)
        elif "title" not in self._values:
            self._context.report("no-title", 1)
        elif title == "":  # it was nothing but a command to another system
            self._context.report("no-title", self._line("title"))
        return title

    def published(self) -> datetime | None:
        published = self.date("date") if "date" in self._values else self._date_in_name()
        if published is None and "date" not in self._values:
            self._context.report("no-date", 1)
        later = [moment for each in self._meaning.not_before if (moment := self._date(each))]
        return None if published is None else max([published, *later])

    def _date_in_name(self) -> datetime | None:
        dates = (self._context.name.date, *map(addresses.date_in, self.listed("aliases")))
        text = next(filter(None, dates), None)
        return None if text is None else parse_date(text, self._context.settings.timezone)

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value.content, str):
            self._context.report("bad-value", value.line, key=key)
            return None
        text = normalized(visible(value.content))
        if key in _SHOWN:
            text = self._shown(text, value.line)
        self._check_length(key, text, value.line)
        return text

    def _shown(self, text: str, line: int) -> str:
        """Return a text that readers see without the code of templates."""
        if not (self._has_templates and may_have_templates(text)):
            return text.strip()
        return _without_templates(self._context, line - 1, text).strip()

    def _check_length(self, key: str, text: str, line: int) -> None:
        if len(text) > MAX_LENGTHS.get(key, len(text)):
            code = "title-long" if key == "title" else "text-long"
            self._context.report(code, line, key=key, limit=MAX_LENGTHS[key])

    def author(self) -> str | None:
        """Return who wrote the text: a name, a list of them, or tables with names."""
        value = self._values.get("author")
        if value is None or isinstance(value.content, str):
            return self.text("author")
        people = value.content if isinstance(value.content, tuple) else (value.content,)
        names = [each.get("name") if isinstance(each, dict) else each for each in people]
        if not names or not all(isinstance(name, str) for name in names):
            self._context.report("bad-value", value.line, key="author")
            return None
        text = self._shown(", ".join(map(str, names)), value.line)
        self._check_length("author", text, value.line)
        return text

    def date(self, key: str) -> datetime | None:
        text = self.text(key)
        return None if text is None else self._date(Value(self._line(key), text))

    def _date(self, value: Value) -> datetime | None:
        text = str(value.content)
        found = read_date(text, self._context.settings.timezone)
        if found.fault:
            self._context.report(found.fault, value.line, **found.values)
        return found.moment

    def status(self) -> Status:
        # What hides a text has been heeded before.
        return "withdrawn" if self.text("status") == "withdrawn" else "published"

    def id(self) -> str:
        text = self.text("id")
        if text is None:
            return self._context.id_from_name(is_dated="date" not in self._values)
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
        value = self._values.get("lang")
        if value is not None and not isinstance(value.content, str):
            self._context.report("bad-lang", value.line, value=value.content)
            return None
        text = self.text("lang")
        if text is None:
            return versions.by_name(self._context.name, self._context.settings)[0]
        if text and not _language_tag.fullmatch(text):
            self._context.report("bad-lang", self._line("lang"), value=text)
            return None
        return text

    def original(self) -> Original | None:
        """Return what the file, or else its name, says that it is a translation of."""
        if key := self.text("translation_key"):
            return Original(key)
        written, settings = self._value("translation_of"), self._context.settings
        if written is None:
            return versions.by_name(self._context.name, settings)[1]
        return versions.original(str(written.content), settings, written.line)

    def pinned(self) -> datetime | None:
        return terms.pinned(self._value("pinned"), self._context)

    def dzen(self) -> ContentType | None:
        return dzen.content_type(self._value("dzen"), self._context)

    def expires(self, published: datetime) -> datetime | None:
        ends = self._meaning.not_after
        return terms.end(self._value("expires"), ends, self._date, published, self._context)

    def _value(self, key: str) -> Value | None:
        """Return a text with its line; None if there is none."""
        text = self.text(key)
        return Value(self._line(key), text) if text else None

    def categories(self) -> tuple[Category, ...]:
        found: dict[str, Category] = {}
        for label in dict.fromkeys(self.listed("categories")):
            line = self._line("categories")
            if not self._context.add_category(found, self._shown(label, line), line):
                break
        return tuple(found.values())

    def sections(self, categories: tuple[Category, ...]) -> list[Category]:
        return [each for each in categories if each.label in self._meaning.sections]

    def listed(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        if value is None:
            return ()
        if isinstance(value.content, str):
            return (value.content,)
        content = value.content
        if not isinstance(content, tuple):
            self._context.report("bad-list", value.line, key=key)
            return ()
        labels = tuple(each for each in content if isinstance(each, str))
        if len(labels) < len(content):
            self._context.report("bad-list", value.line, key=key)
        return labels

    def aliases(self) -> tuple[str, ...]:
        written = self.listed("aliases")
        for each in written:
            if old_address(each) is None and each.strip("/") and not is_pattern(each):
                self._context.report("bad-alias", self._line("aliases"), value=each)
        return written

    def check_caption(self) -> None:
        value = self._values.get("image")
        if value is not None and isinstance(value.content, dict):
            for key in ("alt", "caption"):
                self._check_length(key, str(value.content.get(key, "")), value.line)

    def image(self, files: EntryFiles) -> Attachment | None:
        value = self._values.get("image")
        if value is None:
            return None
        content = value.content
        if isinstance(content, tuple):  # of several pictures the first
            content = content[0] if content else None
        keys: Content = {"file": content} if isinstance(content, str) else content
        name, alt, caption = (_named(keys, each) for each in _IMAGE_KEYS)
        if not name:
            self._context.report("bad-image", value.line)
            return None
        alt, caption = (self._shown(each, value.line) for each in (alt, caption))
        picture = files.find(name, value.line, alt, caption)
        if picture is not None and picture.width is None:
            self._context.report("media-no-picture", value.line, name=picture.name)
            return None
        return picture

    def attachments(self, names: tuple[str, ...], files: EntryFiles) -> list[Attachment]:
        found = (files.find(name, self._line("attachments")) for name in dict.fromkeys(names))
        return [file for file in found if file]


def _named(values: Content, keys: str) -> str:
    """Return the first text in a table that has one of these names, or ''."""
    if not isinstance(values, dict):
        return ""
    found = (values.get(key) for key in keys.split())
    return next((each for each in found if isinstance(each, str)), "")
