"""The head of a text written in Notepad or Word: title, date, and lines like `Ключ: значение`.

The lines stand above, between or below title and date, and may be enclosed in rows of dashes.
Nothing need be marked up, so where no dashes are, a line is only part of the head if its key is
known and its value is one for that key: «Телефон: 8 495 …» and «Субботник: где и когда» are text.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from feedsvc.dates import is_meant, without_until
from feedsvc.parsing import dzen, keys
from feedsvc.parsing.context import Context
from feedsvc.parsing.identifiers import is_id
from feedsvc.parsing.russian import CORRECTED, FALSE, TRUE, part_of_picture
from feedsvc.parsing.yaml_values import MAX_NAMES, Content, Value
from feedsvc.text import unquoted

_fence = re.compile(r"(?:[-–—―−*_=][ \t\xa0]*){2,}")
# The cells of a table in Word become parts of a line, with a tab between them.
_field = re.compile(
    r"[\"'«“„]?([^\W\d_][^\W_]*(?:[ \t\xa0_-]{1,3}[^\W_]+){0,4})[\"'»”“]?"
    r"(?:[ \t\xa0]*[:\uff1a][ \t\xa0]*|\t+)(.*)"
)
_row = re.compile(r"[^:\uff1a\t]*\t")
_bullet = re.compile(r"[-–—•*][ \t\xa0]+(.*)")
_file = re.compile(r"[^/\\:*?\"<>|]*\.[A-Za-z0-9]{2,5}")
_address = re.compile(r"(?:https?://|www\.|/)\S+", re.IGNORECASE)
_clock = re.compile(r"\d{1,2}[:.-]\d{2}.*")
# Words that are a status, and no title, where they stand alone.
_STATES = frozenset(
    ("черновик", "draft", "не публиковать", "отозвано", "отозвана", "снято с публикации")
)
_LISTS = frozenset(("categories", "attachments", "aliases"))
# Which may stand in a head as in a form that was not filled in.
_MAY_BE_EMPTY = frozenset(("author", "categories", "title", "date", "summary", "image"))
_OF_PICTURES = frozenset(("file", "alt", "caption"))
# In lines: how far below an unknown key a known one is looked for.
_NEAR = 5
# In characters: a line below a date that is longer and ends a sentence is no title.
_MAX_TITLE_SENTENCE = 120


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a text.

    `values` are for `keys.interpret`: title and date are there as «title» and «date», all
    other keys as they are written. `body` is the index of the first line of the text.
    """

    values: dict[str, Value]
    body: int


def interpret(lines: Sequence[str], context: Context) -> tuple[keys.Meaning, int]:
    """Return what the head of a text means, and the index of the first line of the text.

    Raises Refused, also if a line of the text says that it is no news.
    """
    head = read(lines, context)
    if number := hiding_line(lines, head.body):
        key, value = field_in(lines[number - 1]) or ("", "")
        raise context.refusal("hidden-unclear", number, key=key, value=value)
    return keys.interpret(head.values, context), head.body


def read(lines: Sequence[str], context: Context) -> Head:
    """Return the head of a text. Raises Refused.

    Problems name the lines by their index plus one. The cells of a row of a table are
    separated by tabs, or the first is followed by a colon.
    """
    return _Reader(lines, context).read()


def field_in(line: str) -> tuple[str, str] | None:
    """Return the key and the value of a line like `Ключ: значение`, or None if it is none."""
    found = _field.fullmatch(line.strip())
    return (_joined(found[1]), _joined(found[2])) if found else None


def hiding_line(lines: Sequence[str], start: int) -> int:
    """Return the number of the first line, from an index on, that says that a text is no news.

    It is 0 if there is none.
    """
    for index in range(start, len(lines)):
        line = lines[index]
        if len(line) < 100 and (":" in line or "\t" in line) and (found := field_in(line)):
            key, value = found
            if keys.is_about_state(key) and keys.hides(key, value):
                return index + 1
    return 0


def _joined(text: str) -> str:
    return " ".join(text.split())


