"""Content codings: which one is sent, and that each is a representation of its own."""

import gzip

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc.web.representation import represent
from feedsvc.web.responses import best_coding
from tests.support.http import TYPES, get, tag

DECODE = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}


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
        ("deflate, zstd", None),
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
