"""Pictures and attachments: how they are found, what is unfit, what readers get, how they live."""

import json
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree
from werkzeug.test import TestResponse

from feedsvc import clock, urls
from feedsvc.app import build_app
from feedsvc.edition import Edition
from feedsvc.feeds import FEEDS
from feedsvc.media.inspect import MAX_LENGTH, Unfit, inspect
from feedsvc.model import Attachment, Entry, Reading
from feedsvc.pages import html as pages
from feedsvc.parsing import read
from feedsvc.problems import severity
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync import loop as sync_module
from feedsvc.sync.reading import read_all, read_file
from feedsvc.sync.request import RESCAN
from feedsvc.sync.scanner import FoundFile, Scan, examine
from feedsvc.web import freshness
from tests.support.attacks import parsed
from tests.support.files import ARCHIVE, PDF, PHOTO, WIDE, huge_png, lay, moving_picture, picture
from tests.support.folder import old, running, wait_for
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, item

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"


def listed(*names: str, title: str = "Title", image: str = "") -> bytes:
    """Write an entry that lists attachments."""
    front = f"title: {title}\ndate: 2026-01-01\n" + (f"image: {image}\n" if image else "")
    return f"---\n{front}attachments: {json.dumps(names)}\n---\n\nText.\n".encode()


def reading(settings: Settings, path: str = "news.md") -> Reading:
    """Read an entry file as a scan finds it."""
    found = next(file for file in Scan(settings.entries) if file.path == path)
    done = read_file(settings.entries, found, settings.parsing)
    assert done is not None
    return done[1]


def entry_of(settings: Settings, path: str = "news.md") -> Entry:
    """Read an entry file with which nothing is wrong."""
    found = reading(settings, path)
    assert found.problems == ()
    assert found.entry is not None
    return found.entry


def paths(files: tuple[Attachment, ...]) -> list[str]:
    return [file.path for file in files]


def shown(entry: Entry) -> str | None:
    return None if entry.image is None else entry.image.path


def publish(newsroom: Newsroom, files: Mapping[str, bytes] | None = None) -> None:
    """Publish what lies in the entries folder."""
    lay(newsroom.settings, files or {})
    found = sorted(Scan(newsroom.settings.entries), key=lambda file: file.path)
    newsroom.writer.apply(list(read_all(found, newsroom.settings)), (), NOW - 3600 * SECOND)
    newsroom.writer.finish_first_index()


def rendered(newsroom: Newsroom, name: str, settings: Settings | None = None) -> bytes:
    settings = settings or newsroom.settings
    feed = FEEDS[name]
    return feed.render(feed.select(newsroom.edition(), settings, name), settings)


def page(newsroom: Newsroom, entry_id: str = "news") -> str:
    found = newsroom.edition().find(entry_id)
    assert isinstance(found, Entry)
    return pages.entry(found, newsroom.edition().neighbours(found), newsroom.settings).decode()


def fetch(
    client: FlaskClient, url: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> TestResponse:
    """Ask for an address, and close the file that is sent."""
    return client.open(url, method=method, headers=headers, buffered=True)


# How they are found


def test_a_picture_that_bears_the_entry_s_name_stands_above_the_text(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "news.jpg": PHOTO})
    assert entry_of(settings).image == Attachment(
        "news.jpg", "news.jpg", "image/jpeg", len(PHOTO), 40, 30
    )


def test_the_folder_that_bears_the_entry_s_name_holds_its_files(settings: Settings) -> None:
    files = {"in/news/b.jpg": PHOTO, "in/news/a.pdf": PDF, "in/news/c.png": picture(kind="PNG")}
    lay(settings, {"in/news.md": item(), **files})
    entry = entry_of(settings, "in/news.md")
    assert shown(entry) == "in/news/b.jpg"
    assert paths(entry.attachments) == ["in/news/a.pdf", "in/news/c.png"]


def test_the_files_of_other_entries_are_left_alone(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "other.md": item(), "other.jpg": PHOTO, "other/a.pdf": PDF})
    entry = entry_of(settings)
    assert (entry.image, entry.inline, entry.attachments) == (None, (), ())


def test_a_picture_is_named_by_its_file_alone(settings: Settings) -> None:
    lay(settings, {"news.md": item(image="photo.jpg"), "photo.jpg": PHOTO})
    assert shown(entry_of(settings)) == "photo.jpg"


def test_a_picture_is_named_with_what_it_shows(settings: Settings) -> None:
    text = (
        b"---\ntitle: T\ndate: 2026-01-01\nimage: {file: p.jpg, alt: Yard, caption: Snow}\n---\nX"
    )
    lay(settings, {"news.md": text, "p.jpg": PHOTO})
    image = entry_of(settings).image
    assert image is not None
    assert (image.path, image.alt, image.caption) == ("p.jpg", "Yard", "Snow")


def test_attachments_are_named_in_a_list(settings: Settings) -> None:
    lay(settings, {"news.md": listed("a.pdf", "b.zip"), "a.pdf": PDF, "b.zip": ARCHIVE})
    assert paths(entry_of(settings).attachments) == ["a.pdf", "b.zip"]


def test_what_is_named_twice_is_attached_once(settings: Settings) -> None:
    text = listed("a.pdf", "a.pdf", "p.jpg", image="p.jpg")
    lay(settings, {"news.md": text, "a.pdf": PDF, "p.jpg": PHOTO})
    entry = entry_of(settings)
    assert shown(entry) == "p.jpg"
    assert paths(entry.attachments) == ["a.pdf"]


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


def test_a_text_that_links_a_document_has_its_picture_above_it(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="[x](a.pdf)"), "a.pdf": PDF, "news.jpg": PHOTO})
    entry = entry_of(settings)
    assert shown(entry) == "news.jpg"
    assert paths(entry.inline) == ["a.pdf"]


