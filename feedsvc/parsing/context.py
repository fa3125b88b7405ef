"""What the parsers share: where the file is, the settings, and the problems found in it."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from feedsvc import urls
from feedsvc.model import Attachment, Problem
from feedsvc.parsing.attachments import EntryFiles
from feedsvc.parsing.bounds import TooDeep
from feedsvc.parsing.identifiers import id_from, is_id
from feedsvc.parsing.links import absolute
from feedsvc.problems import severity
from feedsvc.settings import ParseSettings
from feedsvc.text import SUMMARY_LENGTH, clean, plain, summarize


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
    names, whether they exist or not.
    """

    def __init__(
        self, path: str, settings: ParseSettings, root: Path, siblings: tuple[str, ...] = ()
    ) -> None:
        self.path = path
        self.settings = settings
        self.root = root
        self.siblings = siblings
        self.problems: list[Problem] = []
        self.named_files: list[str] = []

    def report(self, code: str, line: int = 0, **values: object) -> None:
        """Add a problem; `code` is a key of `problems.KINDS`."""
        texts = tuple((name, _short(str(value))) for name, value in values.items())
        self.problems.append(Problem(self.path, line, code, texts))

    def refusal(self, code: str, line: int = 0, **values: object) -> Refused:
        """Add a problem that ends the parse, and return the exception to raise."""
        self.report(code, line, **values)
        return Refused(code)

    def has_errors(self) -> bool:
        """Return whether a problem so far keeps the file from becoming an entry."""
        return any(severity(problem) == "error" for problem in self.problems)

    def files(self, entry_id: str) -> EntryFiles:
        """Return the files of the entry, none of which is inspected yet."""
        return EntryFiles(str(self.root), self.path, entry_id, self.siblings)

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
        for code, line, name in dict.fromkeys(files.unfit):
            self.report(code, line, name=name)
        return image, tuple(attached), inline

    def render_body(
        self,
        render: Callable[[str, str, EntryFiles], str],
        source: str,
        files: EntryFiles,
        entry_id: str,
    ) -> Body:
        """Return the rendered body. Raises Refused if it is empty or exceeds the bounds.

        `render` takes the source, the path of the entry's page and the entry's files, and
        returns safe HTML.
        """
        try:
            html = render(source, urls.entry_path(entry_id, self.settings), files)
        except TooDeep as error:
            raise self.refusal("too-deep") from error
        summary = summarize(plain(html, enough=SUMMARY_LENGTH))
        if not (summary or files.named_files or "<img" in html):
            raise self.refusal("no-body")
        return Body(html, summary)

    def external_address(self, value: str, line: int) -> str | None:
        """Return an address on another site, or report it and return None."""
        address = absolute(value, "/")
        if address and address.startswith(("http://", "https://")):
            return address
        self.report("bad-address", line, value=value)
        return None

    def id_from_name(self) -> str:
        """Return the file's name as an id; report it if it had to be transliterated."""
        stem = PurePosixPath(self.path).stem
        if is_id(stem):
            return stem
        entry_id = id_from(stem)
        self.report("id-from-name", id=entry_id)
        return entry_id


def _short(text: str) -> str:
    text = clean(" ".join(text.split()))
    return text if len(text) <= 60 else text[:59] + "…"
