"""What the parsers share: where the file is, the settings, and the problems found in it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from feedsvc.model import Attachment, Category, Problem
from feedsvc.parsing.addresses import FileName
from feedsvc.parsing.attachments import EmbeddedPictures, EntryFiles
from feedsvc.parsing.bounds import Excess
from feedsvc.parsing.identifiers import category, id_from, is_id
from feedsvc.parsing.links import absolute, entry_link
from feedsvc.problems import severity
from feedsvc.settings import ParseSettings
from feedsvc.text import SUMMARY_LENGTH, clean, plain, summarize

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
}
MAX_CATEGORIES = 50
# The most characters of the address that an entry had elsewhere.
MAX_ADDRESS = 2000
# The most problems that are told of one file. If there are more, the last one says how many.
MAX_PROBLEMS = 20

# As the renderer of Markdown and the sanitizer leave it.
_footnote_mark = re.compile(r'<sup><a href="[^"]*" id="fnref-[^"]*">[^<]*</a></sup>')


class Refused(Exception):
    """The file cannot become an entry; the reason is among the context's problems."""


class Body(NamedTuple):
    """An entry's body as safe HTML, and its first sentences as plain text."""

    html: str
    summary: str


class Context:
    """The surroundings of one parse, and the problems that it reports.

    `path` is relative to the entries folder `root`; `siblings` are the paths of the files
    that bear the entry's name. `named_files` are the paths of the files that the entry
    names, whether they exist or not; `embedded` the pictures in the file itself.
    """

    def __init__(
        self, path: str, settings: ParseSettings, root: Path, siblings: tuple[str, ...] = ()
    ) -> None:
        self.path = path
        self.name = FileName(path)
        self.settings = settings
        self.root = root
        self.siblings = siblings
        self._problems: dict[str, list[Problem]] = {}
        self._omitted = 0
        self.named_files: list[str] = []
        self.embedded: EmbeddedPictures | None = None

    def report(self, code: str, line: int = 0, **values: object) -> None:
        """Add a problem; `code` is a key of `problems.KINDS`."""
        same = self._problems.setdefault(code, [])
        if len(same) == MAX_PROBLEMS:
            self._omitted += 1
            return
        texts = tuple((name, _short(str(value))) for name, value in values.items())
        same.append(Problem(self.path, line, code, texts))

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
        return any(severity(same[0]) == "error" for same in self._problems.values())

    def files(self, entry_id: str) -> EntryFiles:
        """Return the files of the entry, none of which is inspected yet."""
        files = EntryFiles(str(self.root), self.path, entry_id, self.siblings, self.settings)
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
        if image is None and not any(file.width for file in inline):
            image = next((file for file in siblings if file.width), None)
        attached = [file for file in dict.fromkeys([*attached, *siblings]) if file != image]
        self.named_files += files.named_files
        for code, line, name in files.unfit:
            self.report(code, line, name=name)
        return image, tuple(attached), inline

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
        text = _footnote_mark.sub("", html) if "<sup>" in html else html
        summary = summarize(plain(text, enough=SUMMARY_LENGTH))
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

        With `is_dated` the date that it begins with is no part of the id.
        """
        stem = self.name.name if is_dated else self.name.stem
        if is_id(stem):
            return stem
        entry_id = id_from(stem)
        self.report("id-from-name", id=entry_id)
        return entry_id


def _short(text: str) -> str:
    text = clean(" ".join(text.split()))
    return text if len(text) <= 60 else text[:59] + "…"