def test_a_picture_that_the_text_gives_a_size_keeps_it(settings: Settings) -> None:
    body = '<img src="photo.jpg" width="10">'
    lay(settings, {"news.md": item(body=body), "photo.jpg": PHOTO})
    html = entry_of(settings).html
    assert 'width="10"' in html
    assert "height" not in html


def test_pictures_elsewhere_stay_where_they_are(settings: Settings) -> None:
    body = "![](https://other.example/a.jpg) ![](/static/b.jpg)"
    lay(settings, {"news.md": item(body=body), "static/b.jpg": PHOTO})
    entry = entry_of(settings)
    assert entry.inline == ()
    assert 'src="https://other.example/a.jpg"' in entry.html
    assert 'src="\ufdd0/static/b.jpg"' in entry.html


def test_the_first_picture_of_a_press_text_stands_above_it(settings: Settings) -> None:
    files = {"news/0.pdf": PDF, "news/1.jpg": PHOTO, "news/2.jpg": PHOTO}
    files["news.png"] = picture(kind="PNG")
    lay(settings, {"news.txt": "Заголовок\n13.08.2014\nТекст".encode(), **files})
    entry = entry_of(settings, "news.txt")
    assert shown(entry) == "news.png"
    assert paths(entry.attachments) == ["news/0.pdf", "news/1.jpg", "news/2.jpg"]


@pytest.mark.parametrize(
    ("orientation", "size"), [(None, (40, 30)), (1, (40, 30)), (3, (40, 30)), (6, (30, 40))]
)
def test_a_picture_is_as_wide_as_it_is_shown(
    settings: Settings, orientation: int | None, size: tuple[int, int]
) -> None:
    lay(settings, {"news.md": item(), "news.jpg": picture(orientation=orientation)})
    image = entry_of(settings).image
    assert image is not None
    assert (image.width, image.height) == size


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("дворовый.jpg", "дворовый.jpg".replace("й", "и\u0306")),
        ("дворовый.jpg".replace("й", "и\u0306"), "дворовый.jpg"),
    ],
)
def test_names_are_found_however_a_system_spells_them(
    settings: Settings, written: str, on_disk: str
) -> None:
    lay(settings, {"news.md": listed(image=written), on_disk: picture()})
    assert shown(entry_of(settings)) == on_disk


def test_a_screenshot_of_macos_is_taken_from_the_entry_s_folder(settings: Settings) -> None:
    name = "Снимок 10.30\u202fAM.png"
    lay(settings, {"news.md": item(), f"news/{name}": picture(kind="PNG")})
    assert shown(entry_of(settings)) == f"news/{name}"


def test_a_link_into_a_document_keeps_the_place_in_it(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="[x](a.pdf#page=2)"), "a.pdf": b"%PDF-1"})
    assert 'href="\ufdd0/media/news/a.pdf#page=2"' in entry_of(settings).html


def test_two_files_of_one_name_get_two_addresses(settings: Settings) -> None:
    names = ["a/p.jpg", "b/p.jpg", "c/p.jpg", "c/p-2.jpg"]
    lay(settings, {"news.md": listed(*names), **dict.fromkeys(names, PHOTO)})
    attached = entry_of(settings).attachments
    assert paths(attached) == names
    assert [file.name for file in attached] == ["p.jpg", "p-2.jpg", "p-3.jpg", "p-2-2.jpg"]


NAMES = ["Фото двора №1.JPG", "a b.jpg", "50%.jpg", "a&b.jpg", "it's #1.jpg", "ёй.jpg", "a+b?.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_names_may_be_in_any_language_and_with_spaces(
    newsroom: Newsroom, client: FlaskClient, name: str
) -> None:
    publish(newsroom, {"news.md": item(body=f"![]({quote(name)})"), name: PHOTO})
    url = f"/media/news/{quote(name, safe='')}"
    found = newsroom.edition().find("news")
    assert isinstance(found, Entry)
    assert f'src="\ufdd0{url}" alt="" width="40" height="30"' in found.html
    assert fetch(client, url).data == PHOTO


@pytest.mark.parametrize("name", [name for name in NAMES if name.isascii()])
def test_names_may_be_written_as_they_are(settings: Settings, name: str) -> None:
    lay(settings, {"news.md": item(image=name), name: PHOTO})
    assert shown(entry_of(settings)) == name


