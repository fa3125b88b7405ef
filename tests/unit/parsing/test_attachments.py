"""An entry's files: how they are found, named and ordered."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.model import Attachment
from feedsvc.parsing import read
from feedsvc.settings import Settings
from feedsvc.sync.scanner import Scan, examine
from feedsvc.text import SITE
from tests.support.files import (
    ARCHIVE,
    PDF,
    PHOTO,
    entry_of,
    lay,
    listing,
    paths,
    picture,
    read_entry,
    read_whole,
)
from tests.support.newsroom import item


def image_path(settings: Settings, path: str = "news.md") -> str | None:
    """Return the path of the picture above the text of an entry."""
    image = entry_of(settings, path).image
    return None if image is None else image.path


def test_a_picture_that_bears_the_entrys_name_stands_above_the_text(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "news.jpg": PHOTO})
    image = entry_of(settings).image
    assert image is not None
    assert replace(image, seal=b"") == Attachment(
        "news.jpg", "news.jpg", "image/jpeg", len(PHOTO), 40, 30
    )


def test_the_folder_that_bears_the_entrys_name_holds_its_files(settings: Settings) -> None:
    files = {"in/news/b.jpg": PHOTO, "in/news/a.pdf": PDF, "in/news/c.png": picture(kind="PNG")}
    lay(settings, {"in/news.md": item(), **files})
    assert image_path(settings, "in/news.md") == "in/news/b.jpg"
    attachments = entry_of(settings, "in/news.md").attachments
    assert paths(attachments) == ["in/news/a.pdf", "in/news/c.png"]


def test_the_files_of_other_entries_are_left_alone(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "other.md": item(), "other.jpg": PHOTO, "other/a.pdf": PDF})
    entry = entry_of(settings)
    assert (entry.image, entry.inline, entry.attachments) == (None, (), ())


def test_a_picture_can_be_named_by_its_file_alone(settings: Settings) -> None:
    lay(settings, {"news.md": item(image="photo.jpg"), "photo.jpg": PHOTO})
    assert image_path(settings) == "photo.jpg"


def test_a_picture_can_be_named_with_a_description_and_a_caption(settings: Settings) -> None:
    text = (
        b"---\ntitle: T\ndate: 2026-01-01\nimage: {file: p.jpg, alt: Yard, caption: Snow}\n---\nX"
    )
    lay(settings, {"news.md": text, "p.jpg": PHOTO})
    image = entry_of(settings).image
    assert image is not None
    assert (image.path, image.alt, image.caption) == ("p.jpg", "Yard", "Snow")


def test_attachments_are_named_in_a_list(settings: Settings) -> None:
    lay(settings, {"news.md": listing("a.pdf", "b.zip"), "a.pdf": PDF, "b.zip": ARCHIVE})
    assert paths(entry_of(settings).attachments) == ["a.pdf", "b.zip"]


def test_a_file_that_is_named_twice_is_attached_once(settings: Settings) -> None:
    text = listing("a.pdf", "a.pdf", "p.jpg", image="p.jpg")
    lay(settings, {"news.md": text, "a.pdf": PDF, "p.jpg": PHOTO})
    assert image_path(settings) == "p.jpg"
    assert paths(entry_of(settings).attachments) == ["a.pdf"]


def test_the_text_shows_and_links_files(settings: Settings) -> None:
    body = "![Yard](photo.jpg) and [the plan](news/plan.pdf) and [a page](other.html)"
    lay(settings, {"news.md": item(body=body), "photo.jpg": PHOTO, "news/plan.pdf": PDF})
    entry = entry_of(settings)
    assert paths(entry.inline) == ["photo.jpg", "news/plan.pdf"]
    assert (entry.image, entry.attachments) == (None, ())
    assert '\ufdd0/media/news/photo.jpg" alt="Yard" width="40" height="30"' in entry.html
    assert 'href="\ufdd0/media/news/plan.pdf"' in entry.html
    assert 'href="\ufdd0/presscenter/news/detail/other.html"' in entry.html


def test_a_picture_in_the_text_is_not_shown_above_it_again(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="![](news.jpg)"), "news.jpg": PHOTO})
    entry = entry_of(settings)
    assert (entry.image, paths(entry.inline), entry.attachments) == (None, ["news.jpg"], ())


def test_a_text_that_only_links_a_document_has_its_picture_above_it(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="[x](a.pdf)"), "a.pdf": PDF, "news.jpg": PHOTO})
    assert image_path(settings) == "news.jpg"
    assert paths(entry_of(settings).inline) == ["a.pdf"]


def test_a_picture_whose_size_is_written_in_the_text_keeps_it(settings: Settings) -> None:
    body = '<img src="photo.jpg" width="10">'
    lay(settings, {"news.md": item(body=body), "photo.jpg": PHOTO})
    html = entry_of(settings).html
    assert 'width="10"' in html
    assert "height" not in html


def test_pictures_from_elsewhere_are_no_files_of_the_entry(settings: Settings) -> None:
    body = "![](https://other.example/a.jpg) ![](/static/b.jpg)"
    lay(settings, {"news.md": item(body=body)})
    entry = read_entry(settings).entry
    assert entry is not None
    assert entry.inline == ()
    assert 'src="https://other.example/a.jpg"' in entry.html
    assert 'src="\ufdd0/static/b.jpg"' in entry.html


def test_the_first_picture_of_a_press_text_stands_above_it(settings: Settings) -> None:
    files = {"news/0.pdf": PDF, "news/1.jpg": PHOTO, "news/2.jpg": PHOTO}
    files["news.png"] = picture(kind="PNG")
    lay(settings, {"news.txt": "Заголовок\n13.08.2014\nТекст".encode(), **files})
    assert image_path(settings, "news.txt") == "news.png"
    attachments = entry_of(settings, "news.txt").attachments
    assert paths(attachments) == ["news/0.pdf", "news/1.jpg", "news/2.jpg"]


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("дворовый.jpg", "дворовый.jpg".replace("й", "и\u0306")),
        ("дворовый.jpg".replace("й", "и\u0306"), "дворовый.jpg"),
    ],
    ids=["decomposed on disk", "decomposed in the entry"],
)
def test_a_name_is_found_in_either_unicode_form(
    settings: Settings, written: str, on_disk: str
) -> None:
    lay(settings, {"news.md": listing(image=written), on_disk: PHOTO})
    assert image_path(settings) == on_disk


def test_a_screenshot_of_macos_is_found_in_the_entrys_folder(settings: Settings) -> None:
    name = "Снимок 10.30\u202fAM.png"
    lay(settings, {"news.md": item(), f"news/{name}": picture(kind="PNG")})
    assert image_path(settings) == f"news/{name}"


def test_a_link_into_a_document_keeps_its_fragment(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="[x](a.pdf#page=2)"), "a.pdf": b"%PDF-1"})
    assert 'href="\ufdd0/media/news/a.pdf#page=2"' in entry_of(settings).html


def test_files_of_one_name_get_addresses_of_their_own(settings: Settings) -> None:
    names = ["a/p.jpg", "b/p.jpg", "c/p.jpg", "c/p-2.jpg"]
    lay(settings, {"news.md": listing(*names), **dict.fromkeys(names, PHOTO)})
    attached = entry_of(settings).attachments
    assert paths(attached) == names
    assert [file.name for file in attached] == ["p.jpg", "p-2.jpg", "p-3.jpg", "p-2-2.jpg"]


@pytest.mark.parametrize("name", ["a b.jpg", "50%.jpg", "a&b.jpg", "it's #1.jpg", "a+b?.jpg"])
def test_a_name_may_be_written_unquoted_in_the_front_matter(settings: Settings, name: str) -> None:
    lay(settings, {"news.md": item(image=name), name: PHOTO})
    assert image_path(settings) == name


def test_the_order_of_files_does_not_depend_on_the_disk(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["news.gif", "news.jpg", "news.png", "news.webp"]
    kinds = ["GIF", "JPEG", "PNG", "WEBP"]
    made = {name: picture(kind=kind) for name, kind in zip(names, kinds, strict=True)}
    lay(settings, {"news.md": item(), **made})
    really = os.scandir

    @contextmanager
    def backwards(folder: str) -> Iterator[list[os.DirEntry[str]]]:
        with really(folder) as items:
            yield sorted(items, key=lambda item: item.name, reverse=True)

    monkeypatch.setattr(os, "scandir", backwards)
    entry = entry_of(settings)
    files = [entry.image, *entry.attachments]
    assert [file and (file.path, file.media_type) for file in files] == [
        (name, f"image/{kind.lower()}") for name, kind in zip(names, kinds, strict=True)
    ]


@pytest.mark.parametrize("end", ["jpg", "JPG", "Jpg", "jPg"])
def test_a_scan_and_a_hint_find_the_same_files(settings: Settings, end: str) -> None:
    lay(settings, {"news.md": item(), f"news.{end}": PHOTO, "news/b.jpg": PHOTO})
    scanned = next(file for file in Scan(settings.entries) if file.path == "news.md")
    assert examine(settings.entries, "news.md") == scanned


def test_reading_bytes_gives_the_same_as_reading_what_a_scan_found(settings: Settings) -> None:
    lay(settings, {"news.md": item(image="p.jpg"), "p.jpg": PHOTO})
    from_bytes = read(item(image="p.jpg"), "news.md", settings.parsing, settings.entries)
    found = read_whole(settings)
    assert found.content
    assert found.inode
    assert from_bytes == replace(found, content=b"", inode=0)


def test_a_folder_gives_an_entry_a_hundred_files_at_most(settings: Settings) -> None:
    lay(settings, {"news.md": item(), **{f"news/{n:03}.pdf": PDF for n in range(150)}})
    assert paths(entry_of(settings).attachments) == [f"news/{n:03}.pdf" for n in range(100)]


def test_a_text_may_show_one_picture_any_number_of_times(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="![](p.jpg) " * 300), "p.jpg": PHOTO})
    entry = entry_of(settings)
    assert paths(entry.inline) == ["p.jpg"]
    assert entry.html.count('<img src="\ufdd0/media/news/p.jpg"') == 300


def test_a_text_that_names_very_many_files_gets_one_warning_for_the_rest(
    settings: Settings,
) -> None:
    body = " ".join(f"![]({number}.jpg)" for number in range(1000))
    lay(settings, {"news.md": item(body=body), "0.jpg": PHOTO})
    found = read_entry(settings)
    assert found.entry is not None
    assert paths(found.entry.inline) == ["0.jpg"]
    assert len(found.problems) <= 101
    assert [problem.code for problem in found.problems].count("media-many") == 1
    assert len(found.named_files) <= 200


def test_a_name_longer_than_any_path_is_not_looked_up(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="Text ![](" + "a/" * 300 + "b.jpg)")})
    found = read_entry(settings)
    assert [problem.code for problem in found.problems] == ["media-missing"]
    assert found.named_files == ()


# Addresses that begin at the root of the old site


def test_a_file_of_the_entries_folder_is_found_from_its_root(settings: Settings) -> None:
    body = "![A](/images/a.jpg) [b](/files/b.pdf) ![A](/images/a.jpg)\n"
    lay(settings, {"x/news.md": item(body=body), "images/a.jpg": PHOTO, "files/b.pdf": PDF})
    found = entry_of(settings, "x/news.md")
    assert paths(found.inline) == ["images/a.jpg", "files/b.pdf"]
    assert "/media/news/a.jpg" in found.html
    assert "/media/news/b.pdf" in found.html


def test_a_file_of_the_old_site_keeps_its_address(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.jpg").write_bytes(PHOTO)
    settings = replace(settings, static=tmp_path / "static")
    lay(settings, {"news.md": item(body="![A](/a.jpg)\n"), "a.jpg": PHOTO})
    found = entry_of(settings)
    assert found.inline == ()
    assert f'src="{SITE}/a.jpg"' in found.html


def test_a_picture_that_is_nowhere_is_told_and_stays(settings: Settings) -> None:
    body = "![A](/a.jpg) ![B](/../b.jpg) ![C](/media/x/c.jpg) [d](/d.jpg) ![E](/e.svg)\n"
    lay(settings, {"news.md": item(body=body)})
    found = read_entry(settings)
    assert found.entry is not None
    assert f'src="{SITE}/a.jpg"' in found.entry.html
    assert [(each.code, dict(each.values)) for each in found.problems] == [
        ("picture-nowhere", {"name": "/../b.jpg"}),
        ("picture-nowhere", {"name": "/a.jpg"}),
    ]


def test_a_file_from_the_root_that_cannot_be_published_is_told(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="![A](/a.jpg)\n"), "a.jpg": b"no picture"})
    found = read_entry(settings)
    assert [each.code for each in found.problems] == ["media-broken"]
