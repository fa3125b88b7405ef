"""The press centre's own text files: title, date, paragraphs, and where the text is from."""

import re
from datetime import datetime
from urllib.parse import urlsplit

from feedsvc import urls
from feedsvc.dates import parse_date
from feedsvc.model import Category, Entry
from feedsvc.parsing import addresses, versions
from feedsvc.parsing.addresses import Facts
from feedsvc.parsing.attachments import EntryFiles
from feedsvc.parsing.bounds import check_paragraphs
from feedsvc.parsing.context import MAX_LENGTHS, MAX_TITLE, Context, Refused
from feedsvc.parsing.identifiers import is_id
from feedsvc.parsing.press_blocks import blocks
from feedsvc.parsing.sanitizer import from_blocks

_address_line = re.compile(r"Адрес страницы:\s*<?([^\s<>]+)>?\s*", re.IGNORECASE)
# Lines under the date, by what they say.
_field_line = re.compile(r"([а-яёa-z]+)[ \t]*:[ \t]*(\S.*)", re.IGNORECASE)
_FIELDS = {
    **dict.fromkeys(("рубрика", "рубрики", "category", "categories"), "categories"),
    **dict.fromkeys(("автор", "author"), "author"),
    **dict.fromkeys(("исправлено", "corrected"), "correction"),
}
_publisher_line = re.compile(r"\[([^\[\]]{1,200})\]\([^()]*\)")


def parse(text: str, context: Context) -> Entry:
    """Return the entry of a press text: title, date and paragraphs, blank lines between them.

    Under the date there may be lines with categories, author and correction. It may end with
    `Адрес страницы: <URL>`, which also gives the entry its id if it matches the setting
    `permalink`, and with a link to the publisher, `[name](#)`. Raises Refused.
    """
    lines = [_stripped(line) for line in text.split("\n")]
    # The numbers of the lines that are not blank: title, date, then the rest.
    filled = [number for number, line in enumerate(lines) if line]
    published = _date(lines, filled, context)
    fields = _Fields(lines, filled, context)
    publisher = _take_last(_publisher_line, lines, filled)
    address_line = filled[-1] + 1
    address = _take_last(_address_line, lines, filled)
    title = _title(lines, filled, context)
    if len(filled) == 2:
        context.report("no-body", len(lines))
    if published is None or len(filled) == 2:
        raise Refused
    address = address and context.external_address(address, address_line)
    entry_id = _id_in(address, context) or context.id_from_name()
    files = context.files(entry_id)
    above = filled[2]
    source = "\n".join(lines[above : filled[-1] + 1])
    lang, original = versions.by_name(context.name, context.settings)
    facts = Facts(entry_id, published)
    page = addresses.page(context.name, context.settings, facts)
    body = context.render_body(_render, source, files, page, above=above)
    image, attached, _ = context.arrange_files(files, None, [])
    return Entry(
        id=entry_id,
        title=title,
        published=published,
        updated=fields.updated(published),
        html=body.html,
        summary=body.summary,
        page=page,
        author=fields.author,
        publisher=publisher,
        categories=tuple(fields.categories.values()),
        correction=fields.correction,
        image=image,
        attachments=attached,
        address=address,
        aliases=addresses.aliases(context.name, context.settings, facts, [address or ""]),
        lang=lang,
        translation_of=original,
    )


def _stripped(line: str) -> str:
    """Return a line without space around it, but for tabs around the cells of a table."""
    bare = line.strip()
    return line.strip(" \r\xa0") if "\t" in bare else bare


class _Fields:
    """What the lines under the date say; they are taken out of the text."""

    def __init__(self, lines: list[str], filled: list[int], context: Context) -> None:
        self._context = context
        self.categories: dict[str, Category] = {}
        self.author: str | None = None
        self.correction: str | None = None
        self._updated: tuple[int, datetime] | None = None
        while len(filled) > 2 and (found := _field_line.fullmatch(lines[filled[2]])):
            name = _FIELDS.get(found[1].lower())
            if name is None:
                break
            self._take(name, " ".join(found[2].split()), filled.pop(2) + 1)

    def _take(self, name: str, value: str, line: int) -> None:
        if name == "categories":
            self._add_categories(value, line)
        elif name == "correction" and (
            moment := parse_date(value, self._context.settings.timezone)
        ):
            self._updated = line, moment
        elif len(value) > MAX_LENGTHS[name]:
            raise self._context.refusal("text-long", line, key=name, limit=MAX_LENGTHS[name])
        elif name == "author":
            self.author = value
        else:
            self.correction = value

    def _add_categories(self, value: str, line: int) -> None:
        for label in filter(None, map(str.strip, re.split("[,;]", value))):
            if not self._context.add_category(self.categories, label, line):
                return

    def updated(self, published: datetime) -> datetime:
        """Return when the text was corrected, or else published."""
        line, moment = self._updated or (0, published)
        if moment < published:
            self._context.report("updated-early", line)
        return max(moment, published)


def _title(lines: list[str], filled: list[int], context: Context) -> str:
    title = " ".join(lines[filled[0]].split())
    if len(title) > MAX_TITLE:
        raise context.refusal("title-long", filled[0] + 1, limit=MAX_TITLE)
    return title


def _date(lines: list[str], filled: list[int], context: Context) -> datetime | None:
    """Return the date, or report it and return None. Raises Refused if there is no second line."""
    if not filled:
        raise context.refusal("no-title", 1)
    if len(filled) == 1:
        raise context.refusal("no-date", filled[0] + 2)
    number = filled[1]
    published = parse_date(lines[number], context.settings.timezone)
    if published is None:
        context.report("bad-date", number + 1, value=lines[number])
    return published


def _take_last(pattern: re.Pattern[str], lines: list[str], filled: list[int]) -> str | None:
    """Remove the last filled line if it matches, and return what the pattern captures."""
    match = pattern.fullmatch(lines[filled[-1]]) if len(filled) > 2 else None
    if match is None:
        return None
    filled.pop()
    return " ".join(match[1].split())


def _id_in(address: str | None, context: Context) -> str | None:
    """Return the id in the address of a page, or None if it is no page of this site's pattern."""
    if address is None:
        return None
    found = urls.permalink_pattern(context.settings).fullmatch(urlsplit(address).path)
    return found["id"] if found and is_id(found["id"]) else None


def _render(source: str, page: str, _files: EntryFiles) -> str:
    check_paragraphs(source)
    return from_blocks(blocks(source), page)
