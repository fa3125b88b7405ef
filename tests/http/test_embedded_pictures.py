"""Pictures in documents over HTTP: the same as files beside a text."""

import shutil
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.settings import Settings
from tests.support.files import fetch, publish_folder, publish_what_is_there
from tests.support.folder import old
from tests.support.newsroom import NOW, SECOND, Newsroom
from tests.support.word import DATE, docx, paragraph, picture, png

BIG = png(1600, 900, "green")
HEAD = paragraph("Каток открыт") + paragraph("24 июня 2026")
DOCUMENT = docx(
    paragraph(picture("a", "Каток")),
    paragraph("Текст новости."),
    paragraph(picture("b", "Лёд")),
    head=HEAD,
    targets={"a": "media/a.png", "b": "media/b.png"},
    files={"word/media/a.png": BIG, "word/media/b.png": png()},
)
URL = "/media/news/b.png"


@pytest.fixture
def served(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    publish_folder(newsroom, {"news.docx": DOCUMENT})
    return newsroom


@pytest.mark.usefixtures("served")
def test_a_picture_is_served_with_type_tag_ranges_and_validators(client: FlaskClient) -> None:
    response = fetch(client, URL)
    assert (response.status_code, response.data) == (200, png())
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Length"] == str(len(png()))
    tag = response.headers["ETag"]
    assert fetch(client, URL, {"If-None-Match": tag}).status_code == 304
    part = fetch(client, URL, {"Range": "bytes=1-3"})
    assert (part.status_code, part.data) == (206, b"PNG")
    assert fetch(client, "/media/news/c.png").status_code == 404
    assert fetch(client, "/media/news/news.docx").status_code == 404


@pytest.mark.usefixtures("served")
def test_page_and_feeds_show_it_and_its_thumbnail_is_smaller(client: FlaskClient) -> None:
    page = fetch(client, "/presscenter/news/detail/news.html").text
    assert 'alt="Лёд" src="/media/news/b.png"' in page
    assert "/preview/800/news/a.png" in page
    thumbnail = fetch(client, "/preview/480/news/a.png")
    assert thumbnail.headers["Content-Type"] == "image/jpeg"
    with Image.open(BytesIO(thumbnail.data)) as made:
        assert made.size == (480, 270)
    assert "/media/news/a.png" in fetch(client, "/feeds/atom.xml").text


def test_the_bytes_are_the_same_without_the_instance_folder(
    client: FlaskClient, served: Newsroom, settings: Settings
) -> None:
    before = fetch(client, URL)
    served.writer.close()
    shutil.rmtree(settings.instance)
    settings.instance.mkdir()
    again = Newsroom(settings)
    publish_what_is_there(again, NOW - 3600 * SECOND)
    after = fetch(build_app(settings).test_client(), URL)
    assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])
    again.writer.close()


@pytest.mark.usefixtures("served")
def test_a_picture_that_is_gone_from_the_document_is_404_and_one_that_stayed_is_served(
    client: FlaskClient, settings: Settings
) -> None:
    old(settings.entries / "news.docx", docx(files={"word/media/b.png": png()}, head=DATE))
    assert fetch(client, URL).data == png()
    assert fetch(client, "/media/news/a.png").status_code == 404
    old(settings.entries / "news.docx", b"PK\x05\x06")
    assert fetch(client, URL).status_code == 404
