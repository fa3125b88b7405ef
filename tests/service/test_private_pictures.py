"""Pictures of a running service, read by exiftool; and pictures of phones that are damaged."""

import io
import json
import os
import random
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from feedsvc.isolation import ChildDied, execute
from feedsvc.media.thumbnailer import LIMITS
from tests.support.faults import needs, served
from tests.support.newsroom import item
from tests.support.service import QUICK, Service
from tests.support.told_pictures import PRIVATE, SECRET, SUFFIXES, pixels, private_heic, saved
from tests.support.waiting import wait_for

pytestmark = pytest.mark.long
# What exiftool tells of the file and of its pixels, and what is meant to stay.
GROUPS = {"SourceFile", "ExifTool", "System", "File", "JFIF", "Composite", "RIFF", "PNG"}
KEPT = {
    *("IFD0:Orientation", "IFD0:ImageDescription", "IFD0:Copyright", "IFD0:Artist"),
    "ExifByteOrder",
}


def tags(data: bytes, folder: Path) -> dict[str, object]:
    """Return all that exiftool finds in a picture, in blocks that it does not know as well."""
    needs("exiftool", root=False)
    path = folder / "read"
    path.write_bytes(data)
    command = ["exiftool", "-json", "-G1", "-a", "-u", "-U", "-ee", str(path)]
    (found,) = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return dict(found)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("private")
    pictures = folder / "entries" / "news"
    pictures.mkdir(parents=True)
    (folder / "entries" / "news.md").write_bytes(item("The news"))
    for kind, make in PRIVATE.items():
        (pictures / f"{kind.lower()}{SUFFIXES[kind]}").write_bytes(make())
    (pictures / "heic.heic").write_bytes(private_heic())
    large = saved("JPEG", Image.new("RGB", (12_000, 9_000), "#0b57a4"), quality=30)
    (pictures / "large.jpg").write_bytes(large)
    with served(folder, *QUICK) as running:
        wait_for(lambda: running.shows("The news"))
        yield running


def body(service: Service, path: str) -> bytes:
    """Return what a path answers once it is made."""
    bodies: list[bytes] = []

    def is_there() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{service.port}{path}") as answer:
                bodies.append(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 503:
                    raise
        return bodies != []

    wait_for(is_there, 60)
    return bodies[0]


@pytest.mark.parametrize("kind", PRIVATE)
def test_exiftool_finds_nothing_private_in_an_original(
    service: Service, tmp_path: Path, kind: str
) -> None:
    before = PRIVATE[kind]()
    assert any("GPS" in name for name in tags(before, tmp_path))
    after = body(service, f"/media/news/{kind.lower()}{SUFFIXES[kind]}")
    assert SECRET not in after
    found = tags(after, tmp_path)
    private = {name for name in found if name.partition(":")[0] not in GROUPS} - KEPT
    assert private == set()
    assert not [name for name in found if "GPS" in name or "Serial" in name or "Owner" in name]
    assert found["IFD0:Orientation"] == "Rotate 90 CW"


def test_exiftool_finds_nothing_in_what_is_made(service: Service, tmp_path: Path) -> None:
    for path in (
        "/media/news/heic.jpg",
        "/preview/480/news/heic.jpg",
        "/preview/480/news/jpeg.jpg",
    ):
        found = tags(body(service, path), tmp_path)
        assert {name for name in found if name.partition(":")[0] not in GROUPS} == set(), path


def test_a_picture_of_a_hundred_megapixels_is_shown(service: Service) -> None:
    made = Image.open(io.BytesIO(body(service, "/media/news/large.jpg")))
    assert made.size == (4096, 3072)


def test_damaged_pictures_of_phones_are_converted_or_not(tmp_path: Path) -> None:
    whole = saved("HEIF", pixels((512, 384)))
    chance = random.Random(51)
    path = tmp_path / "a.heic"
    child = None
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 3, 20))):
            # The boxes stand at the beginning, and hold the sizes and places of the others.
            at = chance.randrange(min(len(data), chance.choice((600, len(data)))))
            data[at] = chance.choice((0, 0xFF, 0x7F, chance.randrange(256)))
        path.write_bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])
        child = child or execute("feedsvc.media.thumbnail_maker:answer", LIMITS, files=True)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            reply = child.call(b"JPEG HEIF 480 1440 50000000 80", 60, descriptor)
        except ChildDied:  # of the picture, and of nothing else
            child = None
        else:
            assert reply == b"" or Image.open(io.BytesIO(reply)).format == "JPEG"
        finally:
            os.close(descriptor)
    if child is not None:
        child.end()
