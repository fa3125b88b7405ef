"""Progress of the first index: a bar on a terminal, otherwise lines in the log."""

import logging
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

from feedsvc.i18n import N_, Message

T = TypeVar("T")
_log = logging.getLogger("feedsvc")


def reported(items: Iterable[T], total: int, language: str) -> Iterator[T]:
    """Yield the items, and report each tenth of `total` as it is reached."""
    label = Message(N_("Reading the entries")).text(language)
    if sys.stderr.isatty():
        with click.progressbar(items, length=total, label=label, file=sys.stderr) as bar:
            yield from bar
        return
    for count, item in enumerate(items, 1):
        yield item
        if count * 10 // total > (count - 1) * 10 // total:
            _log.info("%s: %d%% (%d)", label, count * 100 // total, count)
