"""Files that cannot be published: the entry is published without them, and a warning says why."""

import os
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.media.cleaning import edited_length
from feedsvc.media.inspect import MAX_LENGTH
from feedsvc.model import Reading
from feedsvc.problems import severity
from feedsvc.settings import Settings
from feedsvc.sync.reading import read_file
from feedsvc.sync.scanner import Scan, examine
from tests.support.files import (
    ARCHIVE,
    PDF,
    PHOTO,
    SVG,
    animated_gif,
    entry_of,
    huge_png,
    lay,
    listing,
    picture,
    read_entry,
)
from tests.support.folder import old
from tests.support.newsroom import item


def expect_unfit(settings: Settings, code: str, case: str = "") -> None:
    """Check that news.md is published with warnings of one code, and without any file."""
    found = read_entry(settings)
    assert found.entry is not None, case
    assert (found.entry.image, found.entry.inline, found.entry.attachments) == (None, (), ()), case
    assert {problem.code for problem in found.problems} == {code}, case
    assert {problem.path for problem in found.problems} == {"news.md"}, case
    assert {severity(problem) for problem in found.problems} == {"warning"}, case
    assert "/media/" not in found.entry.html, case


# What is named, what is in the file (None: there is none), and the code of the warning.
UNFIT = {
    "nothing": ("p.jpg", None, "media-missing"),
    "empty": ("p.jpg", b"", "media-broken"),
    "text": ("p.jpg", "Это текст.".encode(), "media-broken"),
    "html": ("p.jpg", b"<html><script>alert(1)</script>", "media-broken"),
    "a PNG called .jpg": ("p.jpg", picture(kind="PNG"), "media-broken"),
    "a JPEG called .png": ("p.png", PHOTO, "media-broken"),
    "a JPEG called .webp": ("p.webp", PHOTO, "media-broken"),
    "cut short": ("p.jpg", PHOTO[:100], "media-broken"),
    "a PNG cut short": ("p.png", picture(kind="PNG")[:20], "media-broken"),
    "200 megapixels": ("p.png", huge_png(20_000, 10_000), "media-large"),
    "a long strip": ("p.png", huge_png(2**31 - 1, 1), "media-large"),
    "no width": ("p.png", huge_png(0, 10), "media-broken"),
    "SVG": ("p.svg", SVG, "media-type"),
    "a program": ("p.exe", b"MZ", "media-type"),
    "a page": ("p.html", b"<html>", "media-type"),
    "no suffix": ("p", PHOTO, "media-type"),
    "an empty document": ("p.pdf", b"", "media-broken"),
    "a document that is none": ("p.pdf", b"<html>", "media-broken"),
    "an archive that is none": ("p.zip", PDF, "media-broken"),
    "an empty film": ("p.mp4", b"", "media-broken"),
    "a hidden file": (".p.jpg", PHOTO, "media-missing"),
    "in a hidden folder": (".git/p.jpg", PHOTO, "media-missing"),
    "a private one": ("_p.jpg", PHOTO, "media-missing"),
    "a temporary one": ("p.jpg.tmp", PHOTO, "media-missing"),
    "an entry": ("other.md", item(), "media-type"),
    "the entry itself": ("news.md", None, "media-type"),
    "the folder": (".", None, "media-missing"),
    "the folder above": ("..", None, "media-missing"),
    "outside": ("../outside.jpg", PHOTO, "media-missing"),
    "outside, by a detour": ("a/../../outside.jpg", PHOTO, "media-missing"),
    "absolute": ("/etc/passwd", None, "media-missing"),
    "NUL": ("a\0.jpg", None, "media-missing"),
    "a line break": ("a\nb.zip", ARCHIVE, "media-missing"),
    "a control character": ("a\x01b.zip", ARCHIVE, "media-missing"),
    "a long name": ("a" * 300 + ".jpg", None, "media-missing"),
    "a longer path": ("a/" * 3000 + "b.jpg", None, "media-missing"),
    "wrong case": ("P.jpg", None, "media-missing"),
}


