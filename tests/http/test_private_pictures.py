"""Pictures over HTTP: without what they tell of places and people, and in what browsers show."""

import io
import json

import msgspec
import pytest
from flask.testing import FlaskClient
from PIL import Image

from feedsvc.media import thumbnailer
from feedsvc.media.thumbnailer import Patience
from feedsvc.model import Attachment, Entry
from feedsvc.web import media
from tests.support.files import PHOTO, fetch, open_files, publish_folder
from tests.support.newsroom import Newsroom, item
from tests.support.told_pictures import PRIVATE, SECRET, SUFFIXES, private_heic, private_jpeg, saved

URL = "/media/news/news.jpg"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for pictures that are made, however busy the machine."""
    monkeypatch.setattr(media, "LITTLE_PATIENCE", Patience(2, 60.0))


def image(newsroom: Newsroom) -> Attachment:
    found = newsroom.edition().find("news")
    assert isinstance(found, Entry)
    assert found.image
    return found.image


@pytest.mark.parametrize("kind", PRIVATE)
def test_the_original_tells_nothing_private_and_is_as_long_as_it_says(
    newsroom: Newsroom, client: FlaskClient, kind: str
) -> None:
    name = f"news{SUFFIXES[kind]}"
    publish_folder(newsroom, {"news.md": item(), f"news/{name}": PRIVATE[kind]()})
    response = fetch(client, f"/media/news/{name}")
    assert response.status_code == 200
    assert SECRET not in response.data
    assert image(newsroom).length == len(response.data) == int(response.headers["Content-Length"])
    Image.open(io.BytesIO(response.data)).load()
    # Feeds tell the same length.
    assert f'length="{len(response.data)}"' in fetch(client, "/feeds/atom.xml").text
    head = fetch(client, f"/media/news/{name}", method="HEAD")
    assert head.headers["Content-Length"] == response.headers["Content-Length"]


def test_ranges_and_validators_are_of_what_is_sent(newsroom: Newsroom, client: FlaskClient) -> None:
    data = private_jpeg()
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": data})
    whole = fetch(client, URL)
    length = len(whole.data)
    for start in (0, 1, 20, 100, length - 5):
        part = fetch(client, URL, headers={"Range": f"bytes={start}-{start + 30}"})
        assert part.status_code == 206
        assert part.data == whole.data[start : start + 31]
        assert part.headers["Content-Range"].endswith(f"/{length}")
    suffix = fetch(client, URL, headers={"Range": "bytes=-7"})
    assert suffix.data == whole.data[-7:]
    beyond = fetch(client, URL, headers={"Range": f"bytes={length}-"})
    assert beyond.status_code == 416
    tag = whole.headers["ETag"]
    assert fetch(client, URL, headers={"If-None-Match": tag}).status_code == 304
    assert fetch(client, URL).headers["ETag"] == tag


def test_what_is_private_decides_the_tag(newsroom: Newsroom, client: FlaskClient) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": PHOTO})
    plain = fetch(client, URL)
    assert plain.data == PHOTO
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": PHOTO + b"film"})
    cut = fetch(client, URL)
    assert cut.data == PHOTO
    assert cut.headers["ETag"] != plain.headers["ETag"]


def test_a_photograph_that_took_the_place_of_another_is_cleaned_at_once(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": PHOTO})
    assert fetch(client, URL).data == PHOTO
    (newsroom.settings.entries / "news/news.jpg").write_bytes(private_jpeg())
    response = fetch(client, URL)
    assert response.status_code == 200
    assert SECRET not in response.data
    Image.open(io.BytesIO(response.data)).load()


def test_one_that_nobody_can_judge_is_not_sent(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": PHOTO})
    attacked = b"\xff\xd8" + b"\xff\xe5\0\2\xff\xfe\0\2" * 200_000
    (newsroom.settings.entries / "news/news.jpg").write_bytes(attacked)
    assert fetch(client, URL).status_code == 404

    def busy(*_: object) -> None:
        raise thumbnailer.Busy

    (newsroom.settings.entries / "news/news.jpg").write_bytes(private_jpeg())
    monkeypatch.setattr(thumbnailer.Thumbnailer, "find", busy)
    response = fetch(client, URL)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(media.RETRY_AFTER)


def test_a_picture_from_a_phone_is_sent_as_jpeg(newsroom: Newsroom, client: FlaskClient) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.heic": private_heic()})
    response = fetch(client, URL)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    made = Image.open(io.BytesIO(response.data))
    assert made.size == (64, 48)
    assert not {"exif", "xmp", "comment"} & made.info.keys()
    assert SECRET not in response.data
    assert fetch(client, URL).headers["ETag"] == response.headers["ETag"]
    assert fetch(client, "/preview/480/news/news.jpg").status_code == 200
    assert fetch(client, "/media/news/news.heic").status_code == 404
    (item_,) = json.loads(fetch(client, "/feeds/feed.json").data)["items"]
    (file,) = item_["attachments"]
    assert "size_in_bytes" not in file
    assert file["mime_type"] == "image/jpeg"
    atom = fetch(client, "/feeds/atom.xml").text
    assert 'rel="enclosure" type="image/jpeg"/>' in atom
    assert fetch(client, "/feeds/rss.xml").text.count('length="0"') == 1


def test_a_picture_of_sixty_megapixels_is_shown_smaller(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    large = saved("JPEG", Image.new("RGB", (10_000, 6_000), "#0b57a4"), quality=30)
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": large})
    response = fetch(client, URL)
    assert Image.open(io.BytesIO(response.data)).size == (4096, 2458)
    assert (image(newsroom).width, image(newsroom).height) == (4096, 2458)


def test_who_cannot_wait_for_a_picture_that_is_converted_is_told_when_to_ask_again(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.tif": saved("TIFF")})

    def busy(*_: object) -> None:
        raise thumbnailer.Busy

    monkeypatch.setattr(thumbnailer.Thumbnailer, "find", busy)
    for path in (URL, "/preview/480/news/news.jpg"):
        response = fetch(client, path)
        assert response.status_code == 503, path
        assert response.headers["Retry-After"] == str(media.RETRY_AFTER)


def test_one_that_cannot_be_converted_is_not_there(newsroom: Newsroom, client: FlaskClient) -> None:
    tiff = saved("TIFF")
    publish_folder(newsroom, {"news.md": item(), "news/news.tif": tiff})
    (newsroom.settings.entries / "news/news.tif").write_bytes(tiff[:100])
    assert fetch(client, URL).status_code == 404


def test_no_file_stays_open(newsroom: Newsroom, client: FlaskClient) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": private_jpeg()})
    fetch(client, URL)
    before = len(open_files())
    for _ in range(5):
        fetch(client, URL)
        fetch(client, URL, headers={"Range": "bytes=1-3"})
        fetch(client, URL, headers={"Range": "bytes=999999-"})
        fetch(client, URL, method="HEAD")
    assert len(open_files()) == before


def test_edits_are_kept_with_the_entry(newsroom: Newsroom) -> None:
    publish_folder(newsroom, {"news.md": item(), "news/news.jpg": private_jpeg()})
    kept = image(newsroom)
    assert kept.edits
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Attachment) == kept
