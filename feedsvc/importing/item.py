"""What a source says of one text, in a form that is the same for all sources."""

from datetime import datetime
from urllib.parse import unquote, urlsplit

import msgspec

from feedsvc.i18n import Message
from feedsvc.model import Status


class File(msgspec.Struct, frozen=True):
    """A picture or document of a text: its absolute address, and what describes a picture."""

    url: str
    alt: str = ""
    caption: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A text of a source.

    `where` names it in messages. `html` is as the source has it, `base` the absolute address
    against which the addresses in it are resolved. `name` is what its file may be called,
    `title` and all other texts are plain. `aliases` are the addresses it had besides `address`.
    `is_ours` says that feedsvc has served it: its HTML is taken over to the byte.
    """

    where: str
    title: str = ""
    html: str = ""
    base: str = ""
    name: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    guid: str = ""
    address: str = ""
    aliases: tuple[str, ...] = ()
    author: str = ""
    publisher: str = ""
    categories: tuple[str, ...] = ()
    summary: str = ""
    lang: str = ""
    status: Status = "published"
    reason: str = ""
    correction: str = ""
    image: File | None = None
    attachments: tuple[File, ...] = ()
    is_ours: bool = False


def old_paths(address: str) -> tuple[str, ...]:
    """Return the path of an address, with its query, as a tuple of one; of the home page none.

    Whoever moves takes the old host along, or has it redirected to the new one.
    """
    parts = urlsplit(address)
    path = unquote(parts.path)
    if "?" in path or "#" in path:
        path = parts.path
    path += f"?{parts.query}" if parts.query else ""
    return (path,) if path.strip("/") else ()


class LeftOut(msgspec.Struct, frozen=True, tag=True):
    """Something in a source that is not taken over, and why."""

    where: str
    why: Message


Found = Item | LeftOut
