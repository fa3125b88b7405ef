"""Pictures and other files, entries that have them, and ways to read, publish and fetch them."""

import gc
import io
import json
import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from feedsvc.model import Attachment, Entry, Reading
from feedsvc.settings import Settings
from feedsvc.sync.reading import read_file
from feedsvc.sync.scanner import Scan
from tests.support.folder import old
from tests.support.newsroom import NOW, SECOND, Newsroom
from tests.support.reads import read_all

PDF = b"%PDF-1.4\n"
ARCHIVE = b"PK\x03\x04"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
WIDE = (40, 30)


def picture(
    size: tuple[int, int] = WIDE, kind: str = "JPEG", orientation: int | None = None
) -> bytes:
    """Return a picture of one colour; `orientation` is that of EXIF."""
    data = io.BytesIO()
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.new("RGB", size, "#0b57a4").save(data, kind, exif=exif)
    return data.getvalue()


def animated_gif() -> bytes:
    data = io.BytesIO()
    frames = [Image.new("RGB", WIDE, colour) for colour in ("red", "green", "blue")]
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    return data.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header claims that size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


PHOTO = picture()
# An entry with a picture above its text, one in its text, and a document.
WITH_FILES = {
    "news.md": (
        "---\ntitle: T\ndate: 2026-06-30\nattachments: [план 1.pdf]\n"
        "image: {file: photo.jpg, alt: 'Двор & «сад»', caption: Зима}\n---\n\n![](in.png)\n"
    ).encode(),
    "photo.jpg": PHOTO,
    "in.png": picture((8, 6), "PNG"),
    "план 1.pdf": PDF,
}


def listing(*names: str, image: str = "") -> bytes:
    """Return an entry that lists attachments in its fourth line, if it has no picture."""
    front = "title: Title\ndate: 2026-01-01\n" + (f"image: {image}\n" if image else "")
    return f"---\n{front}attachments: {json.dumps(names)}\n---\n\nText.\n".encode()


def lay(settings: Settings, files: Mapping[str, bytes]) -> None:
    """Write files into the entries folder, as if they had been there for years."""
    for path, data in files.items():
        old(settings.entries / path, data)


def read_entry(settings: Settings, path: str = "news.md") -> Reading:
    """Read an entry file as a scan finds it.

    The remark on pictures without alternative texts, which most tests have, is left out.
    """
    whole = read_whole(settings, path)
    others = (problem for problem in whole.problems if problem.code != "alt-missing")
    return replace(whole, problems=tuple(others))


def read_whole(settings: Settings, path: str = "news.md") -> Reading:
    """Read an entry file as a scan finds it."""
    found = next(file for file in Scan(settings.entries) if file.path == path)
    result = read_file(settings.entries, found, settings.parsing)
    assert result is not None
    return result[1]


def entry_of(settings: Settings, path: str = "news.md") -> Entry:
    """Return the entry of a file that has no problems."""
    found = read_entry(settings, path)
    assert found.problems == ()
    assert found.entry is not None
    return found.entry


def paths(files: Iterable[Attachment]) -> list[str]:
    return [file.path for file in files]


def publish_folder(newsroom: Newsroom, files: Mapping[str, bytes]) -> None:
    """Write files into the entries folder, and publish all that is there."""
    lay(newsroom.settings, files)
    publish_what_is_there(newsroom, NOW - 3600 * SECOND)


def publish_what_is_there(newsroom: Newsroom, now: int) -> None:
    """Publish all that is in the entries folder."""
    found = sorted(Scan(newsroom.settings.entries), key=lambda file: file.path)
    newsroom.writer.apply(read_all(found, newsroom.settings), (), now)
    newsroom.writer.finish_first_index()


def fetch(
    client: FlaskClient, url: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> TestResponse:
    """Request a file, and close it once all of it was received."""
    return client.open(url, method=method, headers=headers, buffered=True)


def open_files() -> list[str]:
    """Return the descriptors of this process; what other tests have left is closed before."""
    gc.collect()
    return os.listdir("/proc/self/fd")
