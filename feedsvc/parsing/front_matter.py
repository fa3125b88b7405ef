"""YAML front matter: names and values, each with its line.

It is read as a stream of events, not built into objects: every value must stay the text
that was written (`no`, `08` and `2014-08-13` mean something else to YAML), every problem
needs its line, and when objects are built, a file of 50,000 brackets overflows libyaml's
stack and kills the process.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from feedsvc.parsing.bounds import MAX_DEPTH
from feedsvc.parsing.context import Context
from feedsvc.text import clean

_fence = re.compile(r"(?:---|\.\.\.)[ \t]*")


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a name, and the name's line; `content` is None if it is nested or an alias."""

    line: int
    content: str | tuple[str, ...] | dict[str, str] | None


def split(text: str, context: Context) -> tuple[dict[str, Value], str]:
    """Return a file's front matter, by name, and the text below it. Raises Refused."""
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not _fence.fullmatch(lines[start]):
        raise context.refusal("no-front-matter", start + 1)
    for end in range(start + 1, len(lines)):
        if _fence.fullmatch(lines[end]):
            break
    else:
        raise context.refusal("front-matter-open", start + 1)
    # Empty lines stand for those above, so that YAML counts lines as people do.
    front = "\n" * (start + 1) + "\n".join(lines[start + 1 : end]) + "\n"
    try:
        values = dict(_pairs(yaml.parse(front, Loader=yaml.CBaseLoader), context))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise context.refusal("bad-yaml", mark.line + 1 if mark else start + 1) from error
    return values, "\n".join(lines[end + 1 :])


def _pairs(events: Iterator[yaml.Event], context: Context) -> Iterator[tuple[str, Value]]:
    seen = set()
    next(events)  # the start of the stream
    if isinstance(next(events), yaml.StreamEndEvent):
        return
    if not isinstance(first := next(events), yaml.MappingStartEvent):
        raise context.refusal("not-a-mapping", _line(first))
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = _line(event)
        name = _content(event, events, context)
        value = Value(line, _content(next(events), events, context))
        if not isinstance(name, str):
            raise context.refusal("not-a-mapping", line)
        if name in seen:
            context.report("key-twice", line, key=name)
        seen.add(name)
        if value.content != "":
            yield name, value


def _content(
    event: yaml.Event, events: Iterator[yaml.Event], context: Context
) -> str | tuple[str, ...] | dict[str, str] | None:
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, context)
    if not isinstance(event, yaml.CollectionStartEvent):
        return None  # an alias, which may stand for anything
    parts: list[str] = []
    depth = 1
    flat = True
    while depth:
        part = next(events)
        if isinstance(part, yaml.ScalarEvent):
            parts.append(_scalar(part, context))
        elif isinstance(part, yaml.CollectionEndEvent):
            depth -= 1
        else:
            depth += isinstance(part, yaml.CollectionStartEvent)
            flat = False
            if depth > MAX_DEPTH:  # libyaml takes half an hour for a million
                raise context.refusal("too-deep", _line(part))
    if not flat:
        return None
    if isinstance(event, yaml.MappingStartEvent):
        return dict(zip(parts[::2], parts[1::2], strict=True))
    return tuple(parts)


def _scalar(event: yaml.ScalarEvent, context: Context) -> str:
    if event.implicit[0] and event.value in ("~", "null"):
        return ""
    text = clean(event.value)
    if text != event.value:
        context.report("characters-removed", _line(event))
    return " ".join(text.split())


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
