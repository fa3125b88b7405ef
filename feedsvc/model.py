"""The values that every part of the service shares: frozen, with aware datetimes only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Status = Literal["published", "draft", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Category:
    """A category: the label that readers see, and its ASCII slug for URLs."""

    label: str
    slug: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to an entry.

    `path` is relative to the entries folder, `length` is in bytes, `width` and `height` are in
    pixels (None if it is not a picture). It is served at `/media/<entry id>/<name>`. A picture
    that is part of a document is the `member` of this name in the file at `path`.
    """

    name: str
    path: str
    media_type: str
    length: int
    width: int | None = None
    height: int | None = None
    alt: str = ""
    caption: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One news item, parsed and valid.

    `html` is safe HTML in which addresses on this site start with `text.SITE`; `title`,
    `summary` and all other texts are plain. `published` and `updated` are in the site's time
    zone. `page` is the path of the entry's page. `image` is shown above the text, `inline` are
    the files that the text itself shows or links to. `correction` says what was corrected,
    `reason` why the entry was withdrawn.
    `aliases` are the addresses that the entry had before, as `urls.old_address` returns them.
    """

    id: str
    title: str
    published: datetime
    updated: datetime
    html: str
    summary: str
    page: str
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
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with an entry file.

    `path` is relative to the entries folder; `line` counts from 1, or is 0 for the file as a
    whole; `code` is a key of `problems.KINDS`, and `values` fill in the texts found there.
    """

    path: str
    line: int
    code: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading an entry file: an entry, unless one of the problems is an error.

    `named_files` are the paths of the other files that it names, whether they exist or not.
    """

    entry: Entry | None
    problems: tuple[Problem, ...]
    named_files: tuple[str, ...] = ()
