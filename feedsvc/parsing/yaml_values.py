"""YAML as names and values, each with its line.

It is read as a stream of events, not built into objects: every value must stay the text
that was written (`no`, `08` and `2014-08-13` mean something else to YAML), every problem
needs its line, and when objects are built, a file of 50,000 brackets overflows libyaml's
stack and kills the process.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from feedsvc.parsing.bounds import MAX_DEPTH
from feedsvc.parsing.context import Context
from feedsvc.text import clean, normalized, unquoted

# The most names in a front matter. There are fewer than 20 known ones.
MAX_NAMES = 100
# The most members of a list, of which only the first are used.
MAX_PARTS = 20_000
# These end a line in YAML, and nowhere else; Word writes the second one.
_LINE_BREAKS = "\x85\u2028\u2029"
_as_in_word = re.compile(r"([^\W\d_][\w -]*):(?:[ \t]*\xa0|[ \t]+(?=[«“„”‘]))(.*)")
# A name with a text, or a list of some in brackets, without anything that means something to YAML
# or is to be made clean: most of what is written.
_start, _inside = r"[A-Za-z0-9А-Яа-яЁё]", r"[A-Za-z0-9А-Яа-яЁё .()/+«»№–—-]*"
_simple_line = re.compile(
    rf"([a-z_]+): (?:({_start}(?:[A-Za-z0-9А-Яа-яЁё ,.;!?()«»№%\"'/+=–—_-]|:(?=\S))*)"
    rf"|\[({_start}{_inside}(?:, ?{_start}{_inside})*)\])"
)
# What was written; None for an alias, which may stand for anything.
Content = str | tuple["Content", ...] | dict[str, "Content"] | None


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a name, and the name's line."""

    line: int
    content: Content


def read(lines: list[str], above: int, context: Context) -> dict[str, Value]:
    """Return the values in lines of YAML, by name; `above` lines stand above them.

    Raises Refused.
    """
    if (values := _simple(lines, above)) is not None:
        return values
    # Empty lines stand for those above, so that YAML counts lines as people do.
    source = "\n" * above + "\n".join(map(_as_yaml, lines)) + "\n"
    for line_break in _LINE_BREAKS:
        source = source.replace(line_break, " ")
    try:
        return dict(_pairs(yaml.parse(source, Loader=yaml.CBaseLoader), context))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise context.refusal("bad-yaml", mark.line + 1 if mark else above) from error


def _simple(lines: list[str], above: int) -> dict[str, Value] | None:
    """Return the values of lines that libyaml would read just as they stand; None of others."""
    values: dict[str, Value] = {}
    for number, line in enumerate(lines, above + 1):
        found = _simple_line.fullmatch(line)
        if found is None or found[1] in values or len(values) == MAX_NAMES:
            return None
        parts = [" ".join(part.split()) for part in (found[2] or found[3]).split(",")]
        if "null" in parts:
            return None
        values[found[1]] = Value(number, tuple(parts) if found[3] else " ".join(found[2].split()))
    return values or None


def _as_yaml(line: str) -> str:
    """Return a line with the spaces and quotation marks of YAML for those of Word."""
    found = _as_in_word.fullmatch(line)
    if found is None:
        return line
    value = found[2].strip()
    bare = unquoted(value)
    needs_marks = bare != value and (": " in bare or " #" in bare)
    return f"{found[1]}: {json.dumps(bare, ensure_ascii=False) if needs_marks else value}"


def _pairs(events: Iterator[yaml.Event], context: Context) -> Iterator[tuple[str, Value]]:
    seen = set()
    count = 0
    next(events)  # the start of the stream
    if isinstance(next(events), yaml.StreamEndEvent):
        return
    if not isinstance(first := next(events), yaml.MappingStartEvent):
        raise context.refusal("not-a-mapping", _line(first))
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = _line(event)
        count += 1
        if count > MAX_NAMES:
            raise context.refusal("names-many", line)
        name = _content(event, events, context)
        value = Value(line, _content(next(events), events, context))
        if not isinstance(name, str):
            raise context.refusal("not-a-mapping", line)
        if name in seen:
            context.report("key-twice", line, key=name)
        seen.add(name)
        if value.content != "":
            yield name, value


def _content(event: yaml.Event, events: Iterator[yaml.Event], context: Context) -> Content:
    """Return the value that begins with an event."""
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, context)
    if not isinstance(event, yaml.CollectionStartEvent):
        return None
    # The collections that are open, outermost first, and what they consist of so far.
    opened: list[tuple[yaml.Event, list[Content]]] = [(event, [])]
    count = 0
    while True:
        part = next(events)
        count += 1
        if count > MAX_PARTS:
            raise context.refusal("list-long", _line(part))
        if isinstance(part, yaml.CollectionStartEvent):
            if len(opened) == MAX_DEPTH:  # libyaml takes half an hour for a million
                raise context.refusal("too-deep", _line(part))
            opened.append((part, []))
            continue
        if isinstance(part, yaml.CollectionEndEvent):
            made = _collection(*opened.pop())
            if not opened:
                return made
        else:
            made = _scalar(part, context) if isinstance(part, yaml.ScalarEvent) else None
        opened[-1][1].append(made)


def _collection(start: yaml.Event, parts: list[Content]) -> Content:
    if isinstance(start, yaml.MappingStartEvent):
        return {name: value for name, value in _couples(parts) if isinstance(name, str)}
    return tuple(parts)


def _couples(parts: list[Content]) -> Iterator[tuple[Content, Content]]:
    return zip(parts[::2], parts[1::2], strict=True)


def _scalar(event: yaml.ScalarEvent, context: Context) -> str:
    if event.implicit[0] and event.value in ("~", "null"):
        return ""
    text = clean(event.value)
    if text != event.value:
        context.report("characters-removed", _line(event))
    return " ".join(normalized(text).split())


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
