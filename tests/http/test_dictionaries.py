"""Feeds compressed with a version that the client has (RFC 9842)."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256

import pytest
import zstandard
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from feedsvc.web.dictionaries import Dictionaries
from tests.support.http import SECURITY
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item

ATOM = "/feeds/atom.xml"
CODINGS = "gzip, deflate, br, zstd, dcb, dcz"
LETTERS = (b"a", b"b", b"c", b"d", b"e", b"x")
# RFC 9842 section 5.
MAGIC = bytes.fromhex("5e2a4d1820000000")


@dataclass
class Client:
    """A client that keeps the last whole feed, and says that it has it."""

    client: FlaskClient
    body: bytes = b""
    tag: str = ""

    def get(self, path: str = ATOM, codings: str = CODINGS, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.body:
            named.setdefault("Available-Dictionary", self.digest())
        response = self.client.get(path, headers={"Accept-Encoding": codings} | named)
        if response.status_code == 200:
            self.body, self.tag = self.decode(response), response.headers["ETag"]
        return response

    def digest(self) -> str:
        return f":{b64encode(sha256(self.body).digest()).decode()}:"

    def decode(self, response: TestResponse) -> bytes:
        coding = response.headers.get("Content-Encoding")
        if coding != "dcz":
            decode = zstandard.decompress if coding == "zstd" else bytes
            return decode(response.data) if coding in ("zstd", None) else b""
        head, frame = response.data[:40], response.data[40:]
        assert head == MAGIC + sha256(self.body).digest()
        kind = zstandard.DICT_TYPE_RAWCONTENT
        known = zstandard.ZstdCompressionDict(self.body, dict_type=kind)
        return zstandard.ZstdDecompressor(dict_data=known).decompress(frame)


@pytest.fixture
def reader(newsroom: Newsroom, set_clock: SetClock, client: FlaskClient) -> Client:
    """Return a client that has polled once, a feed that is large."""
    set_clock(NOW + 9 * SECOND)
    text = " ".join(f"word{number}" for number in range(1000))
    newsroom.publish({f"{name}.md": item(name, body=text) for name in "abcdefghi"})
    polled = Client(client)
    response = polled.get()
    assert response.headers["Content-Encoding"] == "zstd"
    return polled


def publish_another(newsroom: Newsroom) -> None:
    newsroom.apply({"new.md": item("New", date="2026-06-30")})


def test_a_client_gets_what_is_new_against_the_version_that_it_has(
    newsroom: Newsroom, reader: Client
) -> None:
    publish_another(newsroom)
    response = reader.get()
    assert (response.status_code, response.headers["Content-Encoding"]) == (200, "dcz")
    assert reader.body == reader.client.get(ATOM).data
    assert len(response.data) < len(reader.body) // 100
    assert set(response.headers["Vary"].split(", ")) == {
        *("Accept-Encoding", "A-IM", "Available-Dictionary")
    }
    assert response.headers["Use-As-Dictionary"] == f'match="{ATOM}"'


def test_nothing_new_is_a_304_whether_or_not_the_version_is_known(reader: Client) -> None:
    assert reader.tag.startswith('W/"')
    for available in (reader.digest(), ":AAAA:", ""):
        headers = {"If-None-Match": reader.tag, "Available-Dictionary": available}
        response = reader.get(**headers)
        assert (response.status_code, response.headers["ETag"]) == (304, reader.tag)


def test_a_delta_is_compressed_with_it_too_and_takes_no_place_of_a_version(
    newsroom: Newsroom, reader: Client
) -> None:
    for number in range(2):
        newsroom.apply({f"new{number}.md": item(f"New {number}", date="2026-06-30")})
        response = reader.get(A_IM="feed", If_None_Match=reader.tag)
        assert (response.status_code, response.headers["Content-Encoding"]) == (226, "dcz")
        assert f"New {number}".encode() in reader.decode(response)
        assert b"word1" not in reader.decode(response)
        assert "Use-As-Dictionary" not in response.headers
        assert not SECURITY.keys() & set(response.headers.keys())
        assert "Available-Dictionary" in response.headers["Vary"]
        reader.tag = response.headers["ETag"]
        assert reader.get(A_IM="feed", If_None_Match=reader.tag).status_code == 304


@pytest.mark.parametrize(
    "available",
    [
        *("", ":", "::", "::::", ":x:", ":AAAA:", "AAAA", ":" + "A" * 8000 + ":", ":я:", ":AAA A:"),
        ":" + b64encode(sha256(b"other").digest()).decode() + ":",
    ],
)
def test_a_version_that_is_not_known_is_no_dictionary(
    newsroom: Newsroom, reader: Client, available: str
) -> None:
    publish_another(newsroom)
    named = available.encode().decode("latin-1")
    response = reader.get(Available_Dictionary=named)
    assert (response.status_code, response.headers["Content-Encoding"]) == (200, "zstd")
    assert reader.body == reader.client.get(ATOM).data


def test_others_see_nothing_of_it(newsroom: Newsroom, reader: Client) -> None:
    publish_another(newsroom)
    for codings in ("gzip, br, zstd", "gzip, dcz;q=0", "dcb", "*", ""):
        response = reader.client.get(
            ATOM,
            headers={"Accept-Encoding": codings, "Available-Dictionary": reader.digest()},
        )
        assert response.headers.get("Content-Encoding") != "dcz"
        assert "Use-As-Dictionary" not in response.headers
        assert "Available-Dictionary" not in response.headers["Vary"]
        assert not response.headers["ETag"].startswith("W/")
    for path in ("/", "/feeds/archive/2026/01/atom.xml", "/feeds/yandex.xml"):
        response = reader.get(path)
        assert response.headers.get("Content-Encoding") != "dcz"
        assert "Use-As-Dictionary" not in response.headers


def test_a_name_with_signs_is_written_as_an_address(newsroom: Newsroom, reader: Client) -> None:
    newsroom.apply({"b.md": item(lang="ru"), "c.md": item(lang="en")})
    response = reader.get("/feeds/lang/en/atom.xml")
    assert response.headers["Use-As-Dictionary"] == 'match="/feeds/lang/en/atom.xml"'


def test_versions_are_kept_within_their_limit() -> None:
    kept = Dictionaries(limit=40)
    bodies = [letter * size for letter, size in zip(LETTERS, (10, 10, 10, 10, 10, 11), strict=True)]
    for body in (*bodies[:2], bodies[0], *bodies[2:]):
        kept.keep(body)
    found = [kept.find(sha256(body).digest()) for body in bodies]
    assert [each and each.content for each in found] == [
        *(bodies[0], None, *bodies[2:5]),
        None,  # too large
    ]
