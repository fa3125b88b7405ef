"""Checking entry files without publishing them: what a new catalogue would say of each."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from feedsvc.model import Problem
from feedsvc.settings import Settings
from feedsvc.storage.writer import Update, Writer
from feedsvc.sync.loop import BATCH, read_all
from feedsvc.sync.scanner import Scan


def check(settings: Settings) -> tuple[Problem, ...]:
    """Give the problems of all entry files, as a new catalogue would meet them.

    Neither the catalogue nor anything else is changed. Raises EntriesUnavailable.
    """
    files = sorted(Scan(settings.entries), key=lambda file: file.path)
    found: list[Problem] = []
    labels: dict[str, tuple[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder, closing(Writer(Path(folder))) as writer:
        updates = read_all(files, settings)
        while batch := list(islice(updates, BATCH)):
            found.extend(writer.apply(batch, (), now=0).problems)
            for update in batch:
                found.extend(_alike(update, labels))
    return tuple(sorted(found))


def _alike(update: Update, labels: dict[str, tuple[str, str]]) -> Iterator[Problem]:
    """Tell of categories whose label differs from another of the same address."""
    for category in update.stored.categories() if update.stored else ():
        label, other = labels.setdefault(category.slug, (category.label, update.path))
        if label.casefold() != category.label.casefold():
            values = (("label", category.label), ("other", other), ("taken", label))
            yield Problem(update.path, 0, "category-twice", values)
