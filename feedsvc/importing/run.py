"""An import: the texts of a source become entry files, each of them whole or not at all.

Killed at any moment, it can be run again: what is there already is left as it is.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from feedsvc.i18n import N_, reason
from feedsvc.importing import generators, sources
from feedsvc.importing.download import Source
from feedsvc.importing.entry_file import Composed, Site
from feedsvc.importing.item import Found, Item, LeftOut
from feedsvc.importing.known import Known
from feedsvc.importing.report import Progress, Report
from feedsvc.importing.sources import TOO_COSTLY, Kind
from feedsvc.importing.wordpress import Export
from feedsvc.importing.workshop import Costly, Workshop
from feedsvc.media.types import MAX_FILES, TYPES, is_plain, suffix
from feedsvc.parsing.identifiers import as_id
from feedsvc.settings import Settings

# How many files are fetched at a time.
_THREADS = 4
# In bytes, of the name of a file beside a text.
_MAX_NAME = 150
_NOT_AT_HAND = N_("a file is not at hand, and stays where it is: {address}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is to be imported, and how.

    `types` are WordPress's types of content that are texts, `files` a folder with files of the
    old site, `hosts` those that files may be fetched from although they are not public.
    """

    source: str
    kind: Kind | None = None
    types: tuple[str, ...] = ("post",)
    files: Path | None = None
    hosts: tuple[str, ...] = ()
    is_online: bool = True
    is_dry_run: bool = False


def import_source(settings: Settings, options: Options, progress: Progress) -> Report:
    """Import a source into the entries folder of the settings.

    Raises ImportFailed, EntriesUnavailable, ReadersUnavailable.
    """
    found = sources.kind_of(options.source)
    kind = options.kind or found
    report = Report()
    if kind == "folder":
        generators.import_folder(
            Path(options.source), settings, report, progress, is_dry_run=options.is_dry_run
        )
        return report
    with closing(Workshop(settings)) as workshop:
        texts, files = _opened(kind, options, settings, workshop)
        _Import(settings, options, workshop, files, report).run(texts, progress)
    return report


def _opened(
    kind: Kind, options: Options, settings: Settings, workshop: Workshop
) -> tuple[Iterable[Found], Source]:
    folder, hosts = options.files, {host.lower() for host in options.hosts}
    if sources.is_remote(options.source):
        hosts.add((urlsplit(options.source).hostname or "").lower())
    if kind == "pages":
        pages = sources.Pages(options.source, workshop)
        return pages, Source(folder or pages.root, hosts, is_online=options.is_online)
    files = Source(folder, hosts, is_online=options.is_online)
    if kind == "wordpress":
        return Export(Path(options.source), options.types, settings.language), files
    return sources.Feed(options.source, files, workshop), files


class _Import:
    """One import of texts that become files of ours."""

    def __init__(
        self,
        settings: Settings,
        options: Options,
        workshop: Workshop,
        files: Source,
        report: Report,
    ) -> None:
        self._settings = settings
        self._options = options
        self._workshop = workshop
        self._files = files
        self._report = report
        self._known = Known(settings)

    def run(self, texts: Iterable[Found], progress: Progress) -> None:
        """Import all texts, the oldest first."""
        taken = list(self._new(texts))
        host = urlsplit(self._settings.site).netloc.lower()
        plan = [(item, self._path(item)) for item in reversed(taken)]
        links = {
            item.address: f"{path.rpartition('/')[2]}.md"
            for item, path in plan
            if item.address and not item.is_ours
        }
        site = Site(host, links)
        for number, (item, path) in enumerate(plan):
            progress(number, len(plan))
            try:
                self._take(item, path, site)
            except Costly:
                self._report.leave_out(item.where, TOO_COSTLY)
            except OSError as error:
                self._report.left_out.append(LeftOut(item.where, reason(error)))
        progress(len(plan), len(plan))

    def _new(self, texts: Iterable[Found]) -> Iterator[Item]:
        """Yield the texts that are not in the folder yet."""
        for found in texts:
            if isinstance(found, LeftOut):
                self._report.left_out.append(found)
            elif is_new := self._known.add(found):
                yield self._with_less(found)
            elif is_new is False:
                self._report.present += 1

    def _with_less(self, item: Item) -> Item:
        """Return an item without an author who is simply the site's."""
        is_default = item.is_ours and item.author == self._settings.author
        return msgspec.structs.replace(item, author="") if is_default else item

    def _path(self, item: Item) -> str:
        """Return where the file of a text will be, without its suffix."""
        own = f"tag:{self._settings.authority}:"
        name = item.guid.removeprefix(own) if item.guid.startswith(own) else item.name or item.title
        name = self._known.free_name(as_id(name or "entry"))
        return f"{item.published.year:04}/{name}" if item.published else name

    def _take(self, item: Item, path: str, site: Site) -> None:
        """Write the file of a text, and before it those that belong to it."""
        names = {} if self._options.is_dry_run else self._save_files(item, path)
        composed = self._workshop.compose(item, path, names, site)
        if not self._options.is_dry_run:
            _write(self._settings.entries / (path + composed.suffix), composed.text)
        self._count(item, composed)

    def _count(self, item: Item, composed: Composed) -> None:
        self._report.written += 1
        self._report.drafts += item.status == "draft"
        # What pictures lack, they lacked in the old system as well.
        self._report.problems += (each for each in composed.problems if each.code != "alt-missing")

    def _save_files(self, item: Item, path: str) -> dict[str, str]:
        """Save the files of a text that are at hand; return their names, by their addresses."""
        wanted = self._workshop.files(item)
        folder = self._settings.entries / path
        names: dict[str, str] = {}
        taken: set[str] = set()
        for url in wanted:
            name = _file_name(url)
            if name is None or len(names) == MAX_FILES:
                self._report.leave_out(item.where, _NOT_AT_HAND, address=url)
            else:
                names[url] = _unused(name, taken)
        if not names:
            return {}
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_THREADS) as pool:
            saved = pool.map(lambda url: self._save(url, folder / names[url]), names)
            found = dict(zip(names, saved, strict=True))
        for url, is_saved in found.items():
            if not is_saved:
                self._report.leave_out(item.where, _NOT_AT_HAND, address=url)
        with suppress(OSError):
            folder.rmdir()  # if it is empty
        return {url: name for url, name in names.items() if found[url]}

    def _save(self, url: str, target: Path) -> bool:
        if target.exists():
            return True
        temporary = target.with_name(f".{target.name}.tmp")
        if not self._files.save(url, temporary):
            return False
        temporary.replace(target)
        self._report.files += 1
        return True


def _file_name(url: str) -> str | None:
    """Return the name of a file that can be published, from its address; None if it cannot."""
    name = unquote(urlsplit(url).path).rpartition("/")[2].strip()
    if suffix(name) not in TYPES:
        return None
    stem, end = name[: -len(suffix(name))], suffix(name)
    if not is_plain(stem) or len(stem.encode()) > _MAX_NAME or stem[:1] in ("", ".", "_", "~"):
        stem = as_id(stem)[:_MAX_NAME].lstrip("._~") or "file"
    return stem + end


def _unused(name: str, taken: set[str]) -> str:
    """Return a name that no other file of a text has, and take it."""
    stem, end = name[: -len(suffix(name))], suffix(name)
    number = 2
    while name.lower() in taken:
        name, number = f"{stem}-{number}{end}", number + 1
    taken.add(name.lower())
    return name


def _write(path: Path, text: str) -> None:
    """Write a file so that whoever reads it finds all of it, or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
