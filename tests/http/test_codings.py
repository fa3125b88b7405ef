"""Content codings: which one is sent, and that each is a representation of its own."""

import gzip

import brotli
import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient

from feedsvc.web.representation import CONTENT_CODINGS, represent
from feedsvc.web.responses import best_coding
from tests.support.http import TYPES, get, tag

DECODE = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": zstandard.decompress,
    None: bytes,
}


@pytest.mark.usefixtures("published")
def test_each_coding_has_a_strong_entity_tag_of_its_own(client: FlaskClient) -> None:
    for url in TYPES:
        plain, encoded = get(client, url), get(client, url, "gzip")
        assert tag(encoded) == f'{tag(plain)[:-1]}.gzip"', url
        assert not tag(plain).startswith("W/"), url
        assert encoded.headers["Content-Encoding"] == "gzip", url
        assert gzip.decompress(encoded.data) == plain.data, url
        assert len(encoded.data) < len(plain.data), url


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip;q=0.9, br;q=0.8", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br"),
        ("gzip;q=0.001", "gzip"),
        ("*", "br"),
        ("*;q=0.5", "br"),
        ("br;q=0, *", "gzip"),
        ("identity;q=0, *", "br"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.4", None),
        ("gzip;q=0", None),
        ("gzip;q=0, *", "br"),
        ("gzip;q=0, br;q=0, *;q=1", None),
        ("*;q=0", None),
        # Neither can be sent; better the plain bytes than none (RFC 9110 section 12.5.3).
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0", None),
        ("x", None),
        ("deflate, zstd", "zstd"),
        ("gzip, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("gzip, zstd;q=0.9", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("Zstd", "zstd"),
        ("gzipped", None),
        (";;,=", None),
    ],
)
@pytest.mark.usefixtures("published")
def test_the_coding_that_the_client_likes_best_is_sent(
    client: FlaskClient, accepted: str | None, coding: str | None
) -> None:
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    for url in TYPES:
        response = client.get(url, headers=headers)
        assert response.headers.get("Content-Encoding") == coding, url
        assert "Accept-Encoding" in response.headers["Vary"].split(", "), url
        assert DECODE[coding](response.data) == get(client, url).data, url


def test_a_body_that_no_coding_shortens_is_sent_plain() -> None:
    with Flask(__name__).test_request_context(headers={"Accept-Encoding": "br, gzip"}):
        assert best_coding(represent(b"short", "text/plain"))[0] == "identity"
        assert best_coding(represent(b"long " * 50, "text/plain"))[0] == "br"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, br, zstd", "zstd"), ("gzip, br", "br"), ("*", "br"), ("br, zstd;q=0.9", "br")],
)
def test_a_large_text_is_sent_as_zstd_to_clients_that_name_it(accepted: str, coding: str) -> None:
    with Flask(__name__).test_request_context(headers={"Accept-Encoding": accepted}):
        document = represent(
            b"".join(b"line %d\n" % number for number in range(9000)), "text/plain"
        )
        chosen, body = best_coding(document)
        assert (chosen, DECODE[chosen](body)) == (coding, document.body)


@pytest.mark.parametrize("size", [0, 10, 16_384, 16_385, 65_535, 65_536, 9_000_000])
def test_each_coding_gives_the_text_back_whatever_its_size(size: int) -> None:
    text = (b"A line of a text, and another one. %d\n" * (size // 30))[:size]
    for coding, encode in CONTENT_CODINGS.items():
        assert DECODE[coding](encode(text)) == text
    # RFC 9659: no client need decode more.
    frame = zstandard.get_frame_parameters(CONTENT_CODINGS["zstd"](text))
    assert frame.window_size <= 8 * 1024 * 1024