def test_the_order_of_files_does_not_hang_on_the_disk(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the directory lists first must not come first: every machine shows the same."""
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
    assert shown(entry) == "news.gif"
    assert paths(entry.attachments) == names[1:]


@pytest.mark.parametrize("end", ["jpg", "JPG", "Jpg", "jPg"])
def test_a_scan_and_a_hint_see_the_same_files(settings: Settings, end: str) -> None:
    lay(settings, {"news.md": item(), f"news.{end}": PHOTO, "news/b.jpg": PHOTO})
    scanned = next(file for file in Scan(settings.entries) if file.path == "news.md")
    assert examine(settings.entries, "news.md") == scanned


# What the dialects say of them


@pytest.fixture
def with_files(newsroom: Newsroom) -> Newsroom:
    """Publish an entry with a picture above, one in its text, and a document."""
    text = (
        "---\ntitle: T\ndate: 2026-06-30\nattachments: [план 1.pdf]\n"
        "image: {file: photo.jpg, alt: 'Двор & «сад»', caption: Зима}\n---\n\n![](in.png)\n"
    ).encode()
    files = {"photo.jpg": PHOTO, "in.png": picture((8, 6), "PNG"), "план 1.pdf": PDF}
    publish(newsroom, {"news.md": text, **files})
    return newsroom


PHOTO_URL = f"{SITE}/media/news/photo.jpg"
PLAN_URL = f"{SITE}/media/news/{quote('план 1.pdf')}"
INLINE_URL = f"{SITE}/media/news/in.png"


def properties(root: etree._Element, name: str) -> list[dict[str, str]]:
    return [{str(key): str(value) for key, value in element.items()} for element in root.iter(name)]


def test_atom_links_every_file_as_an_enclosure(with_files: Newsroom) -> None:
    root = etree.fromstring(rendered(with_files, "atom.xml"))
    entry = root.find(f"{ATOM}entry")
    assert entry is not None
    assert [link for link in properties(entry, f"{ATOM}link") if link["rel"] == "enclosure"] == [
        {"href": PHOTO_URL, "rel": "enclosure", "type": "image/jpeg", "length": str(len(PHOTO))},
        {"href": PLAN_URL, "rel": "enclosure", "type": "application/pdf", "length": str(len(PDF))},
    ]


def test_rss_has_one_enclosure_and_every_file_as_media_content(with_files: Newsroom) -> None:
    root = etree.fromstring(rendered(with_files, "rss.xml"))
    assert properties(root, "enclosure") == [
        {"url": PHOTO_URL, "length": str(len(PHOTO)), "type": "image/jpeg"}
    ]
    photo = {"url": PHOTO_URL, "fileSize": str(len(PHOTO)), "type": "image/jpeg"}
    plan = {"url": PLAN_URL, "fileSize": str(len(PDF)), "type": "application/pdf"}
    assert properties(root, f"{MEDIA}content") == [
        {**photo, "medium": "image", "width": "40", "height": "30"},
        {**plan, "medium": "document"},
    ]
    assert [element.text for element in root.iter(f"{MEDIA}title")] == ["Зима"]
    assert [element.text for element in root.iter(f"{MEDIA}description")] == ["Двор & «сад»"]


def test_json_feed_has_every_file_as_an_attachment(with_files: Newsroom) -> None:
    (only,) = json.loads(rendered(with_files, "feed.json"))["items"]
    assert only["image"] == PHOTO_URL
    assert only["attachments"] == [
        {
            "url": PHOTO_URL,
            "mime_type": "image/jpeg",
            "title": "Двор & «сад»",
            "size_in_bytes": len(PHOTO),
        },
        {
            "url": PLAN_URL,
            "mime_type": "application/pdf",
            "title": "план 1.pdf",
            "size_in_bytes": len(PDF),
        },
    ]


def test_the_aggregators_get_pictures_and_no_documents(with_files: Newsroom) -> None:
    root = etree.fromstring(rendered(with_files, "yandex.xml"))
    urls = [PHOTO_URL, INLINE_URL]
    assert [each["url"] for each in properties(root, "enclosure")] == urls
    assert [each["type"] for each in properties(root, "enclosure")] == ["image/jpeg", "image/png"]
    assert [each["url"] for each in properties(root, f"{MEDIA}content")] == urls


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json"])
def test_pictures_in_feeds_are_absolute_and_have_their_size(
    with_files: Newsroom, name: str
) -> None:
    moved = replace(with_files.settings, base_url="https://other.example:8443")
    content = rendered(with_files, name, moved)
    if name == "feed.json":
        html = json.loads(content)["items"][0]["content_html"]
    else:
        tag = f"{ATOM}content" if name == "atom.xml" else "{*}encoded"
        html = next(etree.fromstring(content).iter(tag)).text
    assert [dict(element.items()) for element in parsed(html).iter("img")] == [
        {
            "src": "https://other.example:8443/media/news/photo.jpg",
            "alt": "Двор & «сад»",
            "width": "40",
            "height": "30",
        },
        {
            "src": "https://other.example:8443/media/news/in.png",
            "alt": "",
            "width": "8",
            "height": "6",
        },
    ]
    assert [element.text for element in parsed(html).iter("figcaption")] == ["Зима"]


def test_pictures_in_pages_are_relative_to_the_root(with_files: Newsroom) -> None:
    root = parsed(page(with_files))
    pictures = [
        (element.get("src"), element.get("width"), element.get("height"))
        for element in root.iter("img")
    ]
    # The first paragraph, which shows one, goes before the picture of the entry.
    assert pictures == [
        ("/media/news/in.png", "8", "6"),
        ("/media/news/photo.jpg", "40", "30"),
    ]
    assert PLAN_URL.removeprefix(SITE) in [link.get("href") for link in root.iter("a")]


def test_what_is_said_of_a_picture_cannot_break_out(newsroom: Newsroom) -> None:
    evil = '"><script>alert(1)</script>'
    front = f"image: {{file: p.jpg, alt: {json.dumps(evil)}, caption: {json.dumps(evil)}}}"
    text = f"---\ntitle: T\ndate: 2026-06-30\n{front}\n---\nText.".encode()
    publish(newsroom, {"news.md": text, "p.jpg": PHOTO})
    # Only the data block, which no browser runs.
    assert [block.get("type") for block in parsed(page(newsroom)).iter("script")] == [
        "application/ld+json"
    ]
    html = json.loads(rendered(newsroom, "feed.json"))["items"][0]["content_html"]
    assert "<script" not in html
    assert [element.get("alt") for element in parsed(html).iter("img")] == [evil]


# What is unfit


def expect_unfit(settings: Settings, code: str, *, errors: int = 0) -> None:
    """Have an entry published with a warning, and without any file."""
    found = reading(settings)
    assert found.entry is not None
    assert (found.entry.image, found.entry.inline, found.entry.attachments) == (None, (), ())
    assert {problem.code for problem in found.problems} == {code}
    assert {problem.path for problem in found.problems} == {"news.md"}
    assert [severity(problem) for problem in found.problems].count("error") == errors
    assert "/media/" not in found.entry.html


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
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
    "no ending": ("p", PHOTO, "media-type"),
    "an empty document": ("p.pdf", b"", "media-broken"),
    "a document that is none": ("p.pdf", b"<html>", "media-broken"),
    "an archive that is none": ("p.zip", PDF, "media-broken"),
    "an empty film": ("p.mp4", b"", "media-broken"),
    "a dot-file": (".p.jpg", PHOTO, "media-missing"),
    "in a dot-folder": (".git/p.jpg", PHOTO, "media-missing"),
    "a private one": ("_p.jpg", PHOTO, "media-missing"),
    "a temporary one": ("p.jpg.tmp", PHOTO, "media-missing"),
    "an entry": ("other.md", item(), "media-type"),
    "the entry itself": ("news.md", None, "media-type"),
    "the folder": (".", None, "media-missing"),
    "the folder above": ("..", None, "media-missing"),
    "outside": ("../outside.jpg", PHOTO, "media-missing"),
    "outside, in a detour": ("a/../../outside.jpg", PHOTO, "media-missing"),
    "absolute": ("/etc/passwd", None, "media-missing"),
    "NUL": ("a\0.jpg", None, "media-missing"),
    "a line break": ("a\nb.zip", ARCHIVE, "media-missing"),
    "a control character": ("a\x01b.zip", ARCHIVE, "media-missing"),
    "a long name": ("a" * 300 + ".jpg", None, "media-missing"),
    "a longer path": ("a/" * 3000 + "b.jpg", None, "media-missing"),
    "wrong case": ("P.jpg", None, "media-missing"),
}


@pytest.mark.parametrize("case", [name for name, row in UNFIT.items() if row[0].isprintable()])
def test_what_is_unfit_is_a_warning_and_the_entry_is_published_without_it(
    settings: Settings, case: str
) -> None:
    name, data, code = UNFIT[case]
    if data is not None:
        old(settings.entries / name, data)
    lay(settings, {"news.md": listed(name)})
    expect_unfit(settings, code)


@pytest.mark.parametrize("case", UNFIT)
def test_what_the_text_shows_and_is_unfit_is_left_out_with_a_warning(
    settings: Settings, case: str
) -> None:
    name, data, code = UNFIT[case]
    if data is not None:
        old(settings.entries / name, data)
    shown_name = quote(name) if not name.startswith("/") else f"./{name}"
    lay(settings, {"news.md": item(body=f"Text ![]({shown_name})")})
    expect_unfit(settings, code)


@pytest.mark.parametrize(
    "data", [b"", b"text", picture(kind="PNG"), PHOTO[:50], b"\xff\xd8\xff" + b"\0" * 100]
)
@pytest.mark.parametrize("path", ["news.jpg", "news/photo.jpg"])
def test_what_bears_the_entry_s_name_and_is_broken_is_a_warning(
    settings: Settings, data: bytes, path: str
) -> None:
    lay(settings, {"news.md": item(), path: data})
    expect_unfit(settings, "media-broken")


def test_a_folder_in_a_picture_s_place_is_a_warning(settings: Settings) -> None:
    lay(settings, {"news.md": listed("folder.jpg")})
    (settings.entries / "folder.jpg").mkdir()
    expect_unfit(settings, "media-missing")


@pytest.mark.parametrize("name", ["news.jpg", "news/photo.jpg", "named.jpg"])
def test_a_pipe_in_a_picture_s_place_makes_nobody_wait(settings: Settings, name: str) -> None:
    lay(settings, {"news.md": listed(name)})
    (settings.entries / name).parent.mkdir(exist_ok=True)
    os.mkfifo(settings.entries / name)
    found: list[Reading] = []
    thread = threading.Thread(target=lambda: found.append(reading(settings)), daemon=True)
    thread.start()
    thread.join(2)
    if thread.is_alive():
        # Let it go, for the other tests.
        os.close(os.open(settings.entries / name, os.O_RDWR | os.O_NONBLOCK))
        thread.join(2)
        pytest.fail("reading waits for whoever writes into the pipe")
    assert {problem.code for problem in found[0].problems} == {"media-missing"}


@pytest.mark.parametrize("name", ["news.jpg", "news/p.jpg", "p.jpg"])
def test_a_link_out_of_the_folder_is_never_followed(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    old(tmp_path / "outside.jpg", PHOTO)
    lay(settings, {"news.md": listed("p.jpg")})
    link = settings.entries / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "outside.jpg")
    expect_unfit(settings, "media-missing")


def test_a_folder_that_is_a_link_out_is_never_entered(settings: Settings, tmp_path: Path) -> None:
    old(tmp_path / "outside" / "secret.jpg", PHOTO)
    lay(settings, {"news.md": item()})
    (settings.entries / "news").symlink_to(tmp_path / "outside")
    found = reading(settings)
    assert found.entry is not None
    assert (found.entry.image, found.entry.attachments) == (None, ())


def test_a_link_within_the_folder_is_as_good_as_its_file(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "photos/a.jpg": PHOTO})
    (settings.entries / "news.jpg").symlink_to("photos/a.jpg")
    assert shown(entry_of(settings)) == "news.jpg"


@pytest.mark.parametrize("name", ["p.jpg", "p.zip"])
def test_a_file_over_the_limit_is_a_warning(settings: Settings, name: str) -> None:
    lay(settings, {"news.md": listed(name)})
    for length, code in ((MAX_LENGTH + 1, "media-large"), (MAX_LENGTH, None)):
        with (settings.entries / name).open("wb") as file:
            file.write(PHOTO if name == "p.jpg" else ARCHIVE)
            file.truncate(length)
        if code:
            expect_unfit(settings, code)
    assert entry_of(settings).attachments[0].length == MAX_LENGTH


def test_a_picture_of_the_most_pixels_is_taken(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "news.png": huge_png(10_000, 5_000)})
    assert shown(entry_of(settings)) == "news.png"


def test_an_animated_picture_is_taken(settings: Settings) -> None:
    lay(settings, {"news.md": item(), "news.gif": moving_picture()})
    image = entry_of(settings).image
    assert image is not None
    assert (image.media_type, image.width, image.height) == ("image/gif", *WIDE)


def test_a_document_named_as_the_picture_is_a_warning(settings: Settings) -> None:
    lay(settings, {"news.md": item(image="a.pdf"), "a.pdf": PDF})
    found = reading(settings)
    assert found.entry is not None
    assert found.entry.image is None
    assert [problem.code for problem in found.problems] == ["media-no-picture"]


def test_a_warning_says_which_file_and_where(settings: Settings) -> None:
    lay(settings, {"news.md": listed("a.pdf", "b.pdf"), "a.pdf": PDF})
    (problem,) = reading(settings).problems
    assert (problem.line, problem.values) == (4, (("name", "b.pdf"),))


def test_of_a_folder_only_a_hundred_files_are_taken(settings: Settings) -> None:
    lay(settings, {"news.md": item(), **{f"news/{n:03}.pdf": PDF for n in range(150)}})
    assert len(entry_of(settings).attachments) == 100


def test_a_text_may_show_one_picture_as_often_as_it_likes(settings: Settings) -> None:
    lay(settings, {"news.md": item(body="![](p.jpg) " * 300), "p.jpg": PHOTO})
    entry = entry_of(settings)
    assert paths(entry.inline) == ["p.jpg"]
    assert entry.html.count('<img src="\ufdd0/media/news/p.jpg"') == 300


def test_a_text_that_names_very_many_files_is_told_so_once(settings: Settings) -> None:
    body = " ".join(f"![]({number}.jpg)" for number in range(5000))
    lay(settings, {"news.md": item(body=body), "0.jpg": PHOTO})
    found = reading(settings)
    assert found.entry is not None
    assert paths(found.entry.inline) == ["0.jpg"]
    assert len(found.problems) <= 101
    assert len(found.named_files) <= 200


def test_nothing_outside_is_even_looked_at(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(settings, {"news.md": listed("../../outside.jpg", "a/../../../b.pdf")})
    looked: list[str] = []
    really = os.stat

    def stat(path: str, *, follow_symlinks: bool = True) -> os.stat_result:
        looked.append(os.path.normpath(path))
        return really(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "stat", stat)
    found = reading(settings)
    wanted = dict.fromkeys(["news.md"], found.named_files)
    assert list(Scan(settings.entries, wanted))
    assert [path for path in looked if path.endswith(("outside.jpg", "b.pdf"))] == []


ENDS = st.sampled_from((".jpg", ".png", ".gif", ".webp", ".pdf", ".zip", ".mp3", ".docx"))
BEGINNINGS = st.sampled_from(
    [b"", PHOTO, PHOTO[:30], picture(kind="PNG"), moving_picture(), picture(kind="WEBP"), PDF]
)


@pytest.mark.filterwarnings("ignore")  # of Pillow, about damage
@hypothesis_settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(end=ENDS, beginning=BEGINNINGS, cut=st.integers(0, 400), rest=st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_taken_or_a_warning(
    settings: Settings, end: str, beginning: bytes, cut: int, rest: bytes
) -> None:
    for path in settings.entries.iterdir():
        path.unlink()
    data = beginning[:cut] + rest
    lay(settings, {"news.md": item(), f"news{end}": data})
    found = reading(settings)
    assert found.entry is not None
    taken = (*found.entry.attachments, *filter(None, [found.entry.image]))
    assert len(taken) + len(found.problems) == 1
    assert {problem.code for problem in found.problems} <= {"media-broken", "media-large"}
    for file in taken:
        assert file.length == len(data)
        assert (file.width is None) == (not file.media_type.startswith("image/"))


@hypothesis_settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(max_size=40), place=st.sampled_from(("image", "attachments", "body", "link")))
@example(name="\0.jpg", place="body")
@example(name="a" * 300 + ".jpg", place="image")
@example(name="../outside.jpg", place="body")
@example(name="//host/a.jpg", place="body")
@example(name="\\..\\a.jpg", place="body")
def test_whatever_a_name_is_the_entry_is_published(
    settings: Settings, name: str, place: str
) -> None:
    keys = {place: name} if place in ("image", "attachments") else {}
    written = quote(name.encode("utf-8", "surrogatepass"))
    body = {"body": f"Text ![]({written})", "link": f"Text [x]({written}.pdf)"}.get(place, "Text")
    # A file that is mostly forbidden signs is refused as a whole, and rightly.
    body += " and more text" * 20
    try:
        data = item(body=body, **keys)
    except UnicodeEncodeError:
        return
    old(settings.entries / "news.md", data)
    for wanted in ((), reading(settings).named_files):
        found = examine(settings.entries, "news.md", wanted)
        assert found is not None
        done = read_file(settings.entries, found, settings.parsing)
        assert done is not None
        assert done[1].entry is not None
        entry = done[1].entry
        assert (entry.image, entry.inline, entry.attachments) == (None, (), ())


# How they live


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files come to rest sooner."""
    monkeypatch.setattr(sync_module, "SETTLE", 0.3)
    monkeypatch.setattr(sync_module, "QUIET", 0.2)
    monkeypatch.setattr(sync_module, "TICK", 0.1)


@pytest.fixture
def slow_scans(settings: Settings) -> Settings:
    return replace(settings, rescan=3600)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which entry files are read."""
    seen: list[str] = []

    def spy(root: Path, file: FoundFile, settings: Settings) -> object:
        seen.append(file.path)
        return read_file(root, file, settings.parsing)

    monkeypatch.setattr(sync_module, "read_file", spy)
    return seen


def state(settings: Settings, entry_id: str = "news") -> tuple[int, Entry]:
    """Give the revision, and an entry as it is public now."""
    with Catalogue(settings.instance).snapshot() as snapshot:
        found = Edition(snapshot, time.time_ns() // 1000).find(entry_id)
        assert isinstance(found, Entry)
        return snapshot.revision, found


def image_of(settings: Settings) -> Attachment | None:
    return state(settings)[1].image


def is_shown(settings: Settings, *size: int) -> Callable[[], bool]:
    """Give a condition: a picture of that size is above the text."""

    def condition() -> bool:
        image = image_of(settings)
        return image is not None and (image.width, image.height) == size

    return condition


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("path", ["news.jpg", "news/photo.jpg", "named.jpg"])
def test_an_entry_follows_its_picture(slow_scans: Settings, reads: list[str], path: str) -> None:
    keys = {"image": "named.jpg"} if path == "named.jpg" else {}
    lay(slow_scans, {"news.md": item(**keys), "other.md": item(), "other.jpg": PHOTO})
    with running(slow_scans):
        assert image_of(slow_scans) is None
        reads.clear()
        photo = slow_scans.entries / path
        photo.parent.mkdir(exist_ok=True)
        photo.write_bytes(PHOTO)
        wait_for(is_shown(slow_scans, 40, 30))
        photo.write_bytes(picture((20, 10)))
        wait_for(is_shown(slow_scans, 20, 10))
        (slow_scans.entries / "new.tmp").write_bytes(picture((7, 5)))
        (slow_scans.entries / "new.tmp").rename(photo)
        wait_for(is_shown(slow_scans, 7, 5))
        photo.unlink()
        wait_for(lambda: image_of(slow_scans) is None)
        assert set(reads) == {"news.md"}


@pytest.mark.usefixtures("quick")
def test_a_picture_that_was_there_first_waits_for_its_text(slow_scans: Settings) -> None:
    with running(slow_scans):
        (slow_scans.entries / "news").mkdir()
        (slow_scans.entries / "news" / "a.jpg").write_bytes(PHOTO)
        (slow_scans.entries / "news.md").write_bytes(item())
        wait_for(lambda: is_there(slow_scans) and is_shown(slow_scans, 40, 30)())


def is_there(settings: Settings) -> bool:
    with Catalogue(settings.instance).snapshot() as snapshot:
        return Edition(snapshot, time.time_ns() // 1000).find("news") is not None


@pytest.mark.usefixtures("quick")
def test_an_entry_follows_its_folder(slow_scans: Settings, tmp_path: Path) -> None:
    lay(slow_scans, {"news.md": item()})
    old(tmp_path / "away" / "photo.jpg", PHOTO)
    with running(slow_scans):
        (tmp_path / "away").rename(slow_scans.entries / "news")
        wait_for(is_shown(slow_scans, 40, 30))
        (slow_scans.entries / "news").rename(tmp_path / "away")
        wait_for(lambda: image_of(slow_scans) is None)


@pytest.mark.usefixtures("quick")
def test_a_picture_that_comes_slowly_is_whole_in_the_end(slow_scans: Settings) -> None:
    lay(slow_scans, {"news.md": item()})
    photo = picture((300, 200))
    with running(slow_scans), (slow_scans.entries / "news.jpg").open("wb") as file:
        for start in range(0, len(photo), 400):
            file.write(photo[start : start + 400])
            file.flush()
            time.sleep(0.15)
        file.close()

        def is_complete() -> bool:
            image = image_of(slow_scans)
            return image is not None and image.length == len(photo)

        wait_for(is_complete)


@pytest.mark.usefixtures("quick")
def test_a_broken_picture_is_shown_once_it_is_mended(slow_scans: Settings) -> None:
    lay(slow_scans, {"news.md": item(), "news.jpg": PHOTO[:50]})
    with running(slow_scans):
        with Catalogue(slow_scans.instance).snapshot() as snapshot:
            assert [problem.code for problem in snapshot.problems()] == ["media-broken"]
        (slow_scans.entries / "news.jpg").write_bytes(PHOTO)
        wait_for(is_shown(slow_scans, 40, 30))
        with Catalogue(slow_scans.instance).snapshot() as snapshot:
            assert snapshot.problems() == ()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["news.jpg", "news.Jpg"])
def test_where_nothing_changes_nothing_is_read_and_no_revision_follows(
    slow_scans: Settings, reads: list[str], name: str
) -> None:
    files = {name: PHOTO, "news/plan.pdf": PDF, "in.png": picture(kind="PNG")}
    lay(slow_scans, {"news.md": item(body="![](in.png) ![](missing.jpg)"), **files})
    with running(slow_scans):
        (slow_scans.entries / "other.md").write_bytes(item())  # seen by a hint, unlike the rest
        wait_for(lambda: reads.count("other.md") > 0)
        time.sleep(0.5)
        revision, entry = state(slow_scans)
        reads.clear()
        for _ in range(3):
            (slow_scans.instance / RESCAN).touch()
            wait_for(lambda: not (slow_scans.instance / RESCAN).exists())
        time.sleep(0.5)
        assert state(slow_scans) == (revision, entry)
        assert reads == []


@pytest.mark.usefixtures("quick")
def test_a_picture_that_is_copied_anew_changes_nothing(
    slow_scans: Settings, reads: list[str]
) -> None:
    lay(slow_scans, {"news.md": item(), "news.jpg": PHOTO})
    with running(slow_scans):
        before = state(slow_scans)
        reads.clear()
        (slow_scans.entries / "news.jpg").write_bytes(PHOTO)
        wait_for(lambda: reads == ["news.md"])
        time.sleep(0.5)
        assert state(slow_scans) == before


@pytest.mark.usefixtures("quick")
def test_a_name_that_nobody_can_open_stops_nothing(slow_scans: Settings) -> None:
    bad = item(body=f"![](a%00.jpg) ![]({'a' * 300}.jpg)", image="../../x.jpg")
    with running(slow_scans):
        (slow_scans.entries / "bad.md").write_bytes(bad)
        time.sleep(0.5)
        (slow_scans.entries / "news.md").write_bytes(item())
        wait_for(lambda: is_there(slow_scans))
        (slow_scans.entries / "news.jpg").write_bytes(PHOTO)
        wait_for(is_shown(slow_scans, 40, 30))


# How they are served


@pytest.fixture
def served(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """Publish entries of every status, each with a picture and a document."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    texts = {
        "news": item(),
        "other": item(),
        "draft": item(status="draft"),
        "withdrawn": item(status="withdrawn"),
        "later": item(date="2026-07-02"),
    }
    files = {f"{name}.md": text for name, text in texts.items()}
    files |= {f"{name}/{name}.jpg": PHOTO for name in texts}
    files |= {f"{name}/{name}.zip": ARCHIVE for name in texts}
    files["news/plan.pdf"] = PDF
    files["news/unlisted.svg"] = SVG
    files["secret.jpg"] = PHOTO
    publish(newsroom, files)
    return newsroom


