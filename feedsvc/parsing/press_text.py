"""The press centre's own text files: title, date, paragraphs, where it came from."""

import re
from urllib.parse import urlsplit

from feedsvc.dates import parse_date
from feedsvc.model import Entry
from feedsvc.parsing.attachments import Media
from feedsvc.parsing.context import Context, Refused, is_id
from feedsvc.parsing.sanitizer import from_paragraphs

_address_line = re.compile(r"Адрес страницы:\s*<?([^\s<>]+)>?\s*", re.IGNORECASE)
_publisher_line = re.compile(r"\[([^\[\]]+)\]\([^()]*\)")


def parse(text: str, context: Context) -> Entry:
    """Read a press text: title, date and paragraphs, with blank lines between them.

    At the end may stand `Адрес страницы: <URL>`, which also gives the entry its
    id where it is a page of this site's pattern, and a line that links the
    publishing office, `[name](#)`. Raises Refused.
    """
    lines = [line.strip() for line in text.split("\n")]
    filled = [number for number, line in enumerate(lines) if line]
    if not filled:
        raise context.refusal("no-title", 1)
    if len(filled) == 1:
        raise context.refusal("no-date", filled[0] + 2)
    title, date = filled[:2]
    published = parse_date(lines[date], context.settings.timezone)
    if published is None:
        context.report("bad-date", date + 1, value=lines[date])
    publisher = _take_last(_publisher_line, lines, filled)
    address_line = filled[-1] + 1
    address = _take_last(_address_line, lines, filled)
    if len(filled) == 2:
        context.report("no-body", len(lines))
    if published is None or len(filled) == 2:
        raise Refused
    address = address and context.address(address, address_line)
    entry_id = _id_in(address, context) or context.id_from_name()
    media = context.media(entry_id)
    source = "\n".join(lines[date + 1 : filled[-1] + 1])
    body = context.body(_render, source, media, entry_id)
    image, attached, _ = context.sort_media(media, None, [])
    return Entry(
        id=entry_id,
        title=" ".join(lines[title].split()),
        published=published,
        updated=published,
        html=body.html,
        summary=body.summary,
        publisher=publisher,
        image=image,
        attachments=attached,
        address=address,
    )


def _take_last(pattern: re.Pattern[str], lines: list[str], filled: list[int]) -> str | None:
    """Take the last filled line away if it fits, and give what the pattern holds."""
    match = pattern.fullmatch(lines[filled[-1]]) if len(filled) > 2 else None
    if match is None:
        return None
    filled.pop()
    return " ".join(match[1].split())


def _id_in(address: str | None, context: Context) -> str | None:
    if address is None:
        return None
    before, after = context.settings.permalink.split("<id>")
    path = urlsplit(address).path
    found = path.removeprefix(before).removesuffix(after)
    return found if path == before + found + after and is_id(found) else None


def _render(source: str, page: str, _media: Media) -> str:
    paragraphs = (part.strip("\n") for part in re.split(r"\n{2,}", source))
    return from_paragraphs([part for part in paragraphs if part], page)