@pytest.mark.parametrize("case", [name for name, row in UNFIT.items() if row[0].isprintable()])
def test_an_attachment_that_is_unfit_is_a_warning(settings: Settings, case: str) -> None:
    name, data, code = UNFIT[case]
    if data is not None:
        old(settings.entries / name, data)
    lay(settings, {"news.md": listing(name)})
    expect_unfit(settings, code)


@pytest.mark.parametrize("case", UNFIT)
def test_a_picture_in_the_text_that_is_unfit_is_a_warning(settings: Settings, case: str) -> None:
    name, data, code = UNFIT[case]
    if data is not None:
        old(settings.entries / name, data)
    written = quote(name) if not name.startswith("/") else f"./{name}"
    lay(settings, {"news.md": item(body=f"Text ![]({written})")})
    expect_unfit(settings, code)


@pytest.mark.parametrize("path", ["news.jpg", "news/photo.jpg"])
def test_a_sibling_that_is_broken_is_a_warning(settings: Settings, path: str) -> None:
    jpeg_start = b"\xff\xd8\xff" + b"\0" * 100
    for data in (b"", b"text", picture(kind="PNG"), PHOTO[:50], jpeg_start):
        lay(settings, {"news.md": item(), path: data})
        expect_unfit(settings, "media-broken", repr(data[:10]))


def test_a_folder_in_place_of_a_picture_is_a_warning(settings: Settings) -> None:
    lay(settings, {"news.md": listing("folder.jpg")})
    (settings.entries / "folder.jpg").mkdir()
    expect_unfit(settings, "media-missing")


@pytest.mark.parametrize("name", ["news.jpg", "news/photo.jpg", "named.jpg"])
def test_a_pipe_in_place_of_a_picture_makes_nobody_wait(settings: Settings, name: str) -> None:
    lay(settings, {"news.md": listing(name)})
    (settings.entries / name).parent.mkdir(exist_ok=True)
    os.mkfifo(settings.entries / name)
    found: list[Reading] = []
    thread = threading.Thread(target=lambda: found.append(read_entry(settings)), daemon=True)
    thread.start()
    thread.join(10)
    if thread.is_alive():
        # Release it, for the sake of the other tests.
        os.close(os.open(settings.entries / name, os.O_RDWR | os.O_NONBLOCK))
        thread.join(10)
        pytest.fail("reading waits for a writer to the pipe")
    assert {problem.code for problem in found[0].problems} == {"media-missing"}


@pytest.mark.parametrize("name", ["news.jpg", "news/p.jpg", "p.jpg"])
def test_a_link_out_of_the_folder_is_never_followed(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    old(tmp_path / "outside.jpg", PHOTO)
    lay(settings, {"news.md": listing("p.jpg")})
    link = settings.entries / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "outside.jpg")
    expect_unfit(settings, "media-missing")


def test_a_folder_that_is_a_link_out_is_never_entered(settings: Settings, tmp_path: Path) -> None:
    old(tmp_path / "outside" / "secret.jpg", PHOTO)
    lay(settings, {"news.md": item()})
    (settings.entries / "news").symlink_to(tmp_path / "outside")
    found = read_entry(settings)
    assert found.entry is not None
    assert (found.entry.image, found.entry.attachments) == (None, ())


def test_a_link_within_the_folder_stands_for_its_file(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "photos/a.jpg": PHOTO})
    (settings.entries / "news.jpg").symlink_to("photos/a.jpg")
    image = entry_of(settings).image
    assert image is not None
    assert image.path == "news.jpg"


@pytest.mark.parametrize("name", ["p.jpg", "p.zip"])
def test_a_file_over_the_limit_is_a_warning(settings: Settings, name: str) -> None:
    lay(settings, {"news.md": listing(name)})
    for length, code in ((MAX_LENGTH + 1, "media-large"), (MAX_LENGTH, None)):
        with (settings.entries / name).open("wb") as file:
            file.write(PHOTO if name == "p.jpg" else ARCHIVE)
            file.truncate(length)
        if code:
            expect_unfit(settings, code)
    (attached,) = entry_of(settings).attachments
    # Nothing that stands behind a picture is part of it.
    assert attached.length == (len(PHOTO) if name == "p.jpg" else MAX_LENGTH)


