"""The press centre's own text files: title, date, paragraphs, and where the text is from."""

import re
from datetime import datetime
from urllib.parse import urlsplit

from feedsvc import urls
from feedsvc.dates import parse_date
from feedsvc.model import Entry
from feedsvc.parsing import addresses
from feedsvc.parsing.addresses import Facts
from feedsvc.parsing.attachments import EntryFiles
from feedsvc.parsing.bounds import check_paragraphs
from feedsvc.parsing.context import MAX_TITLE, Context, Refused
from feedsvc.parsing.identifiers import is_id
from feedsvc.parsing.sanitizer import from_paragraphs

_address_line = re.compile(r"Адрес страницы:\s*<?([^\s<>]+)>?\s*", re.IGNORECASE)
_publisher_line = re.compile(r"\[([^\[\]]{1,200})\]\([^()]*\)")


def parse(text: str, context: Context) -> Entry:
    """Return the entry of a press text: title, date and paragraphs, blank lines between them.

    It may end with `Адрес страницы: <URL>`, which also gives the entry its id if it matches
    the setting `permalink`, and with a link to the publisher, `[name](#)`. Raises Refused.
    """
    lines = [line.strip() for line in text.split("\n")]
    # The numbers of the lines that are not blank: title, date, then the rest.
    filled = [number for number, line in enumerate(lines) if line]
    published = _date(lines, filled, context)
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
    source = "\n".join(lines[filled[1] + 1 : filled[-1] + 1])
    facts = Facts(entry_id, published)
    page = addresses.page(context.name, context.settings, facts)
    body = context.render_body(_render, source, files, page, above=filled[1] + 1)
    image, attached, _ = context.arrange_files(files, None, [])
    return Entry(
        id=entry_id,
        title=title,
        published=published,
        updated=published,
        html=body.html,
        summary=body.summary,
        page=page,
        publisher=publisher,
        image=image,
        attachments=attached,
        address=address,
        aliases=addresses.aliases(context.name, context.settings, facts, [address or ""]),
    )


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
    paragraphs = (part.strip("\n") for part in re.split(r"\n{2,}", source))
    return from_paragraphs([part for part in paragraphs if part], page)
