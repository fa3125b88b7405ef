"""What the parsers share: where the file is, the settings, and the problems found in it."""

import posixpath
import re
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from feedsvc.media.types import is_cover
from feedsvc.model import Attachment, Category, HomeSource, Problem
from feedsvc.parsing.addresses import FileName
from feedsvc.parsing.attachments import Caption, EmbeddedPictures, EntryFiles
from feedsvc.parsing.bounds import Excess
from feedsvc.parsing.identifiers import as_id, category
from feedsvc.parsing.links import absolute, entry_link
from feedsvc.problems import has_errors, severity
from feedsvc.settings import ParseSettings
from feedsvc.text import (
    SUMMARY_LENGTH,
    clean,
    lead,
    normalized,
    plain,
    summarize,
    visible,
)

# The most characters of a title: official ones are long, but a whole paragraph is a mistake.
MAX_TITLE = 500
# The most characters of each text, and the most categories: more of them is a mistake, and
# would make every list and feed long.
MAX_LENGTHS = {
    "title": MAX_TITLE,
    "author": 1000,
    "publisher": 1000,
    "summary": 2000,
    "reason": 2000,
    "correction": 5000,
    "alt": 2000,
    "caption": 2000,
    "guid": 1000,
    "translation_of": 1000,
    "translation_key": 200,
}
MAX_CATEGORIES = 50
# The most characters of the address that an entry had elsewhere.
MAX_ADDRESS = 2000
# The most problems that are told of one file. If there are more, the last one says how many.
MAX_PROBLEMS = 20

# As the renderer of Markdown and the sanitizer leave it.
_footnote_mark = re.compile(r'<sup><a href="[^"]*" id="fnref-[^"]*">[^<]*</a></sup>')
# In HTML as the sanitizer leaves it: a picture, and its attributes.
_picture = re.compile(r'<img(?: [a-z-]+="[^"]*")*')
_with_alt = re.compile(r' alt="\s*[^"\s]')
_source = re.compile(r' src="([^"]*)"')
# How many pictures are named in one problem.
_SHOWN_NAMES = 3


class Refused(Exception):
    """The file cannot become an entry; the reason is among the context's problems."""


class Body(NamedTuple):
    """An entry's body as safe HTML, and its first sentences as plain text."""

    html: str
    summary: str


