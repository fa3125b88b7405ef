"""The folder of another generator: its texts are read as they are, and copied.

The paths below the folder with the texts stay: they are part of the addresses that the texts had.
"""

import re
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from filecmp import cmp
from pathlib import Path

import yaml

from feedsvc import problems
from feedsvc.i18n import N_, reason
from feedsvc.importing.item import LeftOut
from feedsvc.importing.report import Progress, Report
from feedsvc.parsing import is_document_name
from feedsvc.settings import Settings
from feedsvc.storage.updates import FileUpdate
from feedsvc.sync.readers import Readers
from feedsvc.sync.scanner import FoundFile, Scan

# Where the texts are, the first that is there; without one of them, anywhere.
_TEXTS = ("content", "src/content", "source", "posts")
# What a generator has made, or makes pages with.
_NO_TEXTS = frozenset(
    "public output dist node_modules vendor themes theme layouts templates archetypes resources"
    " assets static i18n".split()
)
# The addresses that Jekyll makes under these names, and the usual ones of each system.
_JEKYLL = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title.html",
    "none": "/:categories/:title.html",
}
_BY_SECTIONS, _PELICAN = "/:sections/:slug/", "/{slug}.html"
_article_url = re.compile(r"^ARTICLE_URL\s*=\s*[\"']([^\"'\n]+)[\"']", re.MULTILINE)


def import_folder(
    source: Path, settings: Settings, report: Report, progress: Progress, *, is_dry_run: bool
) -> None:
    """Copy the texts of a folder, with what belongs to them, into the entries folder.

    Raises EntriesUnavailable, ReadersUnavailable.
    """
    root = next((source / each for each in _TEXTS if (source / each).is_dir()), source)
    copy = _Copy(root, settings.entries, report, is_dry_run=is_dry_run)
    found = sorted(filter(_may_be_text, Scan(root)), key=lambda file: file.path)
    with closing(Readers(replace(settings, entries=root), lambda _death: None)) as readers:
        updates = {update.path: update for update in readers.read(found)}
    for number, file in enumerate(found):
        progress(number, len(found))
        if update := updates.get(file.path):
            copy.take(file, update)
    progress(len(found), len(found))
    report.settings += _settings_for(source)


def _may_be_text(file: FoundFile) -> bool:
    if is_document_name(file.path):
        return False
    return not _NO_TEXTS.intersection(file.path.split("/")[:-1])


class _Copy:
    """Copies texts from one folder to another."""

    def __init__(self, source: Path, target: Path, report: Report, *, is_dry_run: bool) -> None:
        self._source = source
        self._target = target
        self._report = report
        self._is_dry_run = is_dry_run

    def take(self, file: FoundFile, update: FileUpdate) -> None:
        """Copy a text that can be published, or note what is wrong with it."""
        if update.stored is None:
            error = next(each for each in update.problems if problems.severity(each) == "error")
            self._report.left_out.append(LeftOut(update.path, problems.message(error)))
            return
        try:
            if not self._is_new(update.path):
                return
            if not self._is_dry_run:
                for path in dict.fromkeys((*file.siblings, *update.named_files)):
                    self._report.files += _copy(self._source / path, self._target / path)
                _copy(self._source / update.path, self._target / update.path)
        except OSError as error:
            self._report.left_out.append(LeftOut(update.path, reason(error)))
            return
        self._report.written += 1
        self._report.drafts += update.stored.status == "draft"
        self._report.problems += update.problems

    def _is_new(self, path: str) -> bool:
        target = self._target / path
        if not target.exists():
            return True
        if cmp(self._source / path, target, shallow=False):
            self._report.present += 1
        else:
            self._report.leave_out(path, N_("another file of this name is there already"))
        return False


def _copy(source: Path, target: Path) -> bool:
    """Copy a file that is not there yet, so that nobody reads half of it."""
    if target.exists() or not source.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.copy2(source, temporary)
    temporary.replace(target)
    return True


def _settings_for(source: Path) -> Iterator[str]:
    """Yield lines for the settings under which the old addresses go on working."""
    patterns = [*_patterns(source)]
    if patterns:
        listed = ", ".join(f'"{pattern}"' for pattern in patterns)
        yield f"old_permalinks = [{listed}]"
    static = next((each for each in ("static", "public") if (source / each).is_dir()), None)
    if static is not None:
        yield f'static = "{(source / static).absolute()}"'


def _patterns(source: Path) -> Iterator[str]:
    """Yield how the addresses of a generator's texts are made, by its settings."""
    if (pelican := source / "pelicanconf.py").is_file():
        found = _article_url.search(pelican.read_text("utf-8", "replace"))
        yield "/" + found[1].lstrip("/") if found else _PELICAN
    elif (source / "_config.yml").is_file():
        written = str(_table(source / "_config.yml").get("permalink") or "date")
        yield _JEKYLL.get(written, written)
    else:
        for name in ("hugo.toml", "config.toml", "hugo.yaml", "config.yaml"):
            if (source / name).is_file():
                permalinks = _table(source / name).get("permalinks")
                values = permalinks.values() if isinstance(permalinks, dict) else ()
                yield from (each for each in values if isinstance(each, str))
                yield _BY_SECTIONS
                return


def _table(path: Path) -> dict[str, object]:
    """Return the values in a settings file; nothing if it cannot be read."""
    with suppress(OSError, ValueError, yaml.YAMLError, RecursionError):
        text = path.read_text("utf-8", "replace")
        values = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
        if isinstance(values, dict):
            return values
    return {}
