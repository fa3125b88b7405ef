"""The values that every part of the service shares: frozen, with aware datetimes only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Status = Literal["published", "draft", "withdrawn"]
# What the id of an entry follows from: the text itself, the file's name, or the name that the
# file had before.
HomeSource = Literal["text", "name", "kept"]
# Where Dzen is to show an entry: among its news and in its channels, in one of them, or nowhere.
ContentType = Literal["news", "news_only", "blogs_only", "nowhere"]
# In pixels: Dzen takes no picture that is not as wide.
DZEN_WIDTH = 700


@dataclass(frozen=True, slots=True)
class Category:
    """A category: the label that readers see, and its ASCII slug for URLs."""

    label: str
    slug: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What readers get instead of the bytes of a file from `start` to `end`."""

    start: int
    end: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to an entry.

    `path` is relative to the entries folder, `length` is in bytes, `width` and `height` are in
    pixels (None if it is not a picture). It is served at `/media/<entry id>/<name>`, with the
    `edits`, in their order, of a file that has this `seal` (see `media.cleaning`).
    If `is_converted`, it is served as a JPEG made of it, which has this width and height; its
    length is not known before, and is 0.
    A picture that is part of a document is the `member` of this name in the file at `path`.
    """

    name: str
    path: str
    media_type: str
    length: int
    width: int | None = None
    height: int | None = None
    alt: str = ""
    caption: str = ""
    edits: tuple[Edit, ...] = ()
    seal: bytes = b""
    is_converted: bool = False
    member: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """What a file says of the entry that its own is a translation of.

    `name` is that entry's id, or what the name of its file becomes as one, and `address` the
    old address (`urls.old_address`) that links to the file lead over. Without an address the
    name is one that all versions share. `line` is where the file says so, 0 if its own name
    does.
    """

    name: str
    address: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """An entry among its translations: the path of its page, and its language.

    `lang` is as in Entry. `is_original` if it is not said to be a translation of another one.
    """

    page: str
    lang: str | None = None
    is_original: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One news item, parsed and valid.

    `html` is safe HTML in which addresses on this site start with `text.SITE`; `title`,
    `summary` and all other texts are plain. `published` and `updated` are in the site's time
    zone. `page` is the path of the entry's page. `image` is shown above the text, `inline` are
    the files that the text itself shows or links to. `correction` says what was corrected,
    `reason` why the entry was withdrawn.
    `aliases` are the addresses that the entry had before, as `urls.old_address` returns them.
    Up to the moment `pinned` it is among the first on the home page; from the moment `expires`
    on it is not public any more. `versions` are the entry itself and its translations, the
    first published first; an edition fills them in, as they are other files' news. `dzen` says
    where Dzen is to show it; None leaves that to the site.
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
    pinned: datetime | None = None
    expires: datetime | None = None
    translation_of: Original | None = None
    versions: tuple[Version, ...] = ()
    dzen: ContentType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaser:
    """What other pages show of an entry: its title, day, language, and where it is."""

    id: str
    title: str
    published: datetime
    page: str
    lang: str | None = None


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
    `home` is what id and address are made of, the folders and the id with slashes between
    them; `home_from` says what it follows from. `content` is a digest of the file's text, and
    `inode` its number; two files of one entry may have either in common.
    """

    entry: Entry | None
    problems: tuple[Problem, ...]
    named_files: tuple[str, ...] = ()
    home: str = ""
    home_from: HomeSource = "text"
    content: bytes = b""
    inode: int = 0