class Context:
    """The surroundings of one parse, and the problems that it reports.

    `path` is relative to the entries folder `root`; `siblings` are the paths of the files
    that bear the entry's name, and `captions` those of the pictures among them; `kept` is the
    home that the entry had before its file was renamed, if it was (see `model.Reading`).
    `named_files` are the paths of the files that the entry names, whether they exist or not;
    `embedded` are the pictures in the file itself.
    """

    def __init__(
        self,
        path: str,
        settings: ParseSettings,
        root: Path,
        siblings: tuple[str, ...] = (),
        *,
        kept: str = "",
    ) -> None:
        self.path = path
        self.name = FileName(path, kept)
        self._kept_id = kept.rpartition("/")[2]
        self._home_from: HomeSource = "text"
        self.settings = settings
        self.root = root
        self.siblings = siblings
        self._problems: dict[str, list[Problem]] = {}
        self._omitted = 0
        self._pictures_without_alt: list[str] = []
        self.captions: Mapping[str, Caption] = {}
        self.named_files: list[str] = []
        self.embedded: EmbeddedPictures | None = None

    def report(self, code: str, line: int = 0, **values: object) -> None:
        """Add a problem; `code` is a key of `problems.KINDS`."""
        self.report_of(self.path, code, line, **values)

    def report_of(self, path: str, code: str, line: int = 0, **values: object) -> None:
        """Add a problem of another file that belongs to the entry."""
        same = self._problems.setdefault(code, [])
        if len(same) == MAX_PROBLEMS:
            self._omitted += 1
            return
        texts = tuple((name, _short(str(value))) for name, value in values.items())
        same.append(Problem(path, line, code, texts))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return the problems in the order of their lines, `MAX_PROBLEMS` at most.

        If there are more, those that differ in kind are kept, errors first, and a last one
        says how many are left out.
        """
        ranked = [
            (rank, severity(problem) != "error", problem)
            for same in self._problems.values()
            for rank, problem in enumerate(same)
        ]
        count = len(ranked) + self._omitted
        kept = sorted(problem for _, _, problem in sorted(ranked)[:MAX_PROBLEMS])
        if count > len(kept):
            omitted = (("count", str(count - len(kept))),)
            kept.append(Problem(self.path, 0, "problems-more", omitted))
        return tuple(kept)

    def refusal(self, code: str, line: int = 0, **values: object) -> Refused:
        """Add a problem that ends the parse, and return the exception to raise."""
        self.report(code, line, **values)
        return Refused(code)

    def add_category(self, found: dict[str, Category], label: str, line: int) -> bool:
        """Add the category of a label to those found, by slug; return False if they are enough.

        A label that is none, and one too many, are reported.
        """
        if len(found) == MAX_CATEGORIES:
            self.report("categories-many", line)
            return False
        made = category(label)
        if made is None:
            self.report("bad-category", line, value=label)
        else:
            found.setdefault(made.slug, made)
        return True

    def has_errors(self) -> bool:
        """Return whether a problem so far keeps the file from becoming an entry."""
        return has_errors(same[0] for same in self._problems.values())

    def files(self, entry_id: str) -> EntryFiles:
        """Return the files of the entry, none of which is inspected yet."""
        files = EntryFiles(str(self.root), self.path, entry_id, self.siblings, self.settings)
        files.captions = self.captions
        files.embedded = self.embedded
        return files

    def entry_link(self, written: str) -> str:
        """Return the path of the page of another entry, whose file a text names."""
        return entry_link(written, self.settings)

    def arrange_files(
        self, files: EntryFiles, image: Attachment | None, attached: list[Attachment]
    ) -> tuple[Attachment | None, tuple[Attachment, ...], tuple[Attachment, ...]]:
        """Return the entry's picture, its attachments, and the files that its body uses.

        Call this after rendering. Siblings that nothing names are added: as the picture if
        there is none yet, neither here nor in the body, else as attachments. Files that
        cannot be published are reported.
        """
        inline = tuple(file for file in files.found() if file not in (image, *attached))
        siblings = files.siblings()
        if image is None:
            pictures = [file for file in siblings if file.width]
            has_own = any(file.width for file in inline)
            # A cover comes first, and is meant; any other picture only fills an empty place.
            image = next((each for each in pictures if is_cover(each.path) or not has_own), None)
        attached = [file for file in dict.fromkeys([*attached, *siblings]) if file != image]
        self.named_files += files.named_files
        for code, line, name in files.unfit:
            self.report(code, line, name=name)
        self._report_pictures(files, [image, *attached])
        return image, tuple(attached), inline

    def _report_pictures(self, files: EntryFiles, shown: list[Attachment | None]) -> None:
        """Report the pictures that nothing describes, and those that tell where they were."""
        bare = [
            posixpath.basename(file.path) for file in shown if file and file.width and not file.alt
        ]
        for code, names in (
            ("alt-missing", [*bare, *self._pictures_without_alt]),
            ("picture-place", files.places),
        ):
            if names:
                unique = list(dict.fromkeys(names))
                more = " …" if len(unique) > _SHOWN_NAMES else ""
                self.report(code, names=", ".join(unique[:_SHOWN_NAMES]) + more, count=len(unique))

    def render_body(
        self,
        render: Callable[[str, str, EntryFiles], str],
        source: str,
        files: EntryFiles,
        page: str,
        *,
        above: int = 0,
    ) -> Body:
        """Return the rendered body. Raises Refused if it is empty or exceeds the bounds.

        `render` takes the source, the path of the entry's page and the entry's files, and
        returns safe HTML. `above` is the number of lines of the file above the source.
        """
        try:
            html = render(source, page, files)
        except Excess as error:
            raise self.refusal(error.code, error.line and error.line + above) from error
        html = normalized(visible(html))
        self._pictures_without_alt = _without_alt(html) if "<img" in html else []
        text = _footnote_mark.sub("", html) if "<sup>" in html else html
        summary = summarize(plain(lead(text), enough=SUMMARY_LENGTH))
        if summary.endswith(":"):  # a list follows
            summary = f"{summary[:-1]}…"
        if not (summary or files.named_files or "<img" in html):
            raise self.refusal("no-body")
        return Body(html, summary)

    def external_address(self, value: str, line: int) -> str | None:
        """Return an address on another site, or report it and return None."""
        address = absolute(value, "/") if len(value) <= MAX_ADDRESS else None
        if address and address.startswith(("http://", "https://")):
            return address
        self.report("bad-address", line, value=value)
        return None

    def id_from_name(self, *, is_dated: bool = False) -> str:
        """Return the file's name as an id; report it if it had to be transliterated.

        With `is_dated` the date that it begins with is no part of the id. A file that was
        renamed keeps the id that it had.
        """
        stem = self.name.name if is_dated else self.name.stem
        entry_id = as_id(stem)
        if self._kept_id not in ("", entry_id):
            self._home_from = "kept"
            return self._kept_id
        self._home_from = "name"
        if entry_id != stem:
            self.report("id-from-name", id=entry_id)
        return entry_id

    def home(self, entry_id: str) -> tuple[str, HomeSource]:
        """Return the home of the entry, and what it follows from.

        Report it if nothing in the file says so: it holds for as long as the catalogue does.
        """
        is_moved = "<folder>" in self.settings.permalink and self.name.home != self.name.folders
        if is_moved or self._home_from == "kept":
            self._home_from = "kept"
            self.report("renamed", id=entry_id)
        folders = self.name.home if self._home_from == "kept" else self.name.folders
        return "/".join((*folders, entry_id)), self._home_from


def _without_alt(html: str) -> list[str]:
    """Return the names of the pictures in safe HTML that have no alternative text."""
    bare = (each[0] for each in _picture.finditer(html) if not _with_alt.search(each[0]))
    addresses = (_source.search(each) for each in bare)
    return [posixpath.basename(unquote(unescape(found[1]))) for found in addresses if found]


def _short(text: str) -> str:
    text = clean(" ".join(text.split()))
    return text if len(text) <= 60 else text[:59] + "…"
