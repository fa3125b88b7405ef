"""The press centre's own text files: title, date, paragraphs, and where the text is from."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from feedsvc import urls
from feedsvc.dates import is_meant
from feedsvc.model import Entry
from feedsvc.parsing import press_head
from feedsvc.parsing.attachments import EntryFiles
from feedsvc.parsing.bounds import check_paragraphs
from feedsvc.parsing.context import Context
from feedsvc.parsing.identifiers import is_id
from feedsvc.parsing.keys import Meaning
from feedsvc.parsing.markdown import Form, entry_from
from feedsvc.parsing.press_blocks import blocks
from feedsvc.parsing.sanitizer import from_blocks
from feedsvc.parsing.yaml_values import Value

_address_line = re.compile(r"Адрес страницы:\s*<?([^\s<>]+)>?\s*", re.IGNORECASE)
_publisher_line = re.compile(r"\[([^\[\]]{1,200})\]\([^()]*\)")


def parse(text: str, context: Context) -> Entry:
    """Return the entry of a press text: title, date and paragraphs, blank lines between them.

    Around title and date there may be lines like `Ключ: значение` (see `press_head`). It may
    end with `Адрес страницы: <URL>`, which also gives the entry its id if it matches the setting
    `permalink`, and with a link to the publisher, `[name](#)`. Raises Refused.
    """
    lines = [_stripped(line) for line in text.split("\n")]
    meaning, body = press_head.interpret(lines, context)
    date = meaning.values["date"]
    if not is_meant(str(date.content), context.settings.timezone):
        body = min(body, date.line - 1)  # where a date should stand, the text begins
    _take_last(_publisher_line, "publisher", lines, body, meaning)
    _take_last(_address_line, "address", lines, body, meaning)
    _heed_address(meaning, context)
    source = "\n".join(lines[body:])
    above = min(body, len(lines) - 1)
    return entry_from(meaning, source, _FORM, context, above=above)


def _stripped(line: str) -> str:
    """Return a line without space around it, but for tabs around the cells of a table."""
    bare = line.strip()
    return line.strip(" \r\xa0") if "\t" in bare else bare


def _take_last(
    pattern: re.Pattern[str], key: str, lines: list[str], start: int, meaning: Meaning
) -> None:
    """Blank the last filled line if it matches, and make what the pattern captures a value."""
    index = next((each for each in range(len(lines) - 1, start - 1, -1) if lines[each]), None)
    match = pattern.fullmatch(lines[index]) if index is not None else None
    if index is not None and match is not None:
        lines[index] = ""
        meaning.values.setdefault(key, Value(index + 1, " ".join(match[1].split())))


def _heed_address(meaning: Meaning, context: Context) -> None:
    """Make the address of one of this site's pages say the id, if nothing else does."""
    found = meaning.values.get("address")
    if found is None:
        return
    address = context.external_address(str(found.content), found.line)
    if address is None:
        del meaning.values["address"]
        return
    match = urls.permalink_pattern(context.settings).fullmatch(urlsplit(address).path)
    if match and is_id(match["id"]):
        meaning.values.setdefault("id", replace(found, content=match["id"]))


def _render(source: str, page: str, _files: EntryFiles, _language: str) -> str:
    check_paragraphs(source)
    return from_blocks(blocks(source), page)


_FORM = Form(_render, "")
