"""Kinds of files, their names, and where they may lie."""

import os
from pathlib import Path

import pytest

from feedsvc.media import types
from tests.support.files import PDF, PHOTO
from tests.support.folder import old


def test_the_suffix_of_a_name_is_in_lower_case() -> None:
    for name, suffix in (
        ("a.jpg", ".jpg"),
        ("a.JPG", ".jpg"),
        ("in/a.b.Pdf", ".pdf"),
        (".md", ".md"),
    ):
        assert types.suffix(name) == suffix, name


def test_every_publishable_suffix_has_a_name_for_people() -> None:
    names = {suffix: types.kind(f"a{suffix.upper()}") for suffix in types.TYPES}
    assert names == {
        **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp"), "picture"),
        **dict.fromkeys((".tif", ".tiff", ".heic", ".heif", ".hif"), "picture"),
        ".mp3": "sound recording",
        ".mp4": "video",
        **dict.fromkeys((".pdf", ".doc", ".docx", ".odt"), "document"),
        **dict.fromkeys((".xls", ".xlsx", ".ods"), "table"),
        ".zip": "archive",
    }


def test_nothing_that_a_browser_executes_is_publishable() -> None:
    for name in ("a.svg", "a.html", "a.htm", "a.xml", "a.js", "a.xhtml", "a.css", "a"):
        assert not types.is_publishable(name), name
    assert not {"image/svg+xml", "text/html"} & set(types.TYPES.values())


def test_hidden_private_and_temporary_files_are_ignored() -> None:
    for name in (".a.jpg", "_a.jpg", "~a.jpg", "a.jpg.tmp", "a.PART", "a.swp", "Thumbs.db", ".."):
        assert types.is_passed_over(name), name
        assert not types.is_publishable(name), name
    for name in ("a.jpg", "a_.jpg", "a~.jpg", "tmp.jpg"):
        assert not types.is_passed_over(name), name
        assert types.is_publishable(name), name


