"""Check entry files without publishing them: the problems a new catalogue would have."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from feedsvc.model import Problem
from feedsvc.settings import Settings
from feedsvc.storage.updates import FileUpdate
from feedsvc.storage.writer import Writer
from feedsvc.sync.readers import BATCH, Readers
from feedsvc.sync.scanner import Scan, is_held_back
from feedsvc.sync.unread import unread


class Checked(NamedTuple):
    """What a check found: problems, in the order of paths and lines, and how many files it read."""

    problems: tuple[Problem, ...]
    files: int


def check(settings: Settings) -> Checked:
    """Check all entry files.

    Neither the catalogue nor anything else is changed. Raises EntriesUnavailable or
    ReadersUnavailable.
    """
    scan = Scan(settings.entries)
    files = sorted(scan, key=lambda file: file.path)
    # Texts first: what they name is no entry.
    attached: set[str] = set()
    count = 0
    found: list[Problem] = []
    labels: dict[str, tuple[str, str]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Writer(Path(folder))) as writer,
        closing(Readers(settings, lambda _death: None)) as readers,
    ):
        for is_later in (False, True):
            group = [
                each
                for each in files
                if is_held_back(each) == is_later and each.path not in attached
            ]
            count += len(group)
            updates = readers.read(group)
            while batch := list(islice(updates, BATCH)):
                found.extend(writer.apply(batch, (), now=0).problems)
                for update in batch:
                    attached.update(update.named_files)
                    found.extend(_label_conflicts(update, labels))
        found.extend(writer.snapshot().translation_problems())
        named = writer.all_named_files()
        found.extend(unread(scan.others, named, settings.static, alone=0)[0])
    return Checked(tuple(sorted(found)), count)


def _label_conflicts(update: FileUpdate, labels: dict[str, tuple[str, str]]) -> Iterator[Problem]:
    """Yield a problem for each category that shares its slug with another label."""
    for category in update.stored.categories() if update.stored else ():
        label, other = labels.setdefault(category.slug, (category.label, update.path))
        if label.casefold() != category.label.casefold():
            values = (("label", category.label), ("other", other), ("taken", label))
            yield Problem(update.path, 0, "category-twice", values)
