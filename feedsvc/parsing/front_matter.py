"""Front matter: names and values above a text, each with its line.

It is written in YAML, TOML or JSON, or as lines of names and values (Pelican, Nikola). Every
value stays the text that was written, wherever that can be known.
"""

import json
import re
import tomllib
from collections.abc import Callable
from datetime import date, datetime, time

from feedsvc.media.types import entry_suffix
from feedsvc.parsing import yaml_values
from feedsvc.parsing.bounds import MAX_DEPTH
from feedsvc.parsing.context import Context
from feedsvc.parsing.identifiers import PAGE_SUFFIXES
from feedsvc.parsing.yaml_values import MAX_NAMES, MAX_PARTS, Content, Value
from feedsvc.text import clean, normalized

__all__ = ["LISTS", "MAX_NAMES", "MAX_PARTS", "Content", "Value", "listed", "one_line", "split"]

# In characters: front matter in TOML or JSON, whose readers tell no lines.
_MAX_HEAD = 65_536
# Word makes other dashes of three hyphens.
_fence = re.compile(r"(?:---|\.\.\.|[‒–—―−][‒–—―− \t\xa0-]*)[ \t]*")
_toml_fence = re.compile(r"\+\+\+[ \t]*")
_between_dots = re.compile(r"[\n=,{}]")
_nikola = re.compile(r"\.\. ([A-Za-z][\w -]*):[ \t]*(.*)")
# The first line of a text that begins with lines of names and values.
_fields_start = re.compile(
    r"(?:title|date|author|category|tags|slug|status|заголовок|дата|автор|рубрики?|статус):\s",
    re.IGNORECASE,
)
_field = re.compile(r"([^\W\d_][\w -]*):[ \t]*(.*)")
# In lines of names and values these are lists, separated by commas; names by semicolons too.
LISTS = frozenset(("tags", "keywords", "authors", "categories"))


def split(text: str, context: Context) -> tuple[dict[str, Value], str]:
    """Return a file's front matter, by name, and the text below it. Raises Refused."""
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    first = lines[start]
    if _fence.fullmatch(first):
        return _fenced(lines, start, _fence, yaml_values.read, context)
    if _toml_fence.fullmatch(first):
        return _fenced(lines, start, _toml_fence, _toml, context)
    if first.startswith("{"):
        return _json(lines, start, context)
    if first.rstrip() == "<!--" or _nikola.fullmatch(first):
        return _from_lines(lines, start, _nikola, context)
    if _fields_start.match(first):
        return _from_lines(lines, start, _field, context)
    is_page = entry_suffix(context.path) in PAGE_SUFFIXES
    raise context.refusal("page-without-head" if is_page else "no-front-matter", start + 1)


def _fenced(
    lines: list[str],
    start: int,
    fence: re.Pattern[str],
    read: Callable[[list[str], int, Context], dict[str, Value]],
    context: Context,
) -> tuple[dict[str, Value], str]:
    for end in range(start + 1, len(lines)):
        if fence.fullmatch(lines[end]):
            break
    else:
        raise context.refusal("front-matter-open", start + 1)
    return read(lines[start + 1 : end], start + 1, context), "\n".join(lines[end + 1 :])


def _toml(lines: list[str], above: int, context: Context) -> dict[str, Value]:
    source = "\n".join(lines)
    if len(source) > _MAX_HEAD:
        raise context.refusal("list-long", above + 1)
    # The time of tomllib grows with the square of the parts of a name.
    parts = _between_dots.split(source.replace(" ", "").replace("\t", ""))
    if any(part.count(".") > MAX_DEPTH for part in parts):
        raise context.refusal("too-deep", above + 1)
    try:
        values = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        # Without a number it is the end.
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else len(lines)
        raise context.refusal("bad-head", above + line) from error
    except (RecursionError, ValueError) as error:
        raise context.refusal("too-deep", above + 1) from error
    return _with_lines(values, lines, above, context)


def _json(lines: list[str], start: int, context: Context) -> tuple[dict[str, Value], str]:
    text = "\n".join(lines[start:])
    try:
        values, end = json.JSONDecoder().raw_decode(text[:_MAX_HEAD])
    except json.JSONDecodeError as error:
        raise context.refusal("bad-head", start + error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise context.refusal("too-deep", start + 1) from error
    head = text[:end].split("\n")
    return _with_lines(values, head, start, context), text[end:]


def _with_lines(
    values: dict[str, object], lines: list[str], above: int, context: Context
) -> dict[str, Value]:
    """Return values as what was written, each with the first line that begins with its name."""
    if len(values) > MAX_NAMES:
        raise context.refusal("names-many", above + 1)
    where: dict[str, int] = {}
    for number, line in enumerate(lines, above + 1):
        name = re.match(r"[\s\[{]*[\"']?([^\s\"'=:\]]+)", line)
        if name:
            where.setdefault(name[1], number)
    return {
        one_line(name): Value(where.get(name, above + 1), content)
        for name, value in values.items()
        if (content := _content(value)) != ""
    }


def _content(value: object, depth: int = 0) -> Content:
    if isinstance(value, dict | list) and depth == MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {one_line(str(name)): _content(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return tuple(_content(each, depth + 1) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return "" if value is None else one_line(str(value))


def one_line(written: str) -> str:
    """Return a written value as one line of text without forbidden characters."""
    return " ".join(normalized(clean(written)).split())


def _from_lines(
    lines: list[str], start: int, field: re.Pattern[str], context: Context
) -> tuple[dict[str, Value], str]:
    """Return the names and values of lines up to the first blank one, or the end of a comment.

    A line that is indented goes on with the value above it.
    """
    found: dict[str, tuple[int, list[str]]] = {}
    name = ""
    number = start
    is_comment = lines[start].rstrip() == "<!--"
    for number in range(start + is_comment, len(lines)):
        line = lines[number]
        if not line.strip() or (is_comment and line.strip() == "-->"):
            break
        match = field.match(line)
        if match is None and name and line[:1].isspace():
            found[name][1].append(line)
            continue
        if match is None or len(found) == MAX_NAMES:
            raise context.refusal("bad-head" if match is None else "names-many", number + 1)
        name = match[1].strip()
        if name in found:
            context.report("key-twice", number + 1, key=name)
        found[name] = number + 1, [match[2]]
    rest = "\n".join(lines[number + 1 :])
    texts = {name: (line, one_line(" ".join(parts))) for name, (line, parts) in found.items()}
    return {
        name: Value(line, listed(text) if name.lower() in LISTS else text)
        for name, (line, text) in texts.items()
        if text
    }, rest


def listed(text: str) -> tuple[str, ...]:
    """Return the parts of a value that stand between commas, or between semicolons."""
    return tuple(filter(None, map(str.strip, text.split(";" if ";" in text else ","))))
