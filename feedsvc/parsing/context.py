"""What the parsers share: where the file is, what the settings say, what went wrong."""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from anyascii import anyascii

from feedsvc import urls
from feedsvc.model import Attachment, Category, Problem
from feedsvc.parsing.attachments import Media
from feedsvc.parsing.links import absolute
from feedsvc.parsing.sanitizer import TooDeep
from feedsvc.problems import severity
from feedsvc.settings import ParseSettings
from feedsvc.text import SUMMARY_LENGTH, clean, plain, summarize

MAX_LABEL = 100
_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,128}")


class Refused(Exception):
    """The file cannot become an entry; the reason is among the context's problems."""


class Body(NamedTuple):
    """An entry's body as safe HTML, and its first sentences as plain text."""

    html: str
    summary: str


class Context:
    """The surroundings of one parse, and the collector of its problems."""

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
        """Add a problem; `code` is a row of `problems.KINDS`."""
        texts = tuple((name, _short(str(value))) for name, value in values.items())
        self.problems.append(Problem(self.path, line, code, texts))

    def refusal(self, code: str, line: int = 0, **values: object) -> Refused:
        """Add a problem that ends the parse, and give the exception to raise."""
        self.report(code, line, **values)
        return Refused(code)

    def has_errors(self) -> bool:
        """Say whether a problem so far keeps the file from becoming an entry."""
        return any(severity(problem) == "error" for problem in self.problems)

    def media(self, entry_id: str) -> Media:
        """Look at the files around the entry."""
        return Media(str(self.root), self.path, entry_id, self.siblings)

    def sort_media(
        self, media: Media, image: Attachment | None, attached: list[Attachment]
    ) -> tuple[Attachment | None, tuple[Attachment, ...], tuple[Attachment, ...]]:
        """Give picture, attachments and what the text itself shows, once that is rendered.

        What bears the entry's name and was not named comes in, too: its first
        picture above the text. What is unfit is reported.
        """
        inline = tuple(file for file in media.found() if file not in (image, *attached))
        beside = media.siblings()
        if image is None and not any(file.width for file in inline):
            image = next((file for file in beside if file.width), None)
        attached = [file for file in dict.fromkeys([*attached, *beside]) if file != image]
        self.named_files += media.named_files
        for code, line, name in dict.fromkeys(media.unfit):
            self.report(code, line, name=name)
        return image, tuple(attached), inline

    def body(
        self, render: Callable[[str, str, Media], str], source: str, media: Media, entry_id: str
    ) -> Body:
        """Render an entry's source. Raises Refused where nothing comes of it, or it crawls."""
        try:
            html = render(source, urls.entry_path(entry_id, self.settings), media)
        except TooDeep as error:
            raise self.refusal("too-deep") from error
        summary = summarize(plain(html, enough=SUMMARY_LENGTH))
        if not (summary or media.named_files or "<img" in html):
            raise self.refusal("no-body")
        return Body(html, summary)

    def address(self, value: str, line: int) -> str | None:
        """Take a web address on another site, or report it and pass it over."""
        address = absolute(value, "/")
        if address and address.startswith(("http://", "https://")):
            return address
        self.report("bad-address", line, value=value)
        return None

    def id_from_name(self) -> str:
        """Make an id of the file's name, transliterated where it must be."""
        stem = PurePosixPath(self.path).stem
        if is_id(stem):
            return stem
        made = re.sub(r"[^A-Za-z0-9._-]+", "-", _latin(stem))[:128].strip("-.") or "entry"
        self.report("id-from-name", id=made)
        return made


def is_id(text: str) -> bool:
    """Say whether a text can be an entry's id."""
    return _ID.fullmatch(text) is not None


@lru_cache(maxsize=1000)  # a site has few labels, each of them in many files
def category(label: str) -> Category | None:
    """Make a category of a label; None where it has nothing to make an address of."""
    label = " ".join(label.split())
    slug = re.sub(r"[^a-z0-9]+", "-", _latin(label).lower()).strip("-")
    if len(label) > MAX_LABEL or not slug or not any(sign.isalnum() for sign in label):
        return None
    return Category(label, slug)


def _latin(text: str) -> str:
    # Soft and hard signs become apostrophes, which would tear the word apart.
    return anyascii(text).replace("'", "").replace('"', "")


def _short(text: str) -> str:
    text = clean(" ".join(text.split()))
    return text if len(text) <= 60 else text[:59] + "…"