URL = "/media/news/news.jpg"


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("name", "media_type", "data", "disposition"),
    [
        ("news.jpg", "image/jpeg", PHOTO, "inline"),
        ("plan.pdf", "application/pdf", PDF, "inline"),
        ("news.zip", "application/zip", ARCHIVE, "attachment"),
    ],
)
def test_a_file_is_served_as_what_it_is(
    client: FlaskClient, name: str, media_type: str, data: bytes, disposition: str
) -> None:
    answer = fetch(client, f"/media/news/{name}")
    assert (answer.status_code, answer.data) == (200, data)
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"].partition(";")[0] == disposition
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert answer.headers["Referrer-Policy"]


def tagged(client: FlaskClient) -> tuple[str, str]:
    headers = fetch(client, URL).headers
    return headers["ETag"], headers["Last-Modified"]


@pytest.mark.usefixtures("served")
def test_whoever_has_a_file_is_told_so(client: FlaskClient) -> None:
    tag, modified = tagged(client)
    assert not tag.startswith("W/")
    assert parsedate_to_datetime(modified).timestamp() == 1_000_000_000
    for name, value in (("If-None-Match", tag), ("If-Modified-Since", modified)):
        answer = fetch(client, URL, headers={name: value})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == tag
        assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert fetch(client, URL, headers={"If-None-Match": '"other"'}).status_code == 200