class _Reader:
    """The lines of one text, and what is known of it so far."""

    def __init__(self, lines: Sequence[str], context: Context) -> None:
        self._lines = [line.strip() for line in lines]
        self._context = context
        self._zone: ZoneInfo = context.settings.timezone
        self._values: dict[str, Value] = {}
        self._title: Value | None = None
        self._date: Value | None = None
        # Whether a row of dashes began it.
        self._is_open = False
        # Whether one stands above title and date alone.
        self._is_framed = False
        self._has_state = False
        self._count = 0

    def read(self) -> Head:
        index = self._next(0)
        if index == len(self._lines):
            raise self._context.refusal("no-title", 1)
        while index < len(self._lines):
            after = self._after(index)
            if after == index:
                break
            index = self._next(after)
        if self._is_open:
            raise self._context.refusal("bad-head", index + 1)
        return Head(self._complete(index), index)

    def _next(self, index: int) -> int:
        """Return the index of the first line that is not blank, from an index on."""
        while index < len(self._lines) and not self._lines[index]:
            index += 1
        return index

    def _line(self, index: int) -> str:
        return self._lines[index] if index < len(self._lines) else ""

    def _after(self, index: int) -> int:
        """Return the index below the part of the head at an index: itself if the text begins."""
        line = self._lines[index]
        if _fence.fullmatch(line):
            return self._after_fence(index)
        if found := field_in(line):
            after = self._after_field(*found, index)
            if after > index:
                return after
        elif line.lower() in _STATES and self._next(index + 1) < len(self._lines):
            return self._take("status", line, index)
        if self._title is None and not self._is_date_above_title(index):
            return self._take_title(index)
        if self._date is None and (self._is_date(index) or not self._start()):
            self._date = Value(index + 1, line)
            return index + 1
        return index

    def _after_field(self, key: str, value: str, index: int) -> int:
        """Return the index below a line with a colon; its own index if it is no field."""
        if unquoted(value).lower() in _STATES and not keys.is_known(key):
            raise self._context.refusal("hidden-unclear", index + 1, key=key, value=value)
        if self._is_title_with_colon(key, index):
            return self._take_title(index)
        return self._take(key, value, index) if self._is_field(key, value, index) else index

    # Title and date.

    def _is_date(self, index: int) -> bool:
        return is_meant(self._line(index), self._zone)

    def _start(self) -> Value | None:
        """Return when the text is to become public, if that is said apart from its date."""
        return next((value for key, value in self._values.items() if keys.is_start(key)), None)

    def _is_title_with_colon(self, key: str, index: int) -> bool:
        """Return whether a line like a field must be the title, as the date is below it."""
        may_be = keys.own(key) == "summary" or not keys.is_known(key)
        is_sought = self._title is None and self._date is None
        return may_be and is_sought and self._is_date(self._next(index + 1))

    def _is_date_above_title(self, index: int) -> bool:
        below = self._next(index + 1)
        return self._is_date(index) and below < len(self._lines) and not self._is_date(below)

    def _take_title(self, index: int) -> int:
        """Take the title, which may go on in the line between it and the date."""
        line, below = self._lines[index], self._line(index + 1)
        ends = line.endswith((".", "!", "?", "…")) and len(line) > _MAX_TITLE_SENTENCE
        if self._date is not None and ends:
            raise self._context.refusal("no-title", index + 1)
        self._title = Value(index + 1, _joined(line))
        if self._date is None and below and self._goes_on(index + 1):
            self._title = Value(index + 1, _joined(f"{line} {below}"))
            return index + 2
        return index + 1

    def _goes_on(self, index: int) -> bool:
        line = self._lines[index]
        found = field_in(line)
        is_field = found is not None and keys.is_known(found[0])
        is_other = is_field or _fence.fullmatch(line) or line.lower() in _STATES
        return not is_other and not self._is_date(index) and self._is_date(index + 1)

    def _complete(self, body: int) -> dict[str, Value]:
        """Return all values, with title and date among them. Raises Refused without one."""
        self._date = self._date or self._start()
        if self._title is None:
            raise self._context.refusal("no-title", body + (body < len(self._lines)) or 1)
        if self._date is None:
            raise self._context.refusal("no-date", self._title.line + 1)
        return {"title": self._title, "date": self._date, **self._values}

    # Rows of dashes.

    def _after_fence(self, index: int) -> int:
        below = self._next(index + 1)
        if self._is_open or (self._is_framed and self._date):
            self._is_open = self._is_framed = False
            return index + 1
        is_head = below < len(self._lines) and field_in(self._lines[below]) is not None
        is_first = self._title is None and self._date is None and not self._values
        if is_first and is_head:
            self._is_open = self._is_closed(below)
            if not self._is_open:
                raise self._context.refusal("front-matter-open", index + 1)
            return index + 1
        if is_head and self._is_closed(below) and self._is_known_at(below):
            self._is_open = True
            return index + 1
        self._is_framed = is_first
        # It may end a head that no row begins.
        return index + 1 if is_first or self._values else index

    def _is_closed(self, index: int) -> bool:
        return any(map(_fence.fullmatch, self._lines[index : index + MAX_NAMES]))

    def _is_known_at(self, index: int) -> bool:
        found = field_in(self._lines[index])
        return found is not None and self._is_known(*found)

    # Keys and values.

    def _is_field(self, key: str, value: str, index: int) -> bool:
        if self._begins_table(index):
            return self._is_open or keys.hides(key, value)
        if self._is_open or self._is_known(key, value):
            return True
        is_among_others = self._values or (self._title and not self._date)
        # Perhaps it is only misspelt.
        return bool(is_among_others) and not keys.is_known(key) and self._is_above_known(index)

    def _begins_table(self, index: int) -> bool:
        """Return whether a line may be the first row of a table of the text."""
        is_row = _row.match(self._lines[index]) is not None
        is_first = index == 0 or "\t" not in self._lines[index - 1]
        return is_row and is_first and self._title is not None and self._date is not None

    def _is_above_known(self, index: int) -> bool:
        for line in self._lines[index + 1 : index + 1 + _NEAR]:
            found = field_in(line)
            if found is None or self._is_known(*found):
                return found is not None
        return False

    def _is_known(self, key: str, value: str) -> bool:
        """Return whether a key has a meaning, and its value is one for it."""
        if keys.is_about_state(key) or keys.is_switch(key, value):
            return True
        own, bare = keys.own(key), unquoted(value)
        if own == "title":
            return self._title is None
        if own == "date":
            is_date = keys.plain(key) in ("date", "дата") or is_meant(bare, self._zone)
            return self._date is None and is_date
        if own == "reason":
            return self._has_state
        if not bare:
            return own in _MAY_BE_EMPTY
        return own != "" and _LOOKS_RIGHT.get(own, _is_anything)(bare, self._zone)

    def _take(self, key: str, value: str, index: int) -> int:
        """Take a key and its value, with the items of a list or a picture's parts below it."""
        if keys.plain(key) in CORRECTED:
            key = "updated" if is_meant(unquoted(value), self._zone) else "correction"
        own = keys.own(key)
        content, end = self._content(own, value, index)
        found = Value(index + 1, content)
        if content in ("", ()):
            return end
        if own == "title" and self._title is None:
            self._title = found
        elif own == "date" and self._date is None and not keys.is_switch(key, value):
            self._date = found
        elif keys.plain(key) == "время" and self._is_time_of_day(value):
            self._date = self._date and Value(self._date.line, f"{self._date.content} {value}")
        else:
            self._add(key, own, found)
        return end

    def _is_time_of_day(self, value: str) -> bool:
        if self._date is None or not _clock.fullmatch(value):
            return False
        return is_meant(f"{self._date.content} {value}", self._zone)

    def _add(self, key: str, own: str, found: Value) -> None:
        before, line = self._values.get(key), found.line
        if before and isinstance(before.content, tuple) and isinstance(found.content, tuple):
            found = Value(before.line, (*before.content, *found.content))
        elif before:
            self._context.report("key-twice", line, key=key)
        self._count += 1
        if self._count > MAX_NAMES:
            raise self._context.refusal("names-many", line)
        self._values[key] = found
        self._has_state |= own == "status"

    def _content(self, own: str, value: str, index: int) -> tuple[Content, int]:
        """Return the content of a field, and the index of the line below it."""
        end = index + 1
        if own == "image":
            return self._of_picture(value, end)
        if own not in _LISTS:
            return unquoted(value), end
        parts = re.split("[,;]", value.strip("[]"))
        while not value and (found := _bullet.fullmatch(self._line(end))):
            parts.append(found[1])
            end += 1
        return tuple(filter(None, (unquoted(_joined(part)) for part in parts))), end

    def _of_picture(self, value: str, end: int) -> tuple[Content, int]:
        parts: dict[str, Content] = {"file": unquoted(value)} if value else {}
        while found := field_in(self._line(end)):
            name = part_of_picture(found[0])
            if name not in _OF_PICTURES or name in parts:
                break
            parts[name] = unquoted(found[1])
            end += 1
        return (parts if len(parts) > 1 or not value else unquoted(value)), end


