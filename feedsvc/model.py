"""The values that travel through the house. All frozen; all datetimes aware."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Status = Literal["published", "draft", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Category:
    """A label that readers see, and the ASCII slug that addresses use for it."""

    label: str
    slug: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to an entry.

    `path` is relative to the entries directory, `length` in bytes, `width` and
    `height` in pixels (None where it is no picture). It is served at
    `/media/<entry id>/<name>`.
    """

    name: str
    path: str
    media_type: str
    length: int
    width: int | None = None
    height: int | None = None
    alt: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One news item, parsed and valid.

    `title`, `summary` and every other text are plain; `html` is safe
    HTML in which an address on this site starts with `SITE`.
    `published` and `updated` are in the site's time zone. `image` stands above
    the text, what it shows or links itself is `inline`.
    """

    id: str
    title: str
    published: datetime
    updated: datetime
    html: str
    summary: str
    status: Status = "published"
    reason: str | None = None
    correction: str | None = None
    author: str | None = None
    publisher: str | None = None
    lang: str | None = None
    categories: tuple[Category, ...] = ()
    image: Attachment | None = None
    inline: tuple[Attachment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    address: str | None = None
    guid: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong with one entry file.

    `path` is relative to the entries directory; `line` counts from 1, and is 0
    where the whole file is meant; `code` names a row of `problems.KINDS`, and
    `values` fill in its texts.
    """

    path: str
    line: int
    code: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file: an entry, unless a problem is an error.

    `named_files` are the paths of the other files that it names, there or not.
    """

    entry: Entry | None
    problems: tuple[Problem, ...]
    named_files: tuple[str, ...] = ()
