"""Small forms of pictures: as they are seen, never more than was asked for, never in the way."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from feedsvc.edition import Edition
from feedsvc.media.thumbnails import (
    LARGE,
    SMALL,
    WIDTHS,
    has_thumbnail,
    picture_path,
    picture_variants,
    thumbnail_size,
)
from feedsvc.model import Attachment, Entry
from feedsvc.pages import html as pages
from tests.support.attacks import parsed
from tests.support.files import PDF, PHOTO, picture
from tests.support.newsroom import Newsroom, item
from tests.unit.media.test_media import fetch, publish

RED, BLUE = (254, 0, 0), (0, 0, 254)


def halves(kind: str, mode: str = "RGB", orientation: int | None = None) -> bytes:
    """Make a picture of 2,000 by 1,000 whose left half is red, and whose right one is blue."""
    made = Image.new(mode, (2000, 1000), RED if mode == "RGB" else (*RED, 0))
    made.paste(BLUE if mode == "RGB" else (*BLUE, 255), (1000, 0, 2000, 1000))
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    data = io.BytesIO()
    made.save(data, kind, exif=exif)
    return data.getvalue()


def opened(answer: TestResponse) -> Image.Image:
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    return Image.open(io.BytesIO(answer.data))


def is_near(seen: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(one - other) < 12 for one, other in zip(seen, wanted, strict=True))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_as_wide_as_was_asked_and_shows_the_same(
    newsroom: Newsroom, client: FlaskClient, kind: str, width: int
) -> None:
    name = f"news.{kind.lower()}"
    publish(newsroom, {"news.md": item(), f"news/{name}": halves(kind)})
    made = opened(fetch(client, f"/preview/{width}/news/{name}"))
    assert made.size == (width, width // 2)
    assert is_near(made.getpixel((10, 10)), RED)
    assert is_near(made.getpixel((width - 10, 10)), BLUE)


def test_a_picture_lies_as_the_camera_was_held_and_says_nothing_of_it(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    publish(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG", orientation=6)})
    made = opened(fetch(client, f"/preview/{SMALL}/news/news.jpg"))
    assert made.size == (SMALL, 2 * SMALL)
    assert is_near(made.getpixel((100, 10)), RED)
    assert is_near(made.getpixel((100, 2 * SMALL - 10)), BLUE)
    assert not made.getexif()


@pytest.mark.parametrize("size", [(2000, 1000), (1000, 2000), (10, 3000), (3000, 10), (480, 480)])
def test_the_size_that_a_page_tells_is_that_of_the_form(
    newsroom: Newsroom, client: FlaskClient, size: tuple[int, int]
) -> None:
    publish(newsroom, {"news.md": item(), "news/news.jpg": picture(size)})
    found = newsroom.edition().find("news")
    assert isinstance(found, Entry)
    assert found.image
    shown = fetch(client, picture_path("news", found.image, SMALL))
    assert opened(shown).size == thumbnail_size(found.image, SMALL)


def test_what_is_transparent_becomes_white(newsroom: Newsroom, client: FlaskClient) -> None:
    publish(newsroom, {"news.md": item(), "news/news.png": halves("PNG", "RGBA")})
    made = opened(fetch(client, f"/preview/{SMALL}/news/news.png"))
    assert is_near(made.getpixel((10, 10)), (255, 255, 255))
    assert is_near(made.getpixel((SMALL - 10, 10)), BLUE)


def test_what_is_cut_off_is_given_as_it_is(newsroom: Newsroom, client: FlaskClient) -> None:
    cut = halves("PNG")[:3000]
    publish(newsroom, {"news.md": item(), "news/news.png": cut})
    answer = fetch(client, f"/preview/{SMALL}/news/news.png")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.data == cut


def test_what_has_become_another_kind_of_picture_is_not_looked_into(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    publish(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    other = halves("TIFF")
    (newsroom.settings.entries / "news/news.jpg").write_bytes(other)
    assert fetch(client, f"/preview/{SMALL}/news/news.jpg").data == other


def test_whoever_has_a_small_form_is_told_so(newsroom: Newsroom, client: FlaskClient) -> None:
    publish(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    url = f"/preview/{SMALL}/news/news.jpg"
    tag = fetch(client, url).headers["ETag"]
    assert fetch(client, url, headers={"If-None-Match": tag}).status_code == 304
    (newsroom.settings.entries / "news/news.jpg").write_bytes(picture((3000, 300)))
    answer = fetch(client, url, headers={"If-None-Match": tag})
    assert opened(answer).size == (SMALL, SMALL // 10)


@pytest.mark.parametrize(
    "path",
    [
        f"/preview/{SMALL}/news/plan.pdf",
        f"/preview/{SMALL}/news/none.jpg",
        "/preview/481/news/news.jpg",
        "/preview/99999999999/news/news.jpg",
        f"/preview/{SMALL}/draft/draft.jpg",
        f"/preview/{SMALL}/gone/gone.jpg",
        f"/preview/{SMALL}/later/later.jpg",
        f"/preview/{SMALL}/news/..%2Fdraft%2Fdraft.jpg",
    ],
)
def test_nothing_else_has_a_small_form(newsroom: Newsroom, client: FlaskClient, path: str) -> None:
    texts = {
        "news.md": item(),
        "draft.md": item(status="draft"),
        "gone.md": item(status="withdrawn"),
        "later.md": item(date="2999-01-01"),
    }
    files = {f"{name[:-3]}/{name[:-3]}.jpg": PHOTO for name in texts}
    publish(newsroom, texts | files | {"news/plan.pdf": PDF})
    assert fetch(client, path).status_code == 404


@pytest.mark.parametrize(
    ("name", "width", "height", "length", "small", "large"),
    [
        ("a.jpg", 480, 300, 40_000, "/media/x/a.jpg", "/media/x/a.jpg"),
        ("a.jpg", 480, 300, 40_001, "/preview/480/x/a.jpg", "/media/x/a.jpg"),
        ("a.jpg", 1201, 900, 1, "/preview/480/x/a.jpg", "/preview/1200/x/a.jpg"),
        ("а б.png", 3000, 2000, 1, "/preview/480/x/%D0%B0%20%D0%B1.png", None),
        ("a.jpg", 8000, 6000, 1, "/preview/480/x/a.jpg", "/preview/1200/x/a.jpg"),
        # It would have to be unpacked whole.
        ("a.png", 8000, 6000, 1, "/media/x/a.png", "/media/x/a.png"),
    ],
)
def test_what_is_light_or_would_cost_much_is_shown_as_it_is(  # noqa: PLR0913, PLR0917 - a table
    name: str, width: int, height: int, length: int, small: str, large: str | None
) -> None:
    file = Attachment(name, f"x/{name}", "image/x", length, width, height)
    assert picture_path("x", file, SMALL) == small
    assert picture_path("x", file, LARGE) == (large or small.replace("480", "1200"))


@pytest.mark.parametrize(
    ("name", "width", "height", "length", "forms"),
    [
        ("a.jpg", 480, 300, 40_000, {480: "/media/x/a.jpg"}),
        # As wide as the widest form, and far more than a phone needs.
        (
            *("a.jpg", 1200, 800, 172_000),
            {480: "/preview/480/x/a.jpg", 800: "/preview/800/x/a.jpg", 1200: "/media/x/a.jpg"},
        ),
        # The small form and the picture are equally wide.
        (
            *("a.jpg", 700, 500, 150_000),
            {480: "/preview/480/x/a.jpg", 700: "/preview/800/x/a.jpg"},
        ),
        ("a.png", 8000, 6000, 1, {8000: "/media/x/a.png"}),
    ],
)
def test_a_browser_may_choose_from_forms_of_different_widths(
    name: str, width: int, height: int, length: int, forms: dict[int, str]
) -> None:
    file = Attachment(name, f"x/{name}", "image/x", length, width, height)
    assert list(picture_variants("x", file).items()) == list(forms.items())


def test_a_document_has_no_small_form() -> None:
    assert not has_thumbnail(Attachment("a.pdf", "a.pdf", "application/pdf", 1))


def test_a_small_form_is_made_once(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(newsroom, {"news.md": item(), "news/news.jpg": halves("JPEG")})
    counted: list[object] = []
    plain: Callable[..., Image.Image] = Image.open

    def count(*names: object, **options: object) -> Image.Image:
        counted.append(names)
        return plain(*names, **options)

    monkeypatch.setattr(Image, "open", count)
    for _ in range(3):
        assert fetch(client, f"/preview/{SMALL}/news/news.jpg").status_code == 200
    assert len(counted) == 1


def test_pages_show_small_forms_and_link_the_picture_itself(newsroom: Newsroom) -> None:
    body = "Text ![чертёж](news/plan.png)"
    photo, plan = halves("JPEG"), halves("PNG")
    files = {"news.jpg": photo, "news/plan.png": plan}
    publish(newsroom, {"news.md": item(body=body, image="news.jpg")} | files)
    edition: Edition = newsroom.edition()
    found = edition.find("news")
    assert isinstance(found, Entry)
    root = parsed(pages.entry(found, edition.neighbours(found), newsroom.settings).decode())
    (figure,) = root.xpath("//figure/a")
    assert figure.get("href") == "/media/news/news.jpg"
    assert figure[0].get("src") == f"/preview/{LARGE}/news/news.jpg"
    assert figure[0].get("srcset") == (
        "/preview/480/news/news.jpg 480w, /preview/800/news/news.jpg 800w,"
        " /preview/1200/news/news.jpg 1200w"
    )
    assert root.xpath("//p/img/@src") == [f"/preview/{LARGE}/news/plan.png"]
    home = parsed(pages.home(edition, newsroom.settings).decode())
    assert home.xpath("//article/img/@src") == [f"/preview/{SMALL}/news/news.jpg"]