def test_a_plain_path_has_no_invisible_characters_but_spaces() -> None:
    for path in ("a.jpg", "в/Снимок 1.png", "10.30\u202fAM.png", "a\u00a0b.jpg"):
        assert types.is_plain(path), path
    for path in ("a\0b", "a\nb", "a\tb", "a\x7fb", "a\u200bb", "a\u202eb", "a\ud800b"):
        assert not types.is_plain(path), ascii(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "entries"
    for path in ("a.jpg", "in/b.jpg", ".git/c.jpg", "_d.jpg"):
        old(root / path, PHOTO)
    old(tmp_path / "outside.jpg", PHOTO)
    old(tmp_path / "entries-too" / "e.jpg", PHOTO)
    return root


def test_a_file_within_a_folder_is_returned_by_its_real_path(folder: Path) -> None:
    (folder / "link.jpg").symlink_to("in/b.jpg")
    real = os.path.realpath(folder)
    for path, inside in (
        ("a.jpg", "a.jpg"),
        ("in/b.jpg", "in/b.jpg"),
        ("link.jpg", "in/b.jpg"),
        ("./a.jpg", None),
        ("in/./b.jpg", None),
    ):
        expected = None if inside is None else f"{real}/{inside}"
        assert types.within(folder, path) == expected, path
        assert types.within(str(folder), path) == expected, path


def test_nothing_else_is_within_a_folder(folder: Path) -> None:
    (folder / "out.jpg").symlink_to(folder.parent / "outside.jpg")
    (folder / "nowhere.jpg").symlink_to("nothing.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "outside").symlink_to(folder.parent / "entries-too")
    os.mkfifo(folder / "pipe.jpg")
    for path in (
        *("none.jpg", "in", "", "/", ".", "..", "../outside.jpg", "in/../../outside.jpg"),
        *("../entries-too/e.jpg", "outside/e.jpg", "out.jpg", "nowhere.jpg", "loop.jpg"),
        *("pipe.jpg", ".git/c.jpg", "_d.jpg", "a\0.jpg", "a\n.jpg", "\ud800.jpg"),
        *("a" * 300 + ".jpg", "a/" * 3000 + "b.jpg", "/etc/passwd", str(folder / "a.jpg")),
    ):
        assert types.within(folder, path) is None, ascii(path[:40])


def test_siblings_are_the_files_that_bear_an_entrys_name(tmp_path: Path) -> None:
    for path in (
        *("in/news.md", "in/news.jpg", "in/news.PDF", "in/news.Png", "in/news2.jpg"),
        *("in/news/b.pdf", "in/news/a.jpg", "in/news/x.svg", "in/news/.c.jpg", "news.jpg"),
        *("in/news/deeper/d.jpg", "in/news.v2.jpg"),
    ):
        old(tmp_path / path, PDF)
    assert types.siblings(tmp_path, "in/news.md") == (
        "in/news.PDF", "in/news.Png", "in/news.jpg", "in/news/a.jpg", "in/news/b.pdf",
    )  # fmt: skip
    assert types.siblings(tmp_path, "in/none.md") == ()
    # Of a name that Notepad made longer, too.
    assert types.siblings(tmp_path, "in/news.md.txt") == types.siblings(tmp_path, "in/news.md")


def test_a_broken_link_is_a_sibling_so_that_it_is_reported(tmp_path: Path) -> None:
    (tmp_path / "news.jpg").symlink_to("nothing.jpg")
    assert types.siblings(tmp_path, "news.md") == ("news.jpg",)


def test_a_folder_that_is_a_link_has_no_files(tmp_path: Path) -> None:
    old(tmp_path / "real" / "a.jpg", PHOTO)
    (tmp_path / "news").symlink_to("real")
    assert types.in_folder(tmp_path, "real") == ["real/a.jpg"]
    assert types.in_folder(tmp_path, "news") == []
    assert types.in_folder(tmp_path, "none") == []
    assert types.in_folder(tmp_path, "real/a.jpg") == []


def test_of_a_folder_the_first_hundred_files_are_returned(tmp_path: Path) -> None:
    for number in range(types.MAX_FILES + 5):
        old(tmp_path / "news" / f"{number:03}.pdf", PDF)
    found = types.in_folder(tmp_path, "news")
    assert found == [f"news/{number:03}.pdf" for number in range(types.MAX_FILES)]


def test_a_name_is_an_entrys_if_only_the_suffix_of_such_a_file_follows() -> None:
    for name in ("news.jpg", "news.JPG", "news.Jpg", "news.pdf", "news.mov", "news.HEIC"):
        assert types.bears_name(name, "news"), name
    for name in ("news.jPG", "news.svg", "news", "news2.jpg", "new.jpg", "news.v2.jpg", "news.md"):
        assert not types.bears_name(name, "news"), name


@pytest.mark.parametrize(
    ("path", "suffix", "stem"),
    [
        ("a.md", ".md", "a"),
        ("in/a.md.txt", ".md", "in/a"),
        ("a.HTML.Txt", ".html", "a"),
        ("a.txt.txt", ".txt", "a"),
        ("a.md.md", ".md", "a"),
        ("a.b.md.txt", ".md", "a.b"),
        ("a.txt.md", ".md", "a.txt"),
        ("a.md.html", ".html", "a.md"),
        ("a.docx.txt", ".txt", "a.docx"),
        ("a.md.docx", ".docx", "a.md"),
        ("in.md/a", ".md/a", "in.md/a"),
    ],
)
def test_what_an_entry_file_is_stands_before_what_notepad_added(
    path: str, suffix: str, stem: str
) -> None:
    assert (types.entry_suffix(path), types.entry_stem(path)) == (suffix, stem)


def test_files_in_a_folder_come_as_people_count_and_captions_first(tmp_path: Path) -> None:
    names = ["подписи.txt", "1.jpg", "2.JPG", "10.jpg", "Двор.jpg", "двор 2.jpg", "двор 10.jpg"]
    for name in names:
        old(tmp_path / "news" / name, PHOTO)
    assert types.in_folder(tmp_path, "news") == [
        f"news/{name}" for name in [*names[:4], "двор 2.jpg", "двор 10.jpg", "Двор.jpg"]
    ]


def test_the_file_with_captions_is_known_in_any_letters() -> None:
    for name in ("подписи.txt", "Подписи.TXT", "captions.txt", "CAPTIONS.txt"):
        assert types.is_captions(name), name
        assert types.belongs(name), name
    for name in ("подписи.md", "подпись.txt", "my captions.txt", "captions"):
        assert not types.is_captions(name), name


def test_a_cover_is_known_by_its_name() -> None:
    for path in ("a/cover.jpg", "Обложка.PNG", "a/ГЛАВНАЯ.webp", "a/b/Cover.heic"):
        assert types.is_cover(path), path
    for path in ("cover/a.jpg", "cover2.jpg", "a/discover.jpg"):
        assert not types.is_cover(path), path


def test_what_nobody_can_open_belongs_to_an_entry_but_is_not_publishable() -> None:
    for name in ("a.mov", "a.DNG", "a.psd"):
        assert types.belongs(name), name
        assert not types.is_publishable(name), name
    assert not types.belongs("a.svg")
    assert not types.belongs(".a.jpg")
