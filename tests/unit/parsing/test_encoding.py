"""Decoding: UTF-8, what else is accepted, and what is refused."""

import pytest

from tests.support.files import picture
from tests.support.parsing import NEWS, entry, press, reading, refused, warned

PICTURE = picture(kind="PNG")


@pytest.mark.parametrize(
    "data",
    [
        NEWS.encode(),
        NEWS.encode("utf-8-sig"),
        NEWS.replace("\n", "\r\n").encode(),
        NEWS.replace("\n", "\r").encode(),
        NEWS.encode().removesuffix(b"\n"),
    ],
    ids=["UTF-8", "byte-order mark", "CRLF", "CR", "no last line end"],
)
def test_utf_8_is_read_with_every_kind_of_line_end(data: bytes) -> None:
    found = entry(data, "a.txt")

    assert (found.title, found.html) == (
        "Заголовок новости",
        "<p>Первый абзац текста новости.</p>",
    )


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (NEWS.encode("cp1251"), "Windows-1251"),
        (NEWS.replace("\n", "\r\n").encode("cp1251"), "Windows-1251"),
        (b"\xff\xfe" + NEWS.encode("utf-16-le"), "UTF-16"),
        (b"\xfe\xff" + NEWS.encode("utf-16-be"), "UTF-16"),
    ],
    ids=["Windows-1251", "Windows-1251 CRLF", "UTF-16 LE", "UTF-16 BE"],
)
def test_another_accepted_encoding_is_read_with_a_warning(data: bytes, encoding: str) -> None:
    found, problems = warned(data, "a.txt")

    assert problems == [(0, "encoding-other", {"encoding": encoding})]
    assert found == entry(NEWS, "a.txt")


@pytest.mark.parametrize(
    "data",
    [
        NEWS.encode("koi8-r"),
        NEWS.encode("cp866"),
        NEWS.encode("utf-16-le"),
        NEWS.encode("utf-16-be"),
        b"\xff\xfe" + NEWS.encode("utf-16-le") + b"a",
        NEWS.encode("cp1251") + b"\x00",
        NEWS.encode("cp1251") + b"\x98",
        PICTURE,
        PICTURE * 1000,
        b"T\n13.08.2014\n" + b"\x01" * 50,
        bytes(range(256)) * 10,
    ],
    ids=["KOI8-R", "CP866", "UTF-16 LE", "UTF-16 BE", "half a UTF-16 character",
         "Windows-1251 and NUL", "not in Windows-1251", "picture", "many pictures", "controls",
         "all bytes"],
)  # fmt: skip
def test_bytes_in_no_accepted_encoding_are_refused(data: bytes) -> None:
    assert refused(data, "a.txt") == [(0, "encoding", {})]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"T\n13.08.2014\n" + "Новость".encode()[:-1], 3),
        (NEWS.encode().replace("Первый".encode(), "Первый".encode()[1:]), 3),
        (NEWS.encode() + b"\xff\n", 4),
        # A byte-order mark does not shift the line.
        (b"\xef\xbb\xbfT\n" + "я".encode()[:1], 2),
        (b"\xef\xbb\xbfT\n\xff", 2),
    ],
)
def test_damaged_utf_8_is_refused_with_its_line(data: bytes, line: int) -> None:
    assert refused(data, "a.txt") == [(line, "encoding-broken", {})]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "byte-order mark"])
@pytest.mark.parametrize(
    "source",
    [
        NEWS,
        press("Ёлка"),
        press("An English text — with a dash, “quotation marks” and 5 €."),
        press("р"),
        press("📰"),
        press("рр р а"),
    ],
    ids=range(6),
)
def test_part_of_a_utf_8_file_is_never_taken_for_windows_1251(source: str, mark: bytes) -> None:
    data = mark + source.encode()

    for end in range(len(data)):
        found = reading(data[:end], "a.txt")
        assert {problem.code for problem in found.problems} <= {
            "no-title",
            "no-date",
            "bad-date",
            "no-body",
            "encoding-broken",
        }
        is_cut = "\ufffd" in data[:end].decode("utf-8-sig", "replace")
        assert ("encoding-broken" in {problem.code for problem in found.problems}) == is_cut


def test_forbidden_characters_are_removed_with_a_warning() -> None:
    found, problems = warned(
        "T\x07\n13.08.2014\nЭто\ufdd0 длинный\x9f текст\ufffe новости.", "a.txt"
    )

    assert problems == [(1, "characters-removed", {})]
    assert (found.title, found.html) == ("T", "<p>Это длинный текст новости.</p>")
