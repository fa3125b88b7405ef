"""What a file says of its language, its original, its end and its place."""

from dataclasses import replace
from datetime import datetime

import pytest

from feedsvc.dates import FOREVER
from feedsvc.model import Entry, Original
from feedsvc.parsing import read
from feedsvc.settings import Settings
from tests.support.newsroom import item


def parsed(data: bytes, settings: Settings, path: str = "a.md") -> Entry:
    reading = read(data, path, settings.parsing, settings.entries)
    assert reading.entry is not None, reading.problems
    return reading.entry


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *(("news", "news"), ("news.md", "news"), ("a/b/news.TXT", "news"), ("7.5", "7.5")),
        *(("a/news/index.md", "news"), ("Новость.md", "Novost"), ("news.en.md", "news.en")),
        ("https://news.example/presscenter/news/detail/1204713.html", "1204713"),
        ("/presscenter/news/detail/1204713.html", "1204713"),
        *((" ", None), ("", None)),
    ],
)
def test_an_original_is_known_by_a_name(settings: Settings, written: str, name: str | None) -> None:
    original = parsed(item(translation_of=written), settings).translation_of
    assert (original and (original.name, original.line)) == (name and (name, 4))


def test_an_original_whose_name_is_the_home_page_s_has_an_address_that_nothing_has(
    settings: Settings,
) -> None:
    settings = replace(settings, permalink="/<id>")
    assert parsed(item(), settings, "x.en.md").translation_of == Original("x", "/x", 0)
    assert parsed(item(), settings, "index.en.md").translation_of == Original("index", "/", 0)


@pytest.mark.parametrize("written", ["/", "..", "/index/", "!!!", "«»", "/index.md"])
def test_a_name_without_letters_is_nobody_s(settings: Settings, written: str) -> None:
    # As an id it would become «entry».
    original = parsed(item(translation_of=written), settings).translation_of
    assert original == Original(written, "/", 4)


@pytest.mark.parametrize(
    ("path", "lang", "name"),
    [
        *(("a.en.md", "en", "a"), ("a.EN.md", "EN", "a"), ("a.pt-br.md", "pt-br", "a")),
        *(("a.ru.md", None, "a"), ("a/index.tt.md", "tt", "a"), ("2026-01-01-a.en.md", "en", None)),
        *(("a.xx.md", None, None), ("a.md", None, None), ("a.v2.md", None, None)),
        (".en.md", None, None),
    ],
)
def test_the_end_of_a_file_s_name_is_a_language(
    settings: Settings, path: str, lang: str | None, name: str | None
) -> None:
    entry = parsed(item(), settings, path)
    expected = name or ("2026-01-01-a" if lang else None)
    found = entry.translation_of
    assert (entry.lang, found and (found.name, found.line)) == (lang, expected and (expected, 0))


def test_what_a_file_says_counts_before_its_name(settings: Settings) -> None:
    entry = parsed(item(lang="tt", translation_of="b"), settings, "a.en.md")
    assert (entry.lang, entry.translation_of and entry.translation_of.name) == ("tt", "b")


def test_a_shared_name_counts_before_one_of_an_entry(settings: Settings) -> None:
    entry = parsed(item(translation_of="b", translationKey="k 1"), settings)
    assert entry.translation_of == Original("k 1")


@pytest.mark.parametrize("key", ["translation_of", "translation_key"])
def test_a_name_that_is_too_long_keeps_the_file_back(settings: Settings, key: str) -> None:
    reading = read(item(**{key: "x" * 1001}), "a.md", settings.parsing, settings.entries)
    assert (reading.entry, [each.code for each in reading.problems]) == (None, ["text-long"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("true", FOREVER), ("Yes", FOREVER), ("да", FOREVER), ("100", FOREVER), ("1", FOREVER)),
        *(("false", None), ("нет", None), ("0", None), ("", None)),
        ("до 30.11.2026", datetime.fromisoformat("2026-12-01T00:00:00+03:00")),
        ("2026-11-30 10:00", datetime.fromisoformat("2026-11-30T10:00:00+03:00")),
    ],
)
@pytest.mark.parametrize("key", ["pinned", "pin", "sticky"])
def test_an_entry_is_pinned_for_good_or_until_a_moment(
    settings: Settings, key: str, value: str, expected: datetime | None
) -> None:
    assert parsed(item(**{key: value}), settings).pinned == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"expires": "30.11.2026"}, "2026-12-01T00:00:00+03:00"),
        ({"expires": "до 30 ноября 2026 г. 18:00"}, "2026-11-30T18:00:00+03:00"),
        # In Hugo a day ends a text where it begins.
        ({"expiryDate": "2026-11-30"}, "2026-11-30T00:00:00+03:00"),
        ({"expires": "30.11.2026", "unpublish_at": "29.11.2026"}, "2026-11-29T00:00:00+03:00"),
        ({"expires": "28.11.2026", "unpublish_at": "29.11.2026"}, "2026-11-29T00:00:00+03:00"),
        ({"expires": "27.11.2026", "expiry": "29.11.2026"}, "2026-11-28T00:00:00+03:00"),
    ],
)
def test_an_entry_ends_at_the_first_of_its_ends(
    settings: Settings, keys: dict[str, str], expected: str
) -> None:
    assert parsed(item(**keys), settings).expires == datetime.fromisoformat(expected)


def test_an_end_before_the_beginning_keeps_the_file_back(settings: Settings) -> None:
    for keys in ({"expires": "31.12.2025"}, {"publishDate": "2026-03-01", "expires": "28.02.2026"}):
        reading = read(item(**keys), "a.md", settings.parsing, settings.entries)
        assert (reading.entry, [each.code for each in reading.problems]) == (
            None,
            ["expires-early"],
        )
    assert parsed(item(expires="01.01.2026"), settings).expires is not None