def test_another_file_has_another_tag(client: FlaskClient, served: Newsroom) -> None:
    tag, _ = tagged(client)
    (served.settings.entries / "news/news.jpg").write_bytes(picture((8, 8)))
    answer = fetch(client, URL, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("0-0", 0, 1), ("10-19", 10, 20), ("600-", 600, None), ("-5", -5, None), ("0-99999", 0, None)],
)
def test_a_part_of_a_file_is_just_those_bytes(
    client: FlaskClient, wanted: str, start: int, end: int | None
) -> None:
    answer = fetch(client, URL, headers={"Range": f"bytes={wanted}"})
    part = PHOTO[start:end]
    assert (answer.status_code, answer.data) == (206, part)
    assert answer.headers["Content-Length"] == str(len(part))
    first = start % len(PHOTO)
    last = first + len(part) - 1
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(PHOTO)}"


@pytest.mark.usefixtures("served")
def test_a_part_is_sent_only_if_the_file_is_still_the_same(client: FlaskClient) -> None:
    tag, modified = tagged(client)
    for condition, status in ((tag, 206), (modified, 206), ('"other"', 200)):
        answer = fetch(client, URL, headers={"Range": "bytes=0-4", "If-Range": condition})
        assert answer.status_code == status
        assert answer.data == (PHOTO[:5] if status == 206 else PHOTO)


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("wanted", ["99999-", "5-2", "99999-100000"])
def test_a_part_that_there_is_not_is_416(client: FlaskClient, wanted: str) -> None:
    answer = fetch(client, URL, headers={"Range": f"bytes={wanted}"})
    assert answer.status_code in (416, 200)
    if wanted != "5-2":  # which is no range at all, and may be passed over
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(PHOTO)}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("served")
def test_head_says_the_same_without_the_bytes(client: FlaskClient) -> None:
    whole, head = fetch(client, URL), fetch(client, URL, method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert {**head.headers, "Date": ""} == {**whole.headers, "Date": ""}


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_file_can_only_be_read(client: FlaskClient, method: str) -> None:
    assert fetch(client, URL, method=method).status_code == 405


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("entry_id", ["draft", "withdrawn", "later", "unknown"])
@pytest.mark.parametrize("end", ["jpg", "zip"])
def test_only_the_files_of_public_entries_are_served(
    client: FlaskClient, entry_id: str, end: str
) -> None:
    assert fetch(client, f"/media/{entry_id}/{entry_id}.{end}").status_code == 404


def test_files_come_and_go_with_their_entry(
    client: FlaskClient, served: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch(client, URL).status_code == 200
    served.apply({}, gone=["news.md"])
    assert fetch(client, URL).status_code == 404
    monkeypatch.setattr(clock, "now", lambda: NOW + 2 * 86400 * SECOND)
    assert fetch(client, "/media/later/later.jpg").status_code == 200


@pytest.fixture(scope="module")
def opened() -> deque[str]:
    """Note, for good, each file that this thread opens and each folder that it lists."""
    seen: deque[str] = deque(maxlen=100)
    mine = threading.get_ident()

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("open", "os.listdir", "os.scandir") and threading.get_ident() == mine:
            seen.append(str(arguments[0]))

    sys.addaudithook(hear)
    return seen


HOSTILE = """
/media/news/.. /media/news/../news.jpg /media/../news.jpg /media/news/%2e%2e /media/%2e%2e/news.jpg
/media/news/..%2fnews.md /media/news/%2e%2e%2fnews.md /media/news/..%5cnews.md
/media/news/%252e%252e%252fnews.md /media/news/..%252fnews.md /media/news/%c0%ae%c0%ae%c0%afnews.md
/media/news//etc/passwd /media/news/%2fetc%2fpasswd /media//etc/passwd /media/%2fetc/passwd
/media/news/news.jpg%00 /media/news/%00 /media/news/news.jpg%00.md /media/%00/news.jpg
/media/news%00/news.jpg /media/news/news.md /media/news/../news.md /media/news/NEWS.jpg
/media/news/secret.jpg /media/news/other.jpg /media/news/unlisted.svg /media/news/ /media/news
/media/ /media /media/news/news.jpg/ /media/news/news.jpg/x /media/news/./news.jpg
/media/news/news/news.jpg /media/./news/news.jpg /media/news/news%2fnews.jpg
/media/news/news%2ejpg%20 /media/news/%20news.jpg /media/news/news.jpg%0a
/media/news/news.jpg%0d%0aX:%20y
/media/news/C:%5cwindows%5cwin.ini /media/news/%5c%5chost%5cshare /media/news/~root
/media/news/.htaccess /media/news/%ff%fe /media/%ff/news.jpg /media/news/*.jpg /media/*/news.jpg
/media/other/news.jpg /media/draft/draft.jpg /media/'%20OR%201=1--/news.jpg
/logo/../feedsvc.toml /logo/%2e%2e /logo/%00 /logo/..%2ffeedsvc.toml /logo/icon.png /logo/
""".split()


@pytest.mark.usefixtures("served")
def test_hostile_addresses_are_404_and_nothing_is_opened(
    client: FlaskClient, opened: deque[str]
) -> None:
    fetch(client, "/media/unknown/unknown.jpg")  # which loads the error page
    opened.clear()
    fetch(client, URL)
    assert any(path.endswith("news/news.jpg") for path in opened)  # it hears
    for url in [*HOSTILE, f"/media/news/{'a' * 5000}.jpg", f"/media/{'../' * 50}etc/passwd"]:
        opened.clear()
        answer = fetch(client, url)
        assert (url, answer.status_code) == (url, 404)
        assert (url, list(opened)) == (url, [])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("served")
@hypothesis_settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(max_size=30) | st.binary(max_size=20), entry_id=st.just("news") | st.text())
def test_any_address_below_media_is_404(
    client: FlaskClient, name: str | bytes, entry_id: str
) -> None:
    for part in (name, f"../{name!r}"):
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        identity = quote(entry_id.encode("utf-8", "surrogatepass"), safe="")
        answer = fetch(client, f"/media/{identity}/{quote(data, safe='')}")
        assert answer.status_code == 404


def test_a_file_that_becomes_a_link_out_is_404(
    client: FlaskClient, served: Newsroom, tmp_path: Path, opened: deque[str]
) -> None:
    (tmp_path / "outside.jpg").write_bytes(b"secret")
    fetch(client, "/media/unknown/unknown.jpg")
    photo = served.settings.entries / "news" / "news.jpg"
    photo.unlink()
    photo.symlink_to(tmp_path / "outside.jpg")
    opened.clear()
    assert fetch(client, URL).status_code == 404
    assert list(opened) == []


def test_a_folder_that_becomes_a_link_out_is_404(
    client: FlaskClient, served: Newsroom, tmp_path: Path
) -> None:
    folder = served.settings.entries / "news"
    folder.rename(tmp_path / "news")
    folder.symlink_to(tmp_path / "news")
    assert fetch(client, URL).status_code == 404


@pytest.mark.parametrize("instead", ["nothing", "folder", "pipe"])
def test_a_file_that_is_gone_since_is_404(
    client: FlaskClient, served: Newsroom, instead: str
) -> None:
    photo = served.settings.entries / "news" / "news.jpg"
    photo.unlink()
    if instead == "folder":
        photo.mkdir()
    elif instead == "pipe":
        os.mkfifo(photo)
    assert fetch(client, URL).status_code == 404


def test_a_file_with_whatever_in_its_name_never_fails(
    client: FlaskClient, newsroom: Newsroom
) -> None:
    names = ["a\nb.zip", "a\rb.zip", "a\x01b.zip", "a\tb.zip", 'a"b.zip', "a;b.zip", "a\\b.zip"]
    body = " ".join(f"[x]({quote(name)})" for name in names)
    publish(newsroom, {"news.md": item(body=body), **dict.fromkeys(names, ARCHIVE)})
    for name in names:
        answer = fetch(client, f"/media/news/{quote(name, safe='')}")
        assert (name, answer.status_code) == (name, 200 if name.isprintable() else 404)
        assert all(value.isprintable() for value in answer.headers.values())


# The site's own


def test_the_site_s_own_pictures_are_served(
    newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    newsroom.publish({})
    logo, square = tmp_path / "our logo.PNG", tmp_path / "square.jpg"
    logo.write_bytes(picture(kind="PNG"))
    square.write_bytes(PHOTO)
    settings = replace(newsroom.settings, logo=logo, logo_square=square)
    client = build_app(settings).test_client()
    assert urls.logo_url("logo", settings) == f"{SITE}/logo/logo.png"
    for url, media_type, data in (
        ("/logo/logo.png", "image/png", logo.read_bytes()),
        ("/logo/logo_square.jpg", "image/jpeg", PHOTO),
    ):
        answer = fetch(client, url)
        assert (answer.status_code, answer.data) == (200, data)
        assert answer.headers["Content-Type"] == media_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        again = fetch(client, url, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    for url in ("/logo/icon.png", "/logo/our%20logo.PNG", "/logo/square.jpg", "/logo/logo.jpg"):
        assert fetch(client, url).status_code == 404
    logo.unlink()
    assert fetch(client, "/logo/logo.png").status_code == 404


def test_reading_needs_no_catalogue(settings: Settings) -> None:
    """Whoever only reads bytes gets the same as whoever scans."""
    lay(settings, {"news.md": item(image="p.jpg"), "p.jpg": PHOTO})
    assert read(item(image="p.jpg"), "news.md", settings) == reading(settings)


def test_a_file_that_goes_while_it_is_looked_at_is_missing(tmp_path: Path) -> None:
    for name in ("a.pdf", "a.jpg"):
        with pytest.raises(Unfit, match="media-missing"):
            inspect(str(tmp_path / name))
