"""QR codes."""

from urllib.parse import unquote

import pytest

from feedsvc.pages import qr
from tests.support.qr_codes import SCALE, drawn, read

ADDRESS = "https://chertanovo-juzhnoe.mos.ru/feeds/atom.xml"


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        "http://127.0.0.1:8000/feeds/category/blagoustroystvo-dvorov/atom.xml",
        "https://news.example/feeds/search/%D0%B4%D0%B2%D0%BE%D1%80/atom.xml",
        f"https://news.example/{'a' * (qr.MAX_ADDRESS - 21)}",
    ],
)
def test_a_qr_code_is_read_as_the_address(address: str) -> None:
    svg = qr.svg(address)
    assert svg is not None
    assert read(drawn(svg)) == [address]


def test_an_address_that_is_too_long_has_no_code() -> None:
    address = f"https://news.example/{'a' * qr.MAX_ADDRESS}"
    assert (qr.svg(address), qr.data_url(address)) == (None, None)


def test_a_data_url_holds_the_same_picture() -> None:
    media_type, _, data = str(qr.data_url(ADDRESS)).partition(",")
    assert (media_type, unquote(data).encode()) == ("data:image/svg+xml", qr.svg(ADDRESS))
    # As it stands between quotation marks of an attribute.
    assert set(data).isdisjoint("\"<>&'# ")


def test_around_the_code_is_the_white_margin_that_the_standard_asks_for() -> None:
    picture = drawn(qr.svg(ADDRESS) or b"")
    left, top, right, bottom = picture.point(lambda value: 255 - value).getbbox() or (0, 0, 0, 0)
    margins = (left, top, picture.width - right, picture.height - bottom)
    assert margins == (4 * SCALE,) * 4
