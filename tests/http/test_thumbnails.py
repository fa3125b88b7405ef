"""Thumbnails over HTTP: reduced pictures, or the files themselves where that fails."""

import errno
import io
import os

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from feedsvc.app import build_app
from feedsvc.media import thumbnailer
from feedsvc.media.thumbnail_store import FOLDER
from feedsvc.media.thumbnailer import Patience
from feedsvc.media.thumbnails import SMALL, WIDTHS, picture_path, thumbnail_size
from feedsvc.model import Entry
from feedsvc.web.media import PATIENCE
from tests.support.colours import BLUE, RED, halves, is_near
from tests.support.files import PDF, PHOTO, fetch, picture, publish_folder
from tests.support.newsroom import Newsroom, item

URL = f"/preview/{SMALL}/news/news.jpg"


def opened(response: TestResponse) -> Image.Image:
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    return Image.open(io.BytesIO(response.data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_thumbnail_of_each_width_is_served(
    newsroom: Newsroom, client: FlaskClient, kind: str
) -> None:
    name = f"news.{kind.lower()}"
    publish_folder(newsroom, {"news.md": item(), f"news/{name}": halves(kind)})
    for width in WIDTHS:
        made = opened(fetch(client, f"/preview/{width}/news/{name}"))
        assert made.size == (width, width // 2)
        assert is_near(made.getpixel((10, 10)), RED)
        assert is_near(made.getpixel((width - 10, 10)), BLUE)


@pytest.mark.parametrize("size", [(2000, 1000), (1000, 2000), (10, 3000), (3000, 10), (480, 480)])
def test_the_size_in_a_page_is_that_of_the_picture_served(
    newsroom: Newsroom, client: FlaskClient, size: tuple[int, int]
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": picture(size)})
    found = newsroom.edition().find("news")
    assert isinstance(found, Entry)
    assert found.image
    response = fetch(client, picture_path("news", found.image, SMALL))
    assert opened(response).size == thumbnail_size(found.image, SMALL)


def test_a_picture_that_is_cut_off_is_served_as_it_is(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    cut = halves("PNG")[:3000]
    publish_folder(newsroom, {"news.md": item(), "news/news.png": cut})
    response = fetch(client, f"/preview/{SMALL}/news/news.png")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/png")
    assert response.data == cut


def test_a_picture_that_has_become_another_format_is_not_decoded(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    other = halves("TIFF")
    (newsroom.settings.entries / "news/news.jpg").write_bytes(other)
    assert fetch(client, URL).data == other


def test_a_client_that_has_the_thumbnail_gets_304(newsroom: Newsroom, client: FlaskClient) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    tag = fetch(client, URL).headers["ETag"]
    assert fetch(client, URL, headers={"If-None-Match": tag}).status_code == 304
    (newsroom.settings.entries / "news/news.jpg").write_bytes(picture((3000, 300)))
    response = fetch(client, URL, headers={"If-None-Match": tag})
    assert opened(response).size == (SMALL, SMALL // 10)


def test_nothing_else_has_a_thumbnail(newsroom: Newsroom, client: FlaskClient) -> None:
    texts = {
        "news.md": item(),
        "draft.md": item(status="draft"),
        "gone.md": item(status="withdrawn"),
        "later.md": item(date="2999-01-01"),
    }
    files = {f"{name[:-3]}/{name[:-3]}.jpg": PHOTO for name in texts}
    publish_folder(newsroom, texts | files | {"news/plan.pdf": PDF})
    assert fetch(client, URL).status_code == 200
    for path in (
        f"/preview/{SMALL}/news/plan.pdf",
        f"/preview/{SMALL}/news/none.jpg",
        "/preview/481/news/news.jpg",
        "/preview/99999999999/news/news.jpg",
        f"/preview/{SMALL}/draft/draft.jpg",
        f"/preview/{SMALL}/gone/gone.jpg",
        f"/preview/{SMALL}/later/later.jpg",
        f"/preview/{SMALL}/news/..%2Fdraft%2Fdraft.jpg",
    ):
        assert fetch(client, path).status_code == 404, path


def test_a_thumbnail_is_made_once(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    first = fetch(client, URL)
    monkeypatch.setattr(thumbnailer, "execute", None)
    restarted = build_app(newsroom.settings).test_client()
    for answer in (fetch(client, URL), fetch(restarted, URL)):
        assert answer.data == first.data
        assert answer.headers["ETag"] == first.headers["ETag"]
        assert answer.headers["Last-Modified"] == first.headers["Last-Modified"]
        assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_nothing_is_made_or_started_before_a_thumbnail_is_asked_for(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    assert fetch(client, "/media/news/news.jpg").status_code == 200
    assert not (newsroom.settings.instance / FOLDER).exists()
    assert fetch(client, URL).status_code == 200
    assert (newsroom.settings.instance / FOLDER).exists()


def test_a_picture_that_cannot_be_reduced_is_tried_once(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = halves("PNG")[:3000]
    publish_folder(newsroom, {"news.md": item(), "news/news.png": cut})
    assert fetch(client, f"/preview/{SMALL}/news/news.png").data == cut
    monkeypatch.setattr(thumbnailer, "execute", None)
    for width in WIDTHS:
        response = fetch(client, f"/preview/{width}/news/news.png")
        assert response.data == cut
        assert response.headers["Cache-Control"] == "public, max-age=300"


def test_who_cannot_wait_gets_the_picture_itself_and_nobody_keeps_it(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    response = client.get(URL, environ_overrides={PATIENCE: Patience(0, 1.0)}, buffered=True)
    assert (response.status_code, response.data) == (200, halves("JPEG"))
    assert response.headers["Cache-Control"] == "no-store"
    made = fetch(client, URL)
    kept = client.get(URL, environ_overrides={PATIENCE: Patience(0, 1.0)}, buffered=True)
    assert kept.data == made.data


def test_if_no_child_can_be_started_the_picture_itself_is_served(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})

    def refuse(*_: object, **_more: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    with monkeypatch.context() as patch:
        patch.setattr(thumbnailer, "execute", refuse)
        response = fetch(client, URL)
        assert response.data == halves("JPEG")
        assert response.headers["Cache-Control"] == "no-store"
    assert opened(fetch(client, URL)).width == SMALL


def test_browsers_that_read_webp_get_it_and_others_get_jpeg(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    accept = "image/avif,image/webp,image/apng,image/*,*/*;q=0.8"
    webp = fetch(client, URL, headers={"Accept": accept})
    assert webp.headers["Content-Type"] == "image/webp"
    assert webp.headers["Content-Disposition"] == "inline; filename=news.webp"
    assert Image.open(io.BytesIO(webp.data)).format == "WEBP"
    jpeg = fetch(client, URL, headers={"Accept": "*/*"})
    assert opened(jpeg).format == "JPEG"
    assert jpeg.headers["ETag"] != webp.headers["ETag"]
    for response in (webp, jpeg):
        assert "Accept" in response.vary
    tag = webp.headers["ETag"]
    again = fetch(client, URL, headers={"Accept": accept, "If-None-Match": tag})
    assert again.status_code == 304
    assert "Accept" in again.vary