def _is_anything(_value: str, _zone: ZoneInfo) -> bool:
    return True


def _is_date(value: str, zone: ZoneInfo) -> bool:
    return is_meant(value, zone)


def _are_files(value: str, _zone: ZoneInfo) -> bool:
    return all(_file.fullmatch(each.strip(" []\"'«»")) for each in re.split("[,;]", value))


def _is_address(value: str, _zone: ZoneInfo) -> bool:
    return _address.match(value.lstrip("[ ")) is not None


def _is_language(value: str, _zone: ZoneInfo) -> bool:
    return len(value) < 12 and " " not in value


def _is_id(value: str, _zone: ZoneInfo) -> bool:
    return is_id(value)


def _is_guid(value: str, _zone: ZoneInfo) -> bool:
    return ":" in value


def _is_name(value: str, _zone: ZoneInfo) -> bool:
    return " " not in value or _file.fullmatch(value) is not None


def _is_pinned(value: str, zone: ZoneInfo) -> bool:
    return value.lower() in TRUE | FALSE or is_meant(without_until(value), zone)


def _is_content_type(value: str, _zone: ZoneInfo) -> bool:
    return dzen.is_content_type(value)


_LOOKS_RIGHT: dict[str, Callable[[str, ZoneInfo], bool]] = {
    "image": _are_files,
    "attachments": _are_files,
    "address": _is_address,
    "aliases": _is_address,
    "id": _is_id,
    "lang": _is_language,
    "guid": _is_guid,
    "updated": _is_date,
    "translation_of": _is_name,
    "pinned": _is_pinned,
    "dzen": _is_content_type,
}
