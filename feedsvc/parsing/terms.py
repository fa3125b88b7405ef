"""How long a text holds: until when it is pinned, and when it ceases to be public."""

from collections.abc import Callable, Iterable
from datetime import datetime

from feedsvc.dates import FOREVER, parse_end, without_until
from feedsvc.parsing.context import Context
from feedsvc.parsing.russian import FALSE, TRUE
from feedsvc.parsing.yaml_values import Value


def pinned(value: Value | None, context: Context) -> datetime | None:
    """Return until when an entry is pinned; None if it is not, or if that is not clear."""
    text = "" if value is None else str(value.content).lower()
    if value is None or text in FALSE:
        return None
    # Others write a number, by which they sort what is pinned.
    if text in TRUE or text.isdecimal():
        return FOREVER
    moment = parse_end(text, context.settings.timezone)
    if moment is None:
        context.report("bad-pinned", value.line, value=text)
    return moment


def end(
    value: Value | None,
    moments: Iterable[Value],
    read: Callable[[Value], datetime | None],
    published: datetime,
    context: Context,
) -> datetime | None:
    """Return when an entry, published then, ceases to be public; None if never.

    It is the first of what `value` says, in our way, and of the moments that other systems
    write. `read` returns the moment of one, or reports it.
    """
    ends = [(moment, each) for each in moments if (moment := read(each))]
    if value is not None:
        value = Value(value.line, without_until(str(value.content)))
        moment = parse_end(str(value.content), context.settings.timezone) or read(value)
        ends += [(moment, value)] if moment else []
    if not ends:
        return None
    first, named = min(ends, key=lambda each: each[0])
    if first <= published:
        context.report("expires-early", named.line, value=named.content)
    return first
