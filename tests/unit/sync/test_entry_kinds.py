"""A new kind of entry file that is not text: one parser and one line, and sync knows it."""

import io
import os
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from feedsvc import parsing
from feedsvc.model import Entry
from feedsvc.parsing import BinaryKind, press_text
from feedsvc.parsing.context import Context
from feedsvc.settings import Settings
from feedsvc.sync.scanner import Scan, examine
from tests.support.files import PDF, PHOTO
from tests.support.folder import attached, old, quicken, running, shown, wait_for
from tests.support.newsroom import item

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DATE = "13.08.2014"


def zipped(title: str, *paragraphs: str) -> bytes:
    """Return a document of Word with a title, a date and paragraphs."""
    runs = "".join(
        f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in (title, DATE, *paragraphs)
    )
    document = f'<w:document xmlns:w="{NAMESPACE}"><w:body>{runs}</w:body></w:document>'
    made = io.BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", document)
    return made.getvalue()


def parse_zip(content: bytes, context: Context) -> Entry:
    """Return the entry of a document: the same paragraphs as in a press text."""
    with ZipFile(io.BytesIO(content)) as archive:
        document = ET.fromstring(archive.read("word/document.xml"))
    paragraphs = document.iter(f"{{{NAMESPACE}}}p")
    return press_text.parse("\n\n".join("".join(each.itertext()) for each in paragraphs), context)


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of a service that knows the kind, and scans only where it must."""
    quicken(monkeypatch)
    monkeypatch.setitem(parsing.KINDS, ".zip", BinaryKind(parse_zip))
    return replace(settings, rescan=3600)


def test_a_binary_file_is_published_when_it_is_closed_and_again_when_it_changes(
    settings: Settings, tmp_path: Path
) -> None:
    data = zipped("Новость из архива", "Текст.")
    with running(settings):
        with (settings.entries / "news.zip").open("wb") as file:
            file.write(data[:100])
            file.flush()
            # Another file, which nothing closes, appears and settles meanwhile.
            (tmp_path / "other").write_bytes(zipped("Другая", "Текст."))
            os.link(tmp_path / "other", settings.entries / "other.zip")
            wait_for(lambda: shown(settings) == {"other": "Другая"})
            file.write(data[100:])
        wait_for(lambda: shown(settings) == {"other": "Другая", "news": "Новость из архива"})
        (settings.entries / "news.zip").write_bytes(zipped("Исправлена", "Текст."))
        wait_for(lambda: shown(settings) == {"other": "Другая", "news": "Исправлена"})
        (settings.entries / "other.zip").unlink()
        wait_for(lambda: shown(settings) == {"news": "Исправлена"})


def test_a_binary_file_is_no_attachment_of_itself_or_of_another_entry(
    settings: Settings,
) -> None:
    old(settings.entries / "news.zip", zipped("Новость", "Текст."))
    for path, data in {
        "news.pdf": PDF,
        "news/photo.jpg": PHOTO,
        "news/inside.zip": zipped("Внутри", "Текст."),
        "both.md": item("Текст", id="text"),
        "both.zip": zipped("Документ", "Текст."),
        "both/another.zip": zipped("Ещё один", "Текст."),
    }.items():
        old(settings.entries / path, data)
    siblings = {
        "both.zip": (),
        "both.md": (),
        "both/another.zip": (),
        "news.zip": ("news.pdf", "news/photo.jpg"),
        "news/inside.zip": (),
    }
    assert {file.path: file.siblings for file in Scan(settings.entries)} == siblings
    for path, expected in siblings.items():
        file = examine(settings.entries, path)
        assert file is not None
        assert file.siblings == expected, path
    with running(settings):
        titles = shown(settings)
        assert titles == {
            "another": "Ещё один",
            "both": "Документ",
            "inside": "Внутри",
            "news": "Новость",
            "text": "Текст",
        }
        for entry_id in titles:
            files = ["news.pdf", "news/photo.jpg"] if entry_id == "news" else []
            assert attached(settings, entry_id) == files, entry_id


def test_a_change_of_its_siblings_is_noticed_and_one_of_other_entries_is_not(
    settings: Settings,
) -> None:
    path = settings.entries / "news.zip"
    old(path, zipped("Новость", "Текст."))
    before = examine(settings.entries, "news.zip")
    old(settings.entries / "news" / "inside.zip", zipped("Внутри", "Текст."))
    old(settings.entries / "news.md", item("Текст", id="text"))
    assert examine(settings.entries, "news.zip") == before
    old(settings.entries / "news" / "photo.jpg", PHOTO)
    assert examine(settings.entries, "news.zip") != before
    with running(settings):
        assert attached(settings, "news") == ["news/photo.jpg"]
        old(settings.entries / "news.pdf", PDF)
        wait_for(lambda: attached(settings, "news") == ["news.pdf", "news/photo.jpg"])
