"""Pictures in documents, as open files."""

import os
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from feedsvc.media import embedded, opening
from feedsvc.media.archive import MAX_DOCUMENT, BadArchive
from feedsvc.media.embedded import EmbeddedPictureFiles
from tests.support.folder import old
from tests.support.word import docx, png

MEMBER = "word/media/a.png"


@pytest.fixture
def pictures(tmp_path: Path) -> EmbeddedPictureFiles:
    old(tmp_path / "in/news.docx", docx(files={MEMBER: png(), "word/media/b.png": png(5, 5)}))
    (tmp_path / "space").mkdir()
    return EmbeddedPictureFiles(tmp_path / "in", tmp_path / "space")


def test_a_picture_has_its_bytes_and_every_reader_a_position(
    pictures: EmbeddedPictureFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_STEP", 0)
    with pictures.open("news.docx", MEMBER) as first, pictures.open("news.docx", MEMBER) as second:
        assert first.read() == second.read() == png()
        # It is unpacked once, into a file without a name.
        assert os.fstat(first.fileno()).st_ino == os.fstat(second.fileno()).st_ino
    assert list((tmp_path / "space").iterdir()) == []


def test_a_document_that_has_just_changed_is_unpacked_anew(
    pictures: EmbeddedPictureFiles, tmp_path: Path
) -> None:
    with pictures.open("news.docx", MEMBER) as first:
        old(tmp_path / "in/news.docx", docx(files={MEMBER: png(7, 7)}))
        with pictures.open("news.docx", MEMBER) as second:
            assert (first.read(), second.read()) == (png(), png(7, 7))


def test_only_a_few_stay_open(
    pictures: EmbeddedPictureFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_STEP", 0)
    monkeypatch.setattr(embedded, "_KEPT", 1)
    for _ in range(3):
        for name, expected in ((MEMBER, png()), ("word/media/b.png", png(5, 5))):
            with pictures.open("news.docx", name) as file:
                assert file.read() == expected


@pytest.mark.parametrize("fails_at", ["open", "write"])
def test_a_full_disk_leaves_memory(
    pictures: EmbeddedPictureFiles, monkeypatch: pytest.MonkeyPatch, fails_at: str
) -> None:
    def refuse(**_: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    def full(**_: object) -> object:
        return open("/dev/full", "w+b")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse if fails_at == "open" else full)
    with pictures.open("news.docx", MEMBER) as file:
        assert file.read() == png()


@pytest.mark.parametrize("data", [b"", b"PK", docx(), bytes(MAX_DOCUMENT + 1)])
def test_what_is_not_there_any_more_is_an_error(
    pictures: EmbeddedPictureFiles, tmp_path: Path, data: bytes
) -> None:
    old(tmp_path / "in/news.docx", data)
    with pytest.raises(BadArchive):
        pictures.open("news.docx", MEMBER)
    with pytest.raises(FileNotFoundError):
        pictures.open("../in/news.docx", MEMBER)
