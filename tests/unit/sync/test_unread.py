"""Files that nobody will see are told, each by itself, and what programs leave behind is not."""

import logging
import os
from dataclasses import replace

import pytest

from feedsvc.problems import KINDS
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync import loop
from feedsvc.sync.check import check
from feedsvc.sync.unread import PER_FOLDER, TOTAL, OtherFile, unread
from tests.support.files import PHOTO
from tests.support.folder import old, quicken, rescan, running, titles, wait_for
from tests.support.newsroom import item

CODES = {
    "other.jpg": "unread-alone",
    "news (1).pdf": "unread-alone",
    "a.DOCM": "unread-document",
    "a.rst": "unread-markup",
    "IMG_0001.HEIC": "unread-alone",
    "scan.tiff": "unread-alone",
    "IMG_0001.DNG": "unread-picture",
    "arms.svg": "unread-picture",
    "IMG_0001.MOV": "unread-recording",
    "00001.MTS": "unread-recording",
    "speech.m4a": "unread-recording",
    "plan.pptx": "unread-office",
    "all.rar": "unread-archive",
    "новость": "unread-no-ending",
    "news.txt.bak": "unread-ending",
    "strange.": "unread-ending",
    "a" * 30 + "." + "b" * 99: "unread-ending",
}
SILENT = (
    *(
        ".hidden",
        "Thumbs.db",
        "desktop.ini",
        "~$ews.docx",
        ".DS_Store",
        "news.txt~",
        "news.txt.tmp",
    ),
    *("#news.txt#", "photo.jpg.part", "photo.jpg.crdownload", "_old/photo.jpg", "Icon\r"),
)


def codes(settings: Settings) -> dict[str, str]:
    """Return what is told of each file that nobody sees, as the catalogue has it."""
    with Catalogue(settings.instance).snapshot() as snapshot:
        found = {problem.path: problem.code for problem in snapshot.problems()}
    return {path: code for path, code in found.items() if code.startswith("unread")}


def test_every_file_that_is_no_entry_nor_part_of_one_is_told(settings: Settings) -> None:
    old(settings.entries / "news.md", item(body="![](named/photo.png) [](/top/named.pdf)"))
    for name in ("news.jpg", "news/one.jpg", "named/photo.png", "top/named.pdf"):
        old(settings.entries / name, PHOTO)
    expected = {f"{number}/{name}": CODES[name] for number, name in enumerate(CODES)}
    for name in (*expected, *SILENT):
        old(settings.entries / name, b"x")
    found = {each.path: each for each in check(settings).problems if "unread" in each.code}
    assert {path: each.code for path, each in found.items()} == expected
    assert {KINDS[each.code].severity for each in found.values()} == {"warning"}
    assert dict(found["3/a.rst"].values) == {"ending": ".rst"}


def test_what_lies_in_the_folder_of_the_old_site_is_served_and_not_told(settings: Settings) -> None:
    old(settings.entries / "old" / "photo.jpg", PHOTO)
    old(settings.entries / "older" / "photo.jpg", PHOTO)
    static = settings.entries / "old"
    assert [each.path for each in check(replace(settings, static=static)).problems] == [
        "older/photo.jpg"
    ]


def test_of_many_files_the_first_are_told_and_the_others_counted(settings: Settings) -> None:
    for number in range(30):
        for count in range(PER_FOLDER + 5):
            old(settings.entries / f"{number:02}" / f"{count:03}.jpg", b"x")
    found = check(settings).problems
    told = [each for each in found if each.code == "unread-alone"]
    assert (len(told), told[-1].path) == (TOTAL, "19/009.jpg")
    more = {each.path: dict(each.values)["count"] for each in found if each.code == "unread-more"}
    every = TOTAL // PER_FOLDER
    assert more == {**{f"{number:02}/": "5" for number in range(every - 1)}, ".": "155"}


def test_a_file_that_has_just_come_or_gone_is_not_told_yet(settings: Settings) -> None:
    fresh, missing = settings.entries / "fresh.jpg", settings.entries / "missing.jpg"
    old(fresh, PHOTO)
    files = [OtherFile(path.name, str(path)) for path in (fresh, missing)]
    assert unread(files, frozenset(), None, alone=60) == ((), True)
    (problem,), has_new = unread(files, frozenset(), None, alone=0)
    assert (problem.path, has_new) == ("fresh.jpg", True)


def test_a_file_is_told_while_it_stands_there_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    quicken(monkeypatch)
    monkeypatch.setattr(loop, "ALONE", 0.5)
    folder = settings.entries
    old(folder / "a.md", item("A", body="![A yard](shown.jpg)"))
    for name in ("shown.jpg", "b.jpg", "c"):
        old(folder / name, PHOTO)
    with running(replace(settings, rescan=3600)):
        wait_for(lambda: codes(settings) == {"b.jpg": "unread-alone", "c": "unread-no-ending"})
        rescan(settings)
        (folder / "b.md").write_bytes(item("B"))
        (folder / "c").write_bytes("Новость\n13.08.2014\nТекст.\n".encode())
        (folder / "c").rename(folder / "c.txt")
        rescan(settings)
        wait_for(lambda: codes(settings) == {})
        wait_for(lambda: titles(settings) == {"A", "B", "Новость"})
        os.unlink(folder / "b.md")
        wait_for(lambda: codes(settings) == {"b.jpg": "unread-alone"})
    with running(settings):
        rescan(settings)
    warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    warnings = [each for each in warnings if not each.startswith("b.md:")]  # of its picture
    assert len([each for each in warnings if each.startswith("b.jpg: ")]) == 2


def test_a_text_whose_name_has_no_ending_any_more_is_told(settings: Settings) -> None:
    old(settings.entries / "новость", "Новость\n13.08.2014\nТекст.\n".encode())
    (problem,) = check(settings).problems
    assert (problem.path, problem.code) == ("новость", "unread-no-ending")
