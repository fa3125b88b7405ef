"""Pictures and attachments over HTTP: what is served, to whom, and with which headers."""

import errno
import os
import socket
import sys
import threading
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Literal
from unicodedata import normalize
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc import clock, urls
from feedsvc.app import build_app
from feedsvc.model import Entry
from feedsvc.web import freshness
from tests.support.files import ARCHIVE, PDF, PHOTO, SVG, fetch, open_files, picture, publish_folder
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, SetClock, item


@pytest.fixture
def served(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """Publish entries of every status, each with a picture and a document."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    texts = {
        "news": item(),
        "other": item("Other"),
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
    publish_folder(newsroom, files)
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
    response = fetch(client, f"/media/news/{name}")
    assert (response.status_code, response.data) == (200, data)
    assert response.headers["Content-Type"] == media_type
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Disposition"].partition(";")[0] == disposition
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert response.headers["Referrer-Policy"]


def tagged(client: FlaskClient) -> tuple[str, str]:
    headers = fetch(client, URL).headers
    return headers["ETag"], headers["Last-Modified"]


@pytest.mark.usefixtures("served")
def test_a_client_that_has_the_file_gets_304(client: FlaskClient) -> None:
    tag, modified = tagged(client)
    assert not tag.startswith("W/")
    for name, value in (("If-None-Match", tag), ("If-Modified-Since", modified)):
        response = fetch(client, URL, headers={name: value})
        assert (response.status_code, response.data) == (304, b"")
        assert response.headers["ETag"] == tag
        assert response.headers["Cache-Control"] == "public, max-age=300"
    assert fetch(client, URL, headers={"If-None-Match": '"other"'}).status_code == 200


def test_another_content_has_another_tag(client: FlaskClient, served: Newsroom) -> None:
    tag, _ = tagged(client)
    (served.settings.entries / "news/news.jpg").write_bytes(picture((8, 8)))
    response = fetch(client, URL, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["ETag"] != tag


def test_validators_are_of_the_content_wherever_and_whenever_it_was_copied(
    client: FlaskClient, served: Newsroom, set_clock: SetClock
) -> None:
    before = tagged(client)
    set_clock(NOW + 600 * SECOND)
    photo = served.settings.entries / "news/news.jpg"
    copy = photo.with_name("copy")
    copy.write_bytes(PHOTO)
    copy.replace(photo)
    os.utime(photo, (2_000_000_000, 2_000_000_000))
    assert tagged(client) == before
    assert fetch(client, "/media/other/other.jpg").headers["ETag"] == before[0]


@pytest.mark.usefixtures("served")
def test_a_range_is_answered_with_just_those_bytes(client: FlaskClient) -> None:
    for span, start, end in (
        ("0-0", 0, 1),
        ("10-19", 10, 20),
        ("600-", 600, None),
        ("-5", -5, None),
        ("0-99999", 0, None),
    ):
        response = fetch(client, URL, headers={"Range": f"bytes={span}"})
        part = PHOTO[start:end]
        assert (response.status_code, response.data) == (206, part), span
        assert response.headers["Content-Length"] == str(len(part)), span
        first = start % len(PHOTO)
        last = first + len(part) - 1
        assert response.headers["Content-Range"] == f"bytes {first}-{last}/{len(PHOTO)}", span


@pytest.mark.usefixtures("served")
def test_a_range_is_sent_only_if_the_file_is_still_the_same(client: FlaskClient) -> None:
    tag, modified = tagged(client)
    for condition, status in ((tag, 206), (modified, 206), ('"other"', 200)):
        response = fetch(client, URL, headers={"Range": "bytes=0-4", "If-Range": condition})
        assert response.status_code == status
        assert response.data == (PHOTO[:5] if status == 206 else PHOTO)


@pytest.mark.usefixtures("served")
def test_a_range_beyond_the_end_is_416(client: FlaskClient) -> None:
    for span in ("99999-", "99999-100000"):
        response = fetch(client, URL, headers={"Range": f"bytes={span}"})
        assert response.status_code == 416, span
        assert response.headers["Content-Range"] == f"bytes */{len(PHOTO)}", span
        assert response.headers["X-Content-Type-Options"] == "nosniff", span


@pytest.mark.usefixtures("served")
def test_an_invalid_range_is_416_or_ignored(client: FlaskClient) -> None:
    # RFC 9110 section 14.2 allows both.
    response = fetch(client, URL, headers={"Range": "bytes=5-2"})
    assert response.status_code in (416, 200)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("served")
def test_head_gets_the_same_headers_without_the_bytes(client: FlaskClient) -> None:
    whole, head = fetch(client, URL), fetch(client, URL, method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert {**head.headers, "Date": ""} == {**whole.headers, "Date": ""}


@pytest.mark.usefixtures("served")
def test_a_file_can_only_be_read(client: FlaskClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert fetch(client, URL, method=method).status_code == 405, method


@pytest.mark.usefixtures("served")
def test_only_the_files_of_public_entries_are_served(client: FlaskClient) -> None:
    for entry_id in ("draft", "withdrawn", "later", "unknown"):
        for suffix in ("jpg", "zip"):
            path = f"/media/{entry_id}/{entry_id}.{suffix}"
            assert fetch(client, path).status_code == 404, path


def test_files_are_served_for_as_long_as_their_entry_is_public(
    client: FlaskClient, served: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch(client, URL).status_code == 200
    served.apply({}, gone=["news.md"])
    assert fetch(client, URL).status_code == 404
    monkeypatch.setattr(clock, "now", lambda: NOW + 2 * 86400 * SECOND)
    assert fetch(client, "/media/later/later.jpg").status_code == 200


@pytest.fixture(scope="module")
def opened() -> deque[str]:
    """Return the paths of the files that this thread opens and of the folders that it lists.

    An audit hook cannot be removed, so there is one for the module.
    """
    opened: deque[str] = deque(maxlen=100)
    thread = threading.get_ident()

    def record(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("open", "os.listdir", "os.scandir") and threading.get_ident() == thread:
            opened.append(str(arguments[0]))

    sys.addaudithook(record)
    return opened


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
    fetch(client, "/media/unknown/unknown.jpg")  # loads the error page
    opened.clear()
    fetch(client, URL)
    assert "news.jpg" in opened  # the hook works
    for url in [*HOSTILE, f"/media/news/{'a' * 5000}.jpg", f"/media/{'../' * 50}etc/passwd"]:
        opened.clear()
        response = fetch(client, url)
        assert (url, response.status_code) == (url, 404)
        assert (url, list(opened)) == (url, [])
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("examples", [60, pytest.param(200, marks=pytest.mark.long)])
def test_any_other_address_below_media_is_404(client: FlaskClient, examples: int) -> None:
    @hypothesis_settings(max_examples=examples)
    @given(name=st.text(max_size=30) | st.binary(max_size=20), entry_id=st.just("news") | st.text())
    def check(name: str | bytes, entry_id: str) -> None:
        for part in (name, f"../{name!r}"):
            data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
            identity = quote(entry_id.encode("utf-8", "surrogatepass"), safe="")
            response = fetch(client, f"/media/{identity}/{quote(data, safe='')}")
            assert response.status_code == 404

    check()


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


def test_a_link_that_stays_in_the_folder_is_followed(client: FlaskClient, served: Newsroom) -> None:
    folder = served.settings.entries
    photo = folder / "news" / "news.jpg"
    photo.rename(folder / "elsewhere.jpg")
    for target in ("../elsewhere.jpg", str(folder / "elsewhere.jpg")):
        photo.symlink_to(target)
        assert fetch(client, URL).data == PHOTO
        photo.unlink()


@pytest.mark.parametrize("instead", ["nothing", "folder", "pipe", "socket"])
def test_a_file_that_is_no_longer_there_is_404(
    client: FlaskClient, served: Newsroom, instead: str
) -> None:
    photo = served.settings.entries / "news" / "news.jpg"
    photo.unlink()
    if instead == "folder":
        photo.mkdir()
    elif instead == "pipe":
        os.mkfifo(photo)
    elif instead == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.path.relpath(photo))
    assert fetch(client, URL).status_code == 404


@pytest.mark.usefixtures("served")
def test_a_file_that_cannot_be_read_is_404(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    assert fetch(client, "/media/unknown/unknown.jpg").status_code == 404
    before = open_files()
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", refuse)
        assert fetch(client, URL).status_code == 404
    assert open_files() == before
    assert fetch(client, URL).status_code == 200


def test_no_character_in_a_name_makes_a_response_fail(
    client: FlaskClient, newsroom: Newsroom
) -> None:
    names = ["a\nb.zip", "a\rb.zip", "a\x01b.zip", "a\tb.zip", 'a"b.zip', "a;b.zip", "a\\b.zip"]
    body = " ".join(f"[x]({quote(name)})" for name in names)
    publish_folder(newsroom, {"news.md": item(body=body), **dict.fromkeys(names, ARCHIVE)})
    for name in names:
        response = fetch(client, f"/media/news/{quote(name, safe='')}")
        assert (name, response.status_code) == (name, 200 if name.isprintable() else 404)
        assert all(value.isprintable() for value in response.headers.values())


def test_the_sites_own_pictures_are_served(
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
        response = fetch(client, url)
        assert (response.status_code, response.data) == (200, data)
        assert response.headers["Content-Type"] == media_type
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        again = fetch(client, url, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
    for url in ("/logo/icon.png", "/logo/our%20logo.PNG", "/logo/square.jpg", "/logo/logo.jpg"):
        assert fetch(client, url).status_code == 404
    logo.unlink()
    assert fetch(client, "/logo/logo.png").status_code == 404


def test_names_may_be_in_any_language_and_with_spaces(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    names = "Фото двора №1.JPG/a b.jpg/50%.jpg/a&b.jpg/it's #1.jpg/ёй.jpg/a+b?.jpg".split("/")
    body = " ".join(f"![]({quote(name)})" for name in names)
    publish_folder(newsroom, {"news.md": item(body=body), **dict.fromkeys(names, PHOTO)})
    found = newsroom.edition().find("news")
    assert isinstance(found, Entry)
    for name in names:
        path = f"/media/news/{quote(name, safe='')}"
        assert f'src="\ufdd0{path}" alt="" width="40" height="30"' in found.html, name
        assert fetch(client, path).data == PHOTO, name


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_has_one_address_in_whichever_form_it_is_stored(
    newsroom: Newsroom, client: FlaskClient, form: Literal["NFC", "NFD"]
) -> None:
    stored = normalize(form, "Ёлка и йог.jpg")
    publish_folder(newsroom, {"news.md": item(image="Ёлка и йог.jpg"), stored: PHOTO})
    found = newsroom.edition().find("news")
    assert isinstance(found, Entry)
    assert found.image is not None
    assert found.image.name == normalize("NFC", "Ёлка и йог.jpg")
    for asked in ("NFC", "NFD"):
        path = f"/media/news/{quote(normalize(asked, 'Ёлка и йог.jpg'))}"
        assert fetch(client, path).data == PHOTO, asked
