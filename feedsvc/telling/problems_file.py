"""The text file of problems: for offices that have neither mail nor a feed reader.

It is made for Notepad: UTF-8 with a byte order mark, lines that end with CRLF. Whoever has it
open sees either the old or the new one, never half of it.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from feedsvc.i18n import N_, Message
from feedsvc.settings import Settings
from feedsvc.telling import wording
from feedsvc.telling.letters import told
from feedsvc.telling.store import Part

_TEMPORARY = ".feedsvc-problems.tmp"
_EACH = 20


def file_name(language: str) -> str:
    """Return the name of the file."""
    return Message(N_("PROBLEMS.txt")).text(language)


def render(lasting: Part, settings: Settings) -> bytes:
    """Return the content of the file: everything that is wrong now."""
    text = "\r\n".join(_lines(lasting, settings)) + "\r\n"
    return text.encode("utf-8-sig")


def _lines(lasting: Part, settings: Settings) -> Iterator[str]:
    def text(template: str, **values: object) -> str:
        return Message(template, values).text(settings.language)

    yield wording.printable(text(N_("{title}: the files of news"), title=settings.title))
    yield ""
    if not lasting.total:
        yield text(N_("All is well: nothing is wrong with any file."))
        return
    yield text(N_("There is something wrong with so many: {count}"), count=lasting.total)
    yield text(N_("This text changes by itself as soon as a file is mended and saved."))
    for incident in lasting.named:
        yield ""
        yield from told(incident, settings, _EACH)
        since = wording.moment(incident.since, settings)
        yield "    " + text(N_("Since {moment}"), moment=since)
    if lasting.total > len(lasting.named):
        yield ""
        count = lasting.total - len(lasting.named)
        yield text(N_("… and {count} more, which are not named here."), count=count)


def write(folder: Path, name: str, content: bytes) -> None:
    """Write the file, unless it is there with just this content. Raises OSError."""
    # Others may write to the folder, too: no link in it is followed.
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if _present(place, name, len(content)) != content:
            _replace(place, name, content)
    finally:
        os.close(place)


def _present(place: int, name: str, length: int) -> bytes | None:
    """Return what the file holds; None if it is missing, no file, or of another length."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(name, flags, dir_fd=place)
    except OSError:
        return None
    with open(file, "rb") as opened:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size != length:
            return None
        return opened.read(length)


def _replace(place: int, name: str, content: bytes) -> None:
    with suppress(FileNotFoundError):
        os.unlink(_TEMPORARY, dir_fd=place)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(_TEMPORARY, flags, 0o644, dir_fd=place), "wb") as file:
        # Readable for everybody, whatever the mask of the service is: it is made to be read.
        os.fchmod(file.fileno(), 0o644)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(_TEMPORARY, name, src_dir_fd=place, dst_dir_fd=place)