def test_a_document_named_as_the_picture_is_a_warning(settings: Settings) -> None:
    lay(settings, {"news.md": item(image="a.pdf"), "a.pdf": PDF})
    found = read_entry(settings)
    assert found.entry is not None
    assert found.entry.image is None
    assert [problem.code for problem in found.problems] == ["media-no-picture"]


def test_a_warning_names_the_file_and_the_line(settings: Settings) -> None:
    lay(settings, {"news.md": listing("a.pdf", "b.pdf"), "a.pdf": PDF})
    (problem,) = read_entry(settings).problems
    assert (problem.line, problem.values) == (4, (("name", "b.pdf"),))


def test_nothing_outside_the_folder_is_even_examined(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(settings, {"news.md": listing("../../outside.jpg", "a/../../../b.pdf")})
    examined: list[str] = []
    really = os.stat

    def stat(path: str, *, follow_symlinks: bool = True) -> os.stat_result:
        examined.append(os.path.normpath(path))
        return really(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "stat", stat)
    found = read_entry(settings)
    named = dict.fromkeys(["news.md"], found.named_files)
    assert list(Scan(settings.entries, named))
    assert examined
    assert [path for path in examined if path.endswith(("outside.jpg", "b.pdf"))] == []


SUFFIXES = st.sampled_from((".jpg", ".png", ".gif", ".webp", ".pdf", ".zip", ".mp3", ".docx"))
BEGINNINGS = st.sampled_from(
    [b"", PHOTO, PHOTO[:30], picture(kind="PNG"), animated_gif(), picture(kind="WEBP"), PDF]
)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of damage
@pytest.mark.parametrize("examples", [60, pytest.param(150, marks=pytest.mark.long)])
def test_a_file_of_any_content_is_published_or_a_warning(settings: Settings, examples: int) -> None:
    @hypothesis_settings(max_examples=examples)
    @given(
        suffix=SUFFIXES,
        beginning=BEGINNINGS,
        cut=st.integers(0, 400),
        rest=st.binary(max_size=200),
    )
    def check(suffix: str, beginning: bytes, cut: int, rest: bytes) -> None:
        for path in settings.entries.iterdir():
            path.unlink()
        data = beginning[:cut] + rest
        lay(settings, {"news.md": item(), f"news{suffix}": data})
        found = read_entry(settings)
        assert found.entry is not None
        published = (*found.entry.attachments, *filter(None, [found.entry.image]))
        assert len(published) + len(found.problems) == 1
        assert {problem.code for problem in found.problems} <= {"media-broken", "media-large"}
        for file in published:
            assert file.length == edited_length(len(data), file.edits)
            assert (file.width is None) == (not file.media_type.startswith("image/"))

    check()


@pytest.mark.parametrize("examples", [100, pytest.param(300, marks=pytest.mark.long)])
def test_an_entry_that_names_anything_is_published(settings: Settings, examples: int) -> None:
    @hypothesis_settings(max_examples=examples)
    @given(
        name=st.text(max_size=40), place=st.sampled_from(("image", "attachments", "body", "link"))
    )
    @example(name="\0.jpg", place="body")
    @example(name="a" * 300 + ".jpg", place="image")
    @example(name="../outside.jpg", place="body")
    @example(name="//host/a.jpg", place="body")
    @example(name="\\..\\a.jpg", place="body")
    def check(name: str, place: str) -> None:
        keys = {place: name} if place in ("image", "attachments") else {}
        written = quote(name.encode("utf-8", "surrogatepass"))
        bodies = {"body": f"Text ![]({written})", "link": f"Text [x]({written}.pdf)"}
        # A file that consists mostly of forbidden characters is rightly refused as a whole.
        body = bodies.get(place, "Text") + " and more text" * 20
        try:
            data = item(body=body, **keys)
        except UnicodeEncodeError:
            return
        old(settings.entries / "news.md", data)
        for named in ((), read_entry(settings).named_files):
            found = examine(settings.entries, "news.md", named)
            assert found is not None
            result = read_file(settings.entries, found, settings.parsing)
            assert result is not None
            entry = result[1].entry
            assert entry is not None
            assert (entry.image, entry.inline, entry.attachments) == (None, (), ())

    check()
