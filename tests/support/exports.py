"""Exports for tests: what is in a target, and what should be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedsvc.export.run import Exporter, export, open_target
from feedsvc.export.target import STATE
from feedsvc.export.writing import Outcome
from feedsvc.settings import Settings


def tree(folder: Path) -> dict[str, bytes]:
    """Return the content of each file of an exported folder, without the exporter's own state."""
    found = {str(each.relative_to(folder)): each for each in folder.rglob("*") if each.is_file()}
    return {key: path.read_bytes() for key, path in found.items() if not key.startswith(STATE)}


def export_to(folder: Path, settings: Settings, *, accepts_removals: bool = False) -> Outcome:
    """Export once to a folder."""
    return export(str(folder), settings, accepts_removals=accepts_removals)


@contextmanager
def exporting(folder: Path, settings: Settings) -> Iterator[Exporter]:
    """Return an exporter to a folder that has just exported all."""
    target = open_target(str(folder), settings)
    with target.locked():
        exporter = Exporter(settings, target, accepts_removals=False)
        exporter.until_quiet()
        yield exporter


def differing(folder: Path, other: Path) -> set[str]:
    """Return the keys at which two exported folders differ."""
    one, two = tree(folder), tree(other)
    return {key for key in one.keys() | two.keys() if one.get(key) != two.get(key)}
