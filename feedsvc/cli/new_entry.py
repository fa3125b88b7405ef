"""The command `new`: write an entry file that only has to be filled in."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

from feedsvc import clock, parsing
from feedsvc.cli.new_files import draft, plain_text
from feedsvc.errors import CatalogueUnavailable, FeedsvcError
from feedsvc.i18n import N_, Message, reason, translations
from feedsvc.parsing.context import MAX_TITLE
from feedsvc.parsing.identifiers import id_from
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.text import clean, normalized, visible

# In characters, of a name: an address that can be read and typed.
_MAX_NAME = 60
# Names that Windows gives to devices, with whatever ending: it opens no file of this name.
_DEVICE = re.compile(r"con|prn|aux|nul|(?:com|lpt)\d")
# What is taken out of headers (see docs/moving.md), so that the title would be another one.
_TEMPLATE = re.compile(r"\{[{%#]")
# In microseconds since the epoch: after everything that may be scheduled.
_EVER = 2**62


class NewFailed(FeedsvcError):
    """No file can be written; the text says why, in the site's language."""


def write_new(settings: Settings, title: str, kind: str) -> list[str]:
    """Write a file of a kind, `md` or `txt`; return what to say of it. Raises NewFailed.

    It is not published until somebody has done something to it: with a header it is a draft,
    plain text has a name that is passed over.
    """
    _ = translations(settings.language).gettext
    title = " ".join(clean(title).split()) or _("Title of the text")
    if len(title) > MAX_TITLE:
        text = _("a title has at most {most} characters; this has {length}")
        raise NewFailed(text.format(most=MAX_TITLE, length=len(title)))
    if not any(map(str.isalnum, title)):
        raise NewFailed(_("a title has letters or digits"))
    if _TEMPLATE.search(title):
        raise NewFailed(_("a title cannot contain code of templates, as {code}").format(code="{{"))
    now = datetime.fromtimestamp(clock.now() // 1_000_000, settings.timezone)
    compose = draft if kind == "md" else plain_text
    start = "" if kind == "md" else "_"
    text = compose(title, now, settings.language)
    if not _has_title(text, kind, title, settings):
        raise NewFailed(_("this title would be understood as something else; choose other words"))
    is_taken = _taken(settings)
    for name in _names(title):
        if is_taken(name):
            continue
        path = settings.entries / f"{start}{name}.{kind}"
        try:
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
        except FileExistsError:
            continue
        except OSError as error:
            values = {"file": path, "reason": reason(error)}
            said = Message(N_("{file} cannot be written: {reason}"), values)
            raise NewFailed(said.text(settings.language)) from error
        return _next_steps(path, name, kind, settings.language)
    raise AssertionError  # there are names without end


def _has_title(text: str, kind: str, title: str, settings: Settings) -> bool:
    """Return whether the text of a file is read as one with a title."""
    read = parsing.read(text.encode(), f"new.{kind}", settings.parsing, settings.entries)
    expected = " ".join(normalized(visible(title)).split())
    return read.entry is not None and read.entry.title == expected


def _names(title: str) -> Iterator[str]:
    """Yield names made from a title, each once, without end."""
    base = re.sub(r"[^a-z0-9]+", "-", id_from(title).lower())[:_MAX_NAME].strip("-") or "entry"
    if not _DEVICE.fullmatch(base):
        yield base
    for number in count(2):
        yield f"{base}-{number}"


def _taken(settings: Settings) -> Callable[[str], bool]:
    """Return a function that tells whether a name, as an id, is or was somebody else's."""
    names: set[str] = set()
    for _folder, folders, files in os.walk(settings.entries):
        names.update(each.lower() for each in folders)
        names.update(each.rpartition(".")[0].lower() for each in files)
    # A text that waits to be renamed has its name already.
    names |= {each.lstrip("_") for each in names}
    catalogue = Catalogue(settings.instance)

    def is_taken(name: str) -> bool:
        if name in names:
            return True
        try:
            with catalogue.snapshot() as snapshot:
                return snapshot.find(name, _EVER) is not None
        except CatalogueUnavailable:  # nothing was published here yet
            return False

    return is_taken


def _next_steps(path: Path, name: str, kind: str, language: str) -> list[str]:
    _ = translations(language).gettext
    if kind == "md":
        steps = _(
            "Open it, write the text, and take out the line «status: draft»: until then it is a"
            " draft, which nobody sees."
        )
    else:
        steps = _(
            "Open it and write the text. Then rename it to {name}.txt: files whose names begin"
            " with «_» are passed over."
        ).format(name=name)
    return [_("Written: {path}").format(path=path), steps]
